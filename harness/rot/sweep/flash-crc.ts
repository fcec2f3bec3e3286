import { crc32 } from 'node:zlib';
import type { SectorCatalogue } from '../../flash/index.js';
import type { ByteCount } from '../../units/index.js';

/** CRC-32 (IEEE 802.3, as zlib's) of a row of sectors from the CRCs of the sectors, each of which is computed once. */
export class FlashCrc {
  readonly #known = new Map<number, number>();
  readonly #shift: readonly Uint32Array[];
  readonly #erased: number;

  constructor(
    private readonly catalogue: SectorCatalogue,
    sectorSize: ByteCount,
  ) {
    this.#erased = crc32(new Uint8Array(sectorSize).fill(0xff));
    this.#shift = tables(shiftMatrix(sectorSize));
  }

  /** @param contents numbers of the sectors in order @returns 8 lower-case hexadecimal digits */
  of(contents: readonly number[]): string {
    let crc = 0;
    for (const number of contents) crc = (this.#apply(crc) ^ this.#sector(number)) >>> 0;
    return crc.toString(16).padStart(8, '0');
  }

  #sector(number: number): number {
    const known = this.#known.get(number);
    if (known !== undefined) return known;
    const bytes = this.catalogue.bytesOf(number);
    const crc = bytes === undefined ? this.#erased : crc32(bytes);
    this.#known.set(number, crc);
    return crc;
  }

  /** What a CRC becomes when as many zero bytes follow as a sector has. */
  #apply(crc: number): number {
    const [a, b, c, d] = this.#shift as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
    return (a[crc & 0xff]! ^ b[(crc >>> 8) & 0xff]! ^ c[(crc >>> 16) & 0xff]! ^ d[crc >>> 24]!) >>> 0;
  }
}

/** Linear map of 32 bits over GF(2): the image of each bit. */
type Matrix = readonly number[];

const image = (matrix: Matrix, vector: number): number => matrix.reduce((sum, column, bit) => ((vector >>> bit) & 1 ? sum ^ column : sum), 0) >>> 0;

/** The map that feeding a number of zero bytes is, by squaring the map of one zero bit (zlib's crc32_combine rests on the same). */
function shiftMatrix(byteCount: number): Matrix {
  const polynomial = 0xedb88320;
  let power: Matrix = Array.from({ length: 32 }, (_, bit) => (bit === 0 ? polynomial : 2 ** (bit - 1)));
  let result: Matrix = Array.from({ length: 32 }, (_, bit) => 2 ** bit);
  for (let bits = byteCount * 8; bits > 0; bits = Math.floor(bits / 2)) {
    if (bits % 2 === 1) result = result.map((column) => image(power, column));
    power = power.map((column) => image(power, column));
  }
  return result;
}

/** One table for each byte of the argument. */
function tables(matrix: Matrix): Uint32Array[] {
  return [0, 8, 16, 24].map((shift) => Uint32Array.from({ length: 256 }, (_, value) => image(matrix, (value << shift) >>> 0)));
}
