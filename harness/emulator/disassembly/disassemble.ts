import type { Address, ByteCount } from '../../units/index.js';
import { hex32 } from '../../units/index.js';
import { isWide, lookUp, narrowTable, wideTable } from '../cpu/decode.js';
import { fieldsOf } from '../cpu/rows.js';
import { operandsOf } from './operands.js';

/** One instruction as text. */
export interface DisassembledInstruction {
  readonly address: Address;
  /** 2 or 4 bytes. */
  readonly length: ByteCount;
  /** The halfwords as four or eight hexadecimal digits. */
  readonly encoding: string;
  /** Mnemonic and operands; `UNDEFINED` for an encoding that the architecture leaves undefined. */
  readonly text: string;
  /** Where a direct branch or call goes. */
  readonly target?: Address;
}

const digits = (halfword: number): string => halfword.toString(16).padStart(4, '0');

/**
 * The instruction that begins with a halfword; `second` is needed where that is the first of two (A5.1).
 * Inside an IT block the condition is not shown: it stands at the IT.
 */
export function disassemble(first: number, second: number | undefined, address: Address): DisassembledInstruction {
  if (!isWide(first)) return instruction(first, false, address, digits(first));
  if (second === undefined) return { address, length: 2, encoding: digits(first), text: 'half of a 32-bit instruction' };
  return instruction(((first << 16) | second) | 0, true, address, `${digits(first)} ${digits(second)}`);
}

function instruction(bits: number, wide: boolean, address: Address, encoding: string): DisassembledInstruction {
  const base = { address, length: wide ? 4 : 2, encoding };
  const row = lookUp(wide ? wideTable : narrowTable, bits);
  if (row === undefined) return { ...base, text: 'UNDEFINED' };
  const fields = fieldsOf(row, bits);
  if (row.name.startsWith('UDF')) return { ...base, text: `UDF ${wide ? '' : `#${String(bits & 0xff)}`}`.trim() };
  if (row.emit(fields, { at: address, inIt: false }) === undefined) return { ...base, text: 'UNDEFINED' };
  const { mnemonic, operands, target } = operandsOf(row.name, fields, address, bits, wide);
  const text = [mnemonic, [...operands, ...(target === undefined ? [] : [hex32(target)])].join(', ')].filter((part) => part !== '').join(' ');
  return { ...base, text, ...(target === undefined ? {} : { target }) };
}

/**
 * The instructions around an address: as many before it as decode without a gap up to it, and the one at it with those behind it.
 * @param read halfword at an address, undefined where nothing can be read
 * @param start where the function begins, if it is known: decoding starts there, so that the ones before are exact
 */
export function disassembleAround(read: (address: Address) => number | undefined, address: Address, options: { readonly before?: number; readonly after?: number; readonly start?: Address } = {}): DisassembledInstruction[] {
  const { before = 4, after = 4 } = options;
  const earliest = Math.max(0, options.start ?? 0, address - 4 * before);
  // Without the start of the function any alignment may be the right one: the farthest that meets the address is taken.
  const starts = options.start === undefined ? Array.from({ length: (address - earliest) / 2 + 1 }, (_, index) => earliest + 2 * index) : [options.start];
  for (const start of starts) {
    const list: DisassembledInstruction[] = [];
    let at = start;
    while (at < address) {
      const one = next(read, at);
      if (one === undefined) break;
      list.push(one);
      at += one.length;
      if (list.length > 0x4000) break;
    }
    if (at !== address) continue;
    const out = list.slice(-before);
    for (let count = 0; count <= after; count += 1) {
      const one = next(read, at);
      if (one === undefined) break;
      out.push(one);
      at += one.length;
    }
    return out;
  }
  const only = next(read, address);
  return only === undefined ? [] : [only];
}

function next(read: (address: Address) => number | undefined, at: Address): DisassembledInstruction | undefined {
  const first = read(at);
  return first === undefined ? undefined : disassemble(first, isWide(first) ? read(at + 2) : undefined, at);
}
