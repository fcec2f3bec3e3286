import { createHash } from 'node:crypto';
import type { ObkStore } from './obk-store.js';
import { obkUnit } from './obk-store.js';

/**
 * OBK data area of a root of trust: image hash reference and security counter, twice (areas A and B), each under its SHA-256.
 * Layout and rules: STM32CubeH7RS OEMiROT_Boot/Src/low_level_obkeys.c and Inc/low_level_obkeys.h (OBK_Hdpl1Data_t, 96 bytes an area);
 * the first area follows the configuration of 7 slots at index 8.
 */
export interface ObkData {
  readonly hashReference: Uint8Array;
  /** CodeVersion: the stored security counter. */
  readonly counter: number;
  /** CodePrevious. */
  readonly previous: number;
}

/** Index of area A behind OEMiRoT's configuration, and behind OEMuRoT's; area B follows. */
const firstArea = 15;
const areaSize = 96;
type Area = 'A' | 'B';

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
const equal = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

function readArea(store: ObkStore, hdpl: number, encrypted: boolean, index: number): ObkData | undefined {
  const bytes = store.read(hdpl, index, areaSize, { encrypted });
  const body = bytes.subarray(32);
  if (!equal(bytes.subarray(0, 32), sha256(body))) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return { hashReference: body.slice(0, 32), counter: view.getUint32(32, true), previous: view.getUint32(36, true) };
}

/** 96 bytes of one area. */
export function encodeObkDataArea(data: ObkData): Uint8Array {
  const out = new Uint8Array(areaSize);
  out.set(data.hashReference, 32);
  const view = new DataView(out.buffer);
  view.setUint32(64, data.counter, true);
  view.setUint32(68, data.previous, true);
  out.set(sha256(out.subarray(32)));
  return out;
}

/** The two areas behind one selector, as one boot of the root of trust sees them. */
export class ObkDataAreas {
  #current: Area;

  /** @param encrypted whether the product state makes the root of trust decipher its keys @param firstIndex index of area A */
  constructor(
    private readonly store: ObkStore,
    private readonly hdpl: number,
    private readonly encrypted: boolean,
    private readonly firstIndex = firstArea,
  ) {
    // The first area whose hash is wrong is the one to be written next; with two right ones it is the older, A where they are equally old.
    const a = this.#read('A');
    const b = this.#read('B');
    if (a === undefined) this.#current = 'B';
    else if (b === undefined) this.#current = 'A';
    else this.#current = a.counter <= b.counter ? 'B' : 'A';
  }

  /** The current area, undefined when its SHA-256 is wrong. */
  read(): ObkData | undefined {
    return this.#read(this.#current);
  }

  /** The stored security counter; undefined where the boot's read of it fails: wrong hash, current below previous, or 0xffffffff. */
  counter(): number | undefined {
    const data = this.read();
    return data === undefined || data.counter < data.previous || data.counter === 0xffffffff ? undefined : data.counter;
  }

  /** Stores a new counter. @returns false when the current area cannot be read @throws PowerCut */
  updateCounter(counter: number): boolean {
    const data = this.read();
    if (data === undefined) return false;
    this.store.update({ kind: 'obk', what: 'counter', value: counter }, () => {
      this.#write({ ...data, counter, previous: data.counter });
    });
    return true;
  }

  /** Stores a new hash reference. @returns false when the current area cannot be read @throws PowerCut */
  updateHashReference(hashReference: Uint8Array): boolean {
    const data = this.read();
    if (data === undefined) return false;
    this.store.update({ kind: 'obk', what: 'hash', value: 0 }, () => {
      this.#write({ ...data, hashReference });
    });
    return true;
  }

  #index(area: Area): number {
    return this.firstIndex + (area === 'A' ? 0 : areaSize / obkUnit);
  }

  #read(area: Area): ObkData | undefined {
    return readArea(this.store, this.hdpl, this.encrypted, this.#index(area));
  }

  #write(data: ObkData): void {
    const next = this.#current === 'A' ? 'B' : 'A';
    const bytes = encodeObkDataArea(data);
    this.store.write(this.hdpl, this.#index(next), bytes, { encrypted: this.encrypted });
    // The old area is made invalid by the new one's hash with its first byte cleared; this slot is written as it is, without the cipher.
    const spoilt = bytes.slice(0, obkUnit);
    spoilt[0] = 0;
    this.store.write(this.hdpl, this.#index(this.#current), spoilt, { encrypted: false });
    this.#current = next;
  }
}

/** Both areas as a provisioning file holds them: equal, with the given counter and no hash reference. */
export function encodeObkData(counter = 0, hashReference: Uint8Array = new Uint8Array(32)): Uint8Array {
  const area = encodeObkDataArea({ hashReference, counter, previous: 0 });
  const out = new Uint8Array(2 * areaSize);
  out.set(area);
  out.set(area, areaSize);
  return out;
}

/** Index of the first data area: where a provisioning file of data is stored. */
export const obkDataIndex = firstArea;
