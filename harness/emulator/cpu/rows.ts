import type { Address } from '../../units/index.js';
import type { Handler } from './context.js';

/** The bit fields of an encoding by letter; equal letters are joined from left to right. */
export type Fields = Readonly<Record<string, number>>;

export interface Place {
  readonly at: Address;
  /** Inside an IT block: 16-bit data processing leaves the flags alone. */
  readonly inIt: boolean;
}

/** A handler with its operands; undefined: this encoding of the row is UNDEFINED. */
export type Operation = readonly [handler: Handler, a?: number, b?: number, c?: number] | undefined;

export interface Row {
  /** Arm's mnemonic and encoding: `ADD (immediate) T1`. */
  readonly name: string;
  /** `0` and `1` are fixed, `-` is not looked at, a letter belongs to the field of that name. Blanks do not count. */
  readonly bits: string;
  readonly emit: (fields: Fields, place: Place) => Operation;
  /** Stands before every row that shares encodings with it, although it fixes other bits than they do. */
  readonly first?: boolean;
}

export interface CompiledRow extends Row {
  readonly mask: number;
  readonly value: number;
  readonly letters: readonly (readonly [letter: string, bit: number])[];
}

/** Rows with mask and value: those marked `first`, then the most specific first, so that a special case stands before the general one. */
export function compileRows(rows: readonly Row[], width: 16 | 32): CompiledRow[] {
  return rows
    .map((row) => {
      const bits = row.bits.replaceAll(' ', '');
      if (bits.length !== width) throw new RangeError(`${row.name}: ${bits.length} bits, not ${width}`);
      let mask = 0;
      let value = 0;
      const letters: [string, number][] = [];
      [...bits].forEach((character, index) => {
        const bit = width - 1 - index;
        if (character === '0' || character === '1') {
          mask |= 1 << bit;
          if (character === '1') value |= 1 << bit;
        } else if (character !== '-') letters.push([character, bit]);
      });
      return { ...row, mask, value, letters };
    })
    .sort((one, other) => Number(other.first ?? false) - Number(one.first ?? false) || fixedBits(other) - fixedBits(one));
}

function fixedBits(row: CompiledRow): number {
  let count = 0;
  for (let mask = row.mask >>> 0; mask; mask >>>= 1) count += mask & 1;
  return count;
}

export function fieldsOf(row: CompiledRow, bits: number): Fields {
  const fields: Record<string, number> = {};
  for (const [letter, bit] of row.letters) fields[letter] = ((fields[letter] ?? 0) << 1) | ((bits >>> bit) & 1);
  return fields;
}

/** Sign-extends the low `width` bits. */
export const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);
