import { describe, expect, it } from '@jest/globals';
import { decodeBits, isWide, lookUp, narrowTable, undefinedInstruction, wideTable } from './decode.js';
import type { CompiledRow } from './rows.js';

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, '0');

/** Pairs of rows that share encodings, where the one that stands first is neither a special case of the other nor declared to be `first`. */
function ambiguous(table: readonly CompiledRow[]): string[] {
  return table.flatMap((one, index) =>
    table
      .slice(index + 1)
      .filter((other) => one.first !== true && ((one.value ^ other.value) & one.mask & other.mask) === 0 && (one.mask & other.mask) !== other.mask)
      .map((other) => `${one.name} / ${other.name}`),
  );
}

/** 16-bit encodings as ranges, in hexadecimal. */
function ranges(encodings: readonly number[]): string[] {
  const found: [number, number][] = [];
  for (const encoding of encodings) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === encoding - 1) last[1] = encoding;
    else found.push([encoding, encoding]);
  }
  return found.map(([first, last]) => (first === last ? hex(first, 4) : `${hex(first, 4)}-${hex(last, 4)}`));
}

describe('decode table', () => {
  it.each([['16-bit', narrowTable], ['32-bit', wideTable]] as const)('%s rows → no two share an encoding unless one is the special case of the other', (_, table) => {
    expect(ambiguous(table)).toEqual([]);
  });

  it('the special case stands first → it is found', () => {
    expect(lookUp(narrowTable, 0x0008)?.name).toBe('MOV (register) T2');
    expect(lookUp(narrowTable, 0x0048)?.name).toBe('LSL (immediate) T1');
    expect(lookUp(narrowTable, 0xbf00)?.name).toBe('NOP T1');
    expect(lookUp(narrowTable, 0xbf08)?.name).toBe('IT T1');
    expect(lookUp(narrowTable, 0xde00)?.name).toBe('UDF T1');
    expect(lookUp(narrowTable, 0xdd00)?.name).toBe('B T1');
    expect(lookUp(wideTable, 0xfb01f202 | 0)?.name).toBe('MLA T1');
    // LDR.W r0, [pc, #-4] looks like LDR (register) but for Rn.
    expect(lookUp(wideTable, 0xf85f0004 | 0)?.name).toBe('LDR (literal) T2');
    expect(lookUp(wideTable, 0xf8510004 | 0)?.name).toBe('LDR (register) T2');
  });

  it('every row has a name of its own', () => {
    const names = wideTable.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(new Set(narrowTable.map(({ name }) => name)).size).toBe(narrowTable.length);
  });

  it('the whole 16-bit space → what has no row is what the manual leaves unallocated (A5.2)', () => {
    const missing: number[] = [];
    for (let encoding = 0; encoding < 0xe800; encoding += 1) if (lookUp(narrowTable, encoding) === undefined) missing.push(encoding);
    // BX and BLX with bits 2:0 set are UNPREDICTABLE: UNDEFINED here.
    const isBranchExchange = (encoding: number): boolean => (encoding & 0xff00) === 0x4700 && (encoding & 7) !== 0;
    expect(ranges(missing.filter((encoding) => !isBranchExchange(encoding)))).toEqual(['b600-b65f', 'b664-b66f', 'b674-b8ff', 'ba80-babf']);
    expect(missing.filter(isBranchExchange)).toHaveLength(2 * 16 * 7);
  });

  it('the 32-bit space, every 4099th encoding → this share has a row', () => {
    let rows = 0;
    let total = 0;
    for (let encoding = 0xe8000000; encoding <= 0xffffffff; encoding += 4099) {
      total += 1;
      if (isWide(encoding >>> 16) && lookUp(wideTable, encoding | 0) !== undefined) rows += 1;
    }
    expect(Math.round((100 * rows) / total)).toBe(65);
  });

  it.each([
    ['UDF #0', 0xde00, false],
    ['UDF.W #0', 0xf7f0a000 | 0, true],
    ['SSAT with ASR #0', 0xf3290612 | 0, true],
    ['an unallocated 32-bit encoding', 0xfb300080 | 0, true],
  ])('%s → UNDEFINED', (_, bits, wide) => {
    expect(decodeBits(bits, wide, 0x1000, false).handler).toBe(undefinedInstruction);
  });

  it('inside an IT block → 16-bit data processing leaves the flags alone, compares do not', () => {
    const handler = (bits: number, inIt: boolean): unknown => decodeBits(bits, false, 0, inIt).handler;
    expect(handler(0x1888, true)).not.toBe(handler(0x1888, false)); // ADDS r0, r1, r2
    expect(handler(0x4288, true)).toBe(handler(0x4288, false)); // CMP r0, r1
  });
});
