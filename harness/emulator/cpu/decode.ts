/** Finds the row of the instruction tables that an encoding belongs to, and turns it into a handler with three operands. */
import type { Address } from '../../units/index.js';
import type { Context, Handler } from './context.js';
import { Cfsr, CoreFault, Exception } from './faults.js';
import { compileRows, fieldsOf, type CompiledRow, type Row } from './rows.js';
import { narrowRows } from './narrow-rows.js';
import { wideDataRows } from './wide-data-rows.js';
import { wideFloatRows } from './wide-float-rows.js';
import { wideMemoryRows } from './wide-memory-rows.js';
import { wideSystemRows } from './wide-system-rows.js';
import { wideMultiplyRows } from './wide-multiply-rows.js';

export interface Decoded {
  readonly name: string;
  readonly handler: Handler;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** 2 or 4 bytes. */
  readonly length: number;
}

export const narrowTable: readonly CompiledRow[] = compileRows(narrowRows, 16);
export const wideTable: readonly CompiledRow[] = compileRows([...wideDataRows, ...wideMemoryRows, ...wideSystemRows, ...wideMultiplyRows, ...wideFloatRows] as readonly Row[], 32);

/** An encoding that the architecture calls UNDEFINED. */
export const undefinedInstruction: Handler = () => {
  throw new CoreFault(Exception.usageFault, Cfsr.undefinstr);
};

/** Whether a first halfword begins a 32-bit instruction (A5.1). */
export const isWide = (halfword: number): boolean => halfword >>> 11 >= 0x1d;

export function lookUp(table: readonly CompiledRow[], bits: number): CompiledRow | undefined {
  for (const row of table) if ((bits & row.mask) === row.value) return row;
  return undefined;
}

/** Decodes the instruction at an address. Throws CoreFault where it cannot be fetched. */
export function decode(core: Context, at: Address, inIt: boolean): Decoded {
  const first = core.fetch(at);
  const wide = isWide(first);
  const bits = wide ? ((first << 16) | core.fetch((at + 2) >>> 0)) | 0 : first;
  return decodeBits(bits, wide, at, inIt);
}

/** Decodes an encoding as it stands at an address. */
export function decodeBits(bits: number, wide: boolean, at: Address, inIt: boolean): Decoded {
  const length = wide ? 4 : 2;
  const row = lookUp(wide ? wideTable : narrowTable, bits);
  const operation = row?.emit(fieldsOf(row, bits), { at, inIt });
  if (!row || !operation) return { name: 'UNDEFINED', handler: undefinedInstruction, a: 0, b: 0, c: 0, length };
  const [handler, a = 0, b = 0, c = 0] = operation;
  return { name: row.name, handler, a, b, c, length };
}
