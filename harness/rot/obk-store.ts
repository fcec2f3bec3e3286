import { HarnessError } from '../errors/index.js';
import { PowerCut } from '../flash/index.js';
import type { ObkOperation, OperationObserver } from '../flash/index.js';
import type { ByteCount } from '../units/index.js';

/** One key slot (OBK_PROG_UNIT): an index addresses 32 bytes. */
export const obkUnit: ByteCount = 32;
/** Indexes of one hide-protection level (OBK_HDPL_MAX_INDEX). */
const obkIndexes = 32;

interface Slot {
  readonly bytes: Uint8Array;
  /** Stored enciphered with the device's hardware key (DoEncryption of the OBK file). */
  readonly encrypted: boolean;
}

/** Contents at one moment. */
export type ObkSnapshot = ReadonlyMap<number, Slot>;

/**
 * The option-byte keys of the device: 32 slots of 32 bytes for each of the levels HDPL0 … HDPL2.
 * The cipher is not modelled, only whether it was used: reading a slot in the other manner gives other bytes, as on the chip.
 */
export class ObkStore {
  /** Sees every update that the root of trust makes; provisioning is no such operation. */
  observer: OperationObserver | undefined;
  #slots = new Map<number, Slot>();

  /**
   * Stores bytes from an index on, as `-sdp` does. @param hdpl 0 … 2
   * @throws HarnessError `obk-range` (usage) when they do not fit or are no whole number of slots
   */
  write(hdpl: number, index: number, bytes: Uint8Array, options: { readonly encrypted: boolean }): void {
    check(hdpl, index, bytes.length);
    for (let i = 0; i < bytes.length / obkUnit; i++) {
      this.#slots.set(hdpl * obkIndexes + index + i, { bytes: bytes.slice(i * obkUnit, (i + 1) * obkUnit), encrypted: options.encrypted });
    }
  }

  /** Bytes from an index on; `encrypted` says whether the reader deciphers. A slot never written reads as zeros. @throws HarnessError `obk-range` (usage) */
  read(hdpl: number, index: number, length: ByteCount, options: { readonly encrypted: boolean }): Uint8Array {
    check(hdpl, index, length);
    const out = new Uint8Array(length);
    for (let i = 0; i < length / obkUnit; i++) {
      const slot = this.#slots.get(hdpl * obkIndexes + index + i);
      if (slot === undefined) continue;
      const right = slot.encrypted === options.encrypted;
      out.set(right ? slot.bytes : slot.bytes.map((byte) => ~byte), i * obkUnit);
    }
    return out;
  }

  /** Whether anything was ever stored at this index. */
  has(hdpl: number, index: number): boolean {
    return this.#slots.has(hdpl * obkIndexes + index);
  }

  /**
   * One atomic update by the root of trust: announced to the observer, then done.
   * @throws PowerCut when the observer cuts the power; then nothing of it has happened
   */
  update(operation: ObkOperation, change: () => void): void {
    if (this.observer?.before?.(operation) !== undefined) throw new PowerCut(operation);
    change();
    this.observer?.after?.(operation);
  }

  /** Everything forgotten: a regression to product state OPEN. */
  clear(): void {
    this.#slots.clear();
  }

  snapshot(): ObkSnapshot {
    return new Map(this.#slots);
  }

  restore(snapshot: ObkSnapshot): void {
    this.#slots = new Map(snapshot);
  }

  /** Contents as JSON text, for a virtual board that keeps them. Holds keys: for the board's own private folder only. */
  serialise(): string {
    const entries = [...this.#slots].sort(([a], [b]) => a - b);
    return JSON.stringify({ obk: 1, slots: entries.map(([at, slot]) => [at, slot.encrypted, Buffer.from(slot.bytes).toString('hex')]) });
  }

  /** Reads what `serialise` wrote. @throws HarnessError `obk-file` (usage) */
  static deserialise(text: string): ObkStore {
    const store = new ObkStore();
    try {
      const file = JSON.parse(text) as { obk: unknown; slots: [number, boolean, string][] };
      if (file.obk !== 1) throw new Error('another format');
      for (const [at, encrypted, hexText] of file.slots) {
        if (!Number.isInteger(at) || at < 0 || at >= 3 * obkIndexes || typeof encrypted !== 'boolean' || !/^[0-9a-f]{64}$/.test(hexText)) throw new Error('a malformed slot');
        store.#slots.set(at, { bytes: new Uint8Array(Buffer.from(hexText, 'hex')), encrypted });
      }
    } catch (cause) {
      throw new HarnessError({
        code: 'obk-file',
        kind: 'usage',
        message: `the file of option-byte keys is damaged: ${cause instanceof Error ? cause.message : 'unreadable'}`,
        nextStep: 'delete it and provision the board again',
      });
    }
    return store;
  }
}

function check(hdpl: number, index: number, length: ByteCount): void {
  const fits =
    Number.isInteger(hdpl) && hdpl >= 0 && hdpl <= 2 && Number.isInteger(index) && index >= 0 && length > 0 && length % obkUnit === 0 && index + length / obkUnit <= obkIndexes;
  if (fits) return;
  throw new HarnessError({
    code: 'obk-range',
    kind: 'usage',
    message: `${length} bytes at HDPL ${hdpl} index ${index} are no option-byte keys: 32 indexes of 32 bytes for HDPL 0 to 2`,
    nextStep: 'build the OBK file again from its XML',
  });
}
