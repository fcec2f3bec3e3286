import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { readIntelHex } from '../image/index.js';
import type { DaCredential } from '../keys/index.js';
import type { Address, ByteCount } from '../units/index.js';
import type { FileContents, FilePaths, FileRole, FinalState } from './files.js';
import { fileNames } from './files.js';

/** How the root of trust in user flash was built: a production build admits no product state below CLOSED (OEMiROT_Boot/Inc/boot_hal_cfg.h). */
export type RotBuild = 'development' | 'production' | 'unknown';

/** Everything that a board is to be provisioned with, read once. */
export interface ProvisioningInputs {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly state: FinalState;
  readonly paths: FilePaths;
  /** An image's content is that of its slot. */
  readonly contents: FileContents;
  /** SHA-256 of each file as it was read. */
  readonly digests: Readonly<Partial<Record<FileRole, string>>>;
  /** First address of each image's .hex file. */
  readonly bases: Readonly<Partial<Record<FileRole, Address>>>;
  /** What will open the board again; undefined where nothing is at hand. */
  readonly credential?: DaCredential;
  /** Of OEMiROT_Boot or OEMuROT: as declared, else as its binary tells. */
  readonly rotBuild: RotBuild;
}

const limits: Readonly<Partial<Record<FileRole, ByteCount>>> = { rot: 1 << 20, image: 32 << 20, oemurot: 32 << 20, blank: 1 << 20 };
const obkLimit: ByteCount = 0x10000;

export interface InputSources {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly state: FinalState;
  readonly paths: FilePaths;
  readonly credential?: DaCredential;
  /** The user's word; default: what the binary tells. */
  readonly rotBuild?: Exclude<RotBuild, 'unknown'>;
}

/**
 * Reads the files of a provisioning. Their contents are not judged.
 * @throws HarnessError `input-file` (usage), and those of `readIntelHex`
 */
export function readInputs(sources: InputSources): ProvisioningInputs {
  const { kit, configuration, state, paths, credential } = sources;
  const contents: Partial<Record<FileRole, Uint8Array>> = {};
  const digests: Partial<Record<FileRole, string>> = {};
  const bases: Partial<Record<FileRole, Address>> = {};
  for (const [role, path] of Object.entries(paths) as [FileRole, string][]) {
    const bytes = readBounded(path, limits[role] ?? obkLimit, fileNames[configuration.bootPath][role] ?? role);
    digests[role] = createHash('sha256').update(bytes).digest('hex');
    if (role === 'image' || role === 'oemurot') {
      const slot = readIntelHex(new TextDecoder('latin1').decode(bytes));
      contents[role] = slot.bytes;
      bases[role] = slot.base;
    } else contents[role] = bytes;
  }
  return { kit, configuration, state, paths, contents, digests, bases, ...(credential === undefined ? {} : { credential }), rotBuild: sources.rotBuild ?? buildOf(configuration, contents.rot) };
}

function readBounded(path: string, limit: ByteCount, what: string): Uint8Array {
  const fail = (why: string, cause?: unknown): HarnessError =>
    new HarnessError({ code: 'input-file', kind: 'usage', message: `${what}: ${why}: ${path}`, nextStep: 'check the path of the file', ...(cause === undefined ? {} : { cause }) });
  try {
    const { size } = statSync(path);
    if (size > limit) throw fail(`it has ${size} bytes, more than ${limit}`);
    return Uint8Array.from(readFileSync(path));
  } catch (cause) {
    throw cause instanceof HarnessError ? cause : fail('it cannot be read', cause);
  }
}

/** Log texts are compiled into development builds only (MCUBOOT_HAVE_LOGGING with OEMIROT_DEV_MODE). Of OEMuROT, which is encrypted, nothing can be told. */
function buildOf({ bootPath }: RotConfiguration, rot: Uint8Array | undefined): RotBuild {
  if (bootPath !== 'oemirot' || rot === undefined) return 'unknown';
  return Buffer.from(rot.buffer, rot.byteOffset, rot.length).includes('Starting bootloader') ? 'development' : 'production';
}
