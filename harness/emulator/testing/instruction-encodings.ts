/** Random encodings of one row of the decode table that the architecture neither leaves UNPREDICTABLE nor UNDEFINED. */
import { decodeBits, narrowTable, undefinedInstruction, wideTable } from '../cpu/decode.js';
import { fieldsOf, type CompiledRow, type Fields } from '../cpu/rows.js';
import type { Random } from './random.js';

export interface Encoding {
  readonly name: string;
  readonly bits: number;
  /** 2 or 4 bytes. */
  readonly length: number;
}

/** In programs with loads and stores: the base register, and the index register, which only these may name. */
export const baseRegister = 7;
export const indexRegister = 6;

const memoryName = /^(LDR|STR|LDM|STM)/;
/** Rows that leave the straight line, touch SP or the system, or need an operand of their own. */
const excluded = /^(V[A-Z]|B |BL |BX|BLX|CB|CPS|BKPT|WF|SEV|IT|UDF|SVC|hint|PUSH|POP|TB|MSR|MRS|coprocessor|LDR \(literal\)|LDRD|LDREX|STREX|ADD \(SP plus immediate\) T2|SUB \(SP|STR \(immediate\) T2)|\(literal\)/;
const literal = /\(literal\)/;

const narrowData = narrowTable.filter(({ name }) => !memoryName.test(name) && !excluded.test(name));
const wideData = wideTable.filter(({ name }) => !memoryName.test(name) && !excluded.test(name));
const memory = [...narrowTable, ...wideTable].filter(({ name }) => memoryName.test(name) && !/^(STR \(immediate\) T2|LDREX|STREX)/.test(name));

const isWideRow = (row: CompiledRow): boolean => wideTable.includes(row);

/** A data processing instruction that writes neither SP nor PC nor the registers `kept`. */
export function dataEncoding(random: Random, kept: readonly number[] = []): Encoding {
  return encoding(random, random.pick(random.chance(40) ? narrowData : wideData), kept);
}

/** A load or store through the base register (or a literal load). */
export function memoryEncoding(random: Random): Encoding {
  return encoding(random, random.pick(memory), [baseRegister, indexRegister]);
}

export const dataRows: readonly string[] = [...narrowData, ...wideData].map(({ name }) => name);
export const memoryRows: readonly string[] = memory.map(({ name }) => name);

function encoding(random: Random, row: CompiledRow, kept: readonly number[]): Encoding {
  const wide = isWideRow(row);
  for (let attempt = 0; attempt < 100_000; attempt += 1) {
    let bits = ((random.bits() & ~row.mask) | row.value) & (wide ? -1 : 0xffff);
    if (memoryName.test(row.name) && !literal.test(row.name)) bits = withBase(row, bits);
    // The special case of a general row belongs to the row of its own.
    const decoded = decodeBits(bits, wide, 0, false);
    if (decoded.name !== row.name || decoded.handler === undefinedInstruction) continue;
    if (isPredictable(row, fieldsOf(row, bits), bits, kept, wide)) return { name: row.name, bits, length: wide ? 4 : 2 };
  }
  throw new Error(`no encoding of ${row.name} is allowed`);
}

/** Puts the base and index registers into their fields. */
function withBase(row: CompiledRow, bits: number): number {
  let out = bits;
  const put = (letter: string, value: number): void => {
    const places = row.letters.filter(([name]) => name === letter).map(([, bit]) => bit);
    places.forEach((bit, index) => {
      const set = (value >>> (places.length - 1 - index)) & 1;
      out = set ? out | (1 << bit) : out & ~(1 << bit);
    });
  };
  put('n', baseRegister);
  if (/\(register\)/.test(row.name)) put('m', indexRegister);
  return out;
}

function isPredictable(row: CompiledRow, fields: Fields, bits: number, kept: readonly number[], wide: boolean): boolean {
  const { d, n, m, t, v, a, h, l, s, r, w, p } = fields;
  const name = row.name;
  const writes = (register: number | undefined): boolean => register === undefined || (register !== 13 && register !== 15 && !kept.includes(register));
  // Bits that "should be" have no letter: only the manual's value is defined.
  if (row.bits.includes('-') && (bits & ~row.mask & ~lettersMask(row)) !== 0) return false;
  if (memoryName.test(name)) return memoryIsPredictable(name, fields, kept);
  const compares = wide && d === 15 && s === 1 && /^(AND|EOR|ADD|SUB) \((immediate\) modified|register\) T2)/.test(name);
  if (!compares && !writes(d)) return false;
  if (!writes(h) || !writes(l) || (h !== undefined && h === l)) return false;
  if (m === 13 || a === 13) return false;
  if (m === 15 && !/^(ADD|MOV) \(register\) T[12]$/.test(name)) return false;
  if (wide && m === 15) return false;
  if (n === 13 && !/^(ADD|SUB) \((immediate|register)/.test(name)) return false;
  if (n === 13 && compares === false && /\(register\)/.test(name)) return false;
  if (n === 15 && !/(XT|^BF|^(ADD|SUB) \(immediate\) T4|^(ORR|ORN) )/.test(name)) return false;
  if (a === 15 && /^(MLS|SMMLS)/.test(name)) return false;
  if (name === 'CMP (register) T2' && (n! < 8 && m! < 8)) return false;
  if (name === 'MOV (register) T2') return true;
  void [t, v, r, w, p];
  return true;
}

function memoryIsPredictable(name: string, { n, t, v, d, r, w, p, u, i }: Fields, kept: readonly number[]): boolean {
  const free = (register: number | undefined): boolean => register === undefined || (register !== 13 && register !== 15 && !kept.includes(register));
  if (/^(LDM|STM)/.test(name)) {
    const narrow = name.endsWith('T1') && !name.includes('DB');
    const list = r!;
    if (list === 0 || list & 0xa000 || list & ((1 << baseRegister) | (1 << indexRegister))) return false;
    return narrow || (list & (list - 1)) !== 0;
  }
  if (!free(t) || !free(v) || !free(d)) return false;
  if (v !== undefined && (v === t && name.startsWith('LDRD'))) return false;
  if (d !== undefined && (d === t || d === n)) return false;
  // Word alignment of the base is kept: the offset of a write-back stays small and even the literal stays in the code.
  if (w === 1 || p === 0) return (i! & 3) === 0 && i! <= 64;
  return u !== 0 || i! < 0x400;
}

function lettersMask(row: CompiledRow): number {
  return row.letters.reduce((mask, [, bit]) => mask | (1 << bit), 0);
}
