import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RotConfiguration } from '../board/index.js';
import { flattenElf, isElf, readElf } from '../elf/index.js';
import { HarnessError } from '../errors/index.js';
import { hex32 } from '../units/index.js';

/** A linked application as bytes that start at the run address. */
export interface Application {
  /** File name, or `memory`. */
  readonly name: string;
  readonly payload: Uint8Array;
  /** Of the file or bytes given, lower-case hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads an application: an ELF file, or a .bin whose first byte goes to the run address.
 * @throws HarnessError `application-file`, `application-address`, `elf-format`, `elf-spread` (usage)
 */
export function readApplication(source: string | Uint8Array, configuration: RotConfiguration): Application {
  const bytes = typeof source === 'string' ? readBytes(source) : source;
  const name = typeof source === 'string' ? basename(source) : 'memory';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!isElf(bytes)) return { name, payload: bytes, sha256 };
  const { runAddress, primary } = configuration.layout;
  const { base, bytes: payload } = flattenElf(readElf(bytes), primary.size);
  if (base !== runAddress) {
    throw new HarnessError({
      code: 'application-address',
      kind: 'usage',
      message: `${name} is linked for ${hex32(base)}, but ${configuration.exec} runs at ${hex32(runAddress)}`,
      nextStep: `link the vector table to ${hex32(runAddress)}`,
    });
  }
  return { name, payload, sha256 };
}

function readBytes(path: string): Uint8Array {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (cause) {
    throw new HarnessError({ code: 'application-file', kind: 'usage', message: `cannot read ${path}`, nextStep: 'check the path of the application', cause });
  }
}
