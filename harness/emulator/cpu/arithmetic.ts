/** Results and flags of the basic operations (DDI 0403E A2.2, A4.4). */
import type { Context } from './context.js';

/** x + y + carry with N, Z, C, V. */
export function addWithFlags(core: Context, x: number, y: number, carry: number): number {
  const sum = (x >>> 0) + (y >>> 0) + carry;
  const result = sum | 0;
  core.nf = core.zf = result;
  core.cf = sum > 0xffffffff ? 1 : 0;
  core.vf = ((x ^ result) & (y ^ result)) >>> 31;
  return result;
}

/** x − y with N, Z, C, V. */
export function subtractWithFlags(core: Context, x: number, y: number): number {
  const result = (x - y) | 0;
  core.nf = core.zf = result;
  core.cf = x >>> 0 >= y >>> 0 ? 1 : 0;
  core.vf = ((x ^ y) & (x ^ result)) >>> 31;
  return result;
}

/** A logical result with N and Z. */
export function logical(core: Context, result: number): number {
  core.nf = core.zf = result;
  return result;
}

/** Shift types as encoded. RRX is ROR by 0. */
export const Shift = { lsl: 0, lsr: 1, asr: 2, ror: 3 } as const;

/** An immediate shift as the instruction encodes it: LSR and ASR by 0 mean 32. */
export const immediateAmount = (type: number, amount: number): number => (amount === 0 && (type === Shift.lsr || type === Shift.asr) ? 32 : amount);

/** The shifted value; `amount` 0…255 as a register gives it. ROR by 0 here is no shift; RRX is its own. */
export function shifted(value: number, type: number, amount: number): number {
  if (amount === 0) return value;
  switch (type) {
    case Shift.lsl:
      return amount < 32 ? value << amount : 0;
    case Shift.lsr:
      return amount < 32 ? (value >>> amount) | 0 : 0;
    case Shift.asr:
      return value >> Math.min(amount, 31);
    default:
      return amount & 31 ? (value >>> (amount & 31)) | (value << (32 - (amount & 31))) : value;
  }
}

/** The carry out of a shift by a register amount; `carry` where nothing is shifted. */
export function shiftCarry(value: number, type: number, amount: number, carry: number): number {
  if (amount === 0) return carry;
  switch (type) {
    case Shift.lsl:
      return amount <= 32 ? (value >>> (32 - amount)) & 1 : 0;
    case Shift.lsr:
      return amount <= 32 ? (value >>> (amount - 1)) & 1 : 0;
    case Shift.asr:
      return (value >> Math.min(amount - 1, 31)) & 1;
    default:
      return (value >>> ((amount - 1) & 31)) & 1;
  }
}
