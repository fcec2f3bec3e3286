/** What a board keeps without power, as files in a folder: `--keep-flash`. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '../errors/index.js';
import { deserialiseNor, serialiseNor } from '../flash/index.js';
import type { NorFlash } from '../flash/index.js';
import { ObkStore } from '../rot/index.js';
import type { MemoryCipher } from './flash-cipher.js';
import type { InternalFlash } from './internal-flash.js';
import type { LifeCycleMemory } from './life-cycle.js';
import type { OptionBytes } from './option-bytes.js';

/** Everything of a board that survives power-off. */
export interface NonVolatile {
  readonly externalFlash: NorFlash;
  readonly internalFlash: InternalFlash;
  readonly optionBytes: OptionBytes;
  readonly obkeys: ObkStore;
  readonly lifeCycle: LifeCycleMemory;
}

export type KeptPart = keyof NonVolatile;

const files: Readonly<Record<KeptPart, string>> = {
  externalFlash: 'external-flash.nor',
  internalFlash: 'internal-flash.bin',
  optionBytes: 'option-bytes.json',
  obkeys: 'obkeys.json',
  lifeCycle: 'life-cycle.json',
};

const cipherFile = 'memory-cipher.json';

/** Keeps a board's memories in a folder; each file is replaced whole, so that a kill at any moment leaves the old one or the new one. */
export class KeptState {
  #changed = new Set<KeptPart>();

  constructor(
    private readonly folder: string,
    private readonly memories: NonVolatile,
    private readonly cipher: MemoryCipher,
  ) {}

  /** Reads what is there. @throws HarnessError `kept-state` (usage) where a file is damaged or belongs to another device */
  load(): void {
    const { externalFlash, internalFlash, optionBytes, obkeys, lifeCycle } = this.memories;
    try {
      mkdirSync(this.folder, { recursive: true });
      this.#checkCipher();
      this.#read('externalFlash', (bytes) => {
        externalFlash.restore(deserialiseNor(bytes, externalFlash));
      });
      this.#read('internalFlash', (bytes) => {
        if (bytes.length !== internalFlash.size) throw new Error(`it has ${String(bytes.length)} bytes, the flash ${String(internalFlash.size)}`);
        internalFlash.bytes.set(bytes);
      });
      this.#read('optionBytes', (bytes) => {
        optionBytes.restore(JSON.parse(bytes.toString('utf8')) as Record<string, number>);
      });
      this.#read('obkeys', (bytes) => {
        obkeys.restore(ObkStore.deserialise(bytes.toString('utf8')).snapshot());
      });
      this.#read('lifeCycle', (bytes) => {
        const { debugAuthentication } = JSON.parse(bytes.toString('utf8')) as Partial<LifeCycleMemory>;
        if (!Number.isInteger(debugAuthentication)) throw new Error('it names no method of debug authentication');
        lifeCycle.debugAuthentication = Number(debugAuthentication);
      });
    } catch (cause) {
      throw new HarnessError({
        code: 'kept-state',
        kind: 'usage',
        message: `the kept flash in ${this.folder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        nextStep: 'name another folder, or delete its files to start with an erased board',
        fields: { folder: this.folder },
        cause,
      });
    }
  }

  /** A memory changed; `save` writes it. */
  touch(...parts: KeptPart[]): void {
    for (const part of parts) this.#changed.add(part);
  }

  /** Writes what changed. */
  save(): void {
    const { externalFlash, internalFlash, optionBytes, obkeys, lifeCycle } = this.memories;
    for (const part of this.#changed) {
      const contents = {
        externalFlash: () => serialiseNor(externalFlash.snapshot(), externalFlash.sectorSize),
        internalFlash: () => internalFlash.bytes,
        optionBytes: () => JSON.stringify(optionBytes.values()) + '\n',
        obkeys: () => obkeys.serialise() + '\n',
        lifeCycle: () => JSON.stringify(lifeCycle) + '\n',
      }[part]();
      const file = join(this.folder, files[part]);
      writeFileSync(`${file}.new`, contents, { mode: 0o600 });
      renameSync(`${file}.new`, file);
      this.#changed.delete(part);
    }
  }

  /** What lies in the slots is only readable for a root of trust that was built the same way. A folder of an older version says nothing: it had no cipher. */
  #checkCipher(): void {
    const file = join(this.folder, cipherFile);
    const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly mce?: unknown }).mce : existsSync(join(this.folder, files.externalFlash)) ? 'off' : this.cipher;
    if (kept !== this.cipher) throw new Error(`its slots were written with --mce ${JSON.stringify(kept)}, the board is to start with --mce ${this.cipher}`);
    writeFileSync(file, JSON.stringify({ mce: this.cipher }) + '\n', { mode: 0o600 });
  }

  #read(part: KeptPart, use: (bytes: Buffer) => void): void {
    const file = join(this.folder, files[part]);
    if (!existsSync(file)) return;
    try {
      use(readFileSync(file));
    } catch (cause) {
      throw new Error(`${files[part]}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}
