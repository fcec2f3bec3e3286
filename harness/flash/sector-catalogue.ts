import { isBlank } from './blank.js';

interface Entry {
  readonly bytes: Uint8Array;
  readonly number: number;
}

/**
 * Gives sectors with equal bytes the same number, so that what was worked out about contents once is found again. Equal numbers mean equal
 * bytes: they are compared, not only hashed. Bytes must be forgotten before they change.
 */
export class SectorCatalogue {
  readonly #entries = new Map<number, Entry[]>();
  readonly #known = new WeakMap<Uint8Array, number>();
  readonly #contents: (Uint8Array | undefined)[] = [undefined];

  /** 0 for an erased sector. */
  numberOf(sector: Uint8Array): number {
    const known = this.#known.get(sector);
    if (known !== undefined) return known;
    const number = isBlank(sector, 0, sector.length) ? 0 : this.#find(sector);
    this.#known.set(sector, number);
    return number;
  }

  /** The sector is about to change. */
  forget(sector: Uint8Array): void {
    this.#known.delete(sector);
  }

  /** The bytes behind a number; undefined for an erased sector. Not to be changed. */
  bytesOf(number: number): Uint8Array | undefined {
    return this.#contents[number];
  }

  #find(sector: Uint8Array): number {
    const hash = hashOf(sector);
    let entries = this.#entries.get(hash);
    if (entries === undefined) this.#entries.set(hash, (entries = []));
    const found = entries.find(({ bytes }) => Buffer.compare(bytes, sector) === 0);
    if (found !== undefined) return found.number;
    const number = this.#contents.length;
    const bytes = sector.slice();
    this.#contents.push(bytes);
    entries.push({ bytes, number });
    return number;
  }
}

/** FNV-1a over words, and over the bytes behind the last whole one. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  const whole = (bytes.byteOffset & 3) === 0 ? bytes.length >> 2 : 0;
  const words = new Int32Array(bytes.buffer, whole === 0 ? 0 : bytes.byteOffset, whole);
  for (let index = 0; index < whole; index++) hash = Math.imul(hash ^ words[index]!, 0x01000193);
  for (let at = whole * 4; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}
