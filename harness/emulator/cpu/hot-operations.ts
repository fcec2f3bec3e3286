/** Which handlers the hot loop stands in for. */
import * as branch from './branch-handlers.js';
import type { Handler } from './context.js';
import * as data from './data-handlers.js';
import { Dp } from './data-handlers.js';
import * as memory from './memory-handlers.js';
import { Kind } from './memory-handlers.js';
import * as multiply from './multiply-handlers.js';
import { Op } from './operations.js';
import * as system from './system-handlers.js';
import { Shift } from './arithmetic.js';

const { immediate, immediateFlags, register, registerFlags, shiftImmediateBy } = data;

const byHandler = new Map<Handler, Op>([
  [data.moveImmediate, Op.MOV_I], [data.moveImmediateFlags, Op.MOVS_I], [data.moveRegister, Op.MOV_R], [data.moveRegisterFlags, Op.MOVS_R],
  [immediate[Dp.add]!, Op.ADD_I], [immediate[Dp.sub]!, Op.SUB_I], [immediate[Dp.and]!, Op.AND_I], [immediate[Dp.orr]!, Op.ORR_I],
  [immediate[Dp.bic]!, Op.BIC_I], [immediate[Dp.eor]!, Op.EOR_I], [immediate[Dp.rsb]!, Op.RSB_I],
  [register[Dp.add]!, Op.ADD_R], [register[Dp.sub]!, Op.SUB_R], [register[Dp.and]!, Op.AND_R], [register[Dp.orr]!, Op.ORR_R],
  [register[Dp.bic]!, Op.BIC_R], [register[Dp.eor]!, Op.EOR_R], [register[Dp.rsb]!, Op.RSB_R],
  [immediateFlags[Dp.add]!, Op.ADDS_I], [immediateFlags[Dp.sub]!, Op.SUBS_I], [immediateFlags[Dp.and]!, Op.ANDS_I], [immediateFlags[Dp.orr]!, Op.ORRS_I],
  [immediateFlags[Dp.bic]!, Op.BICS_I], [immediateFlags[Dp.eor]!, Op.EORS_I], [immediateFlags[Dp.rsb]!, Op.RSBS_I],
  [registerFlags[Dp.add]!, Op.ADDS_R], [registerFlags[Dp.sub]!, Op.SUBS_R], [registerFlags[Dp.and]!, Op.ANDS_R], [registerFlags[Dp.orr]!, Op.ORRS_R],
  [registerFlags[Dp.bic]!, Op.BICS_R], [registerFlags[Dp.eor]!, Op.EORS_R],
  [data.compareImmediate, Op.CMP_I], [data.compareRegister, Op.CMP_R], [data.testImmediate, Op.TST_I], [data.testRegister, Op.TST_R],
  [shiftImmediateBy[Shift.lsl]!, Op.LSL_I], [shiftImmediateBy[Shift.lsr]!, Op.LSR_I], [shiftImmediateBy[Shift.asr]!, Op.ASR_I],
  [data.zeroExtendByte, Op.UXTB], [data.zeroExtendHalf, Op.UXTH], [data.signExtendByte, Op.SXTB], [data.signExtendHalf, Op.SXTH],
  [data.unsignedField, Op.UBFX], [data.signedField, Op.SBFX],
  [data.multiply, Op.MUL], [data.multiplyFlags, Op.MULS], [multiply.multiplyAdd, Op.MLA], [data.moveNot, Op.MVN], [multiply.halfwords, Op.SMLA], [system.nothing, Op.NOP],
  [memory.loadWord, Op.LDR], [memory.loadHalf, Op.LDRH], [memory.loadByte, Op.LDRB], [memory.loadSignedHalf, Op.LDRSH], [memory.loadSignedByte, Op.LDRSB],
  [memory.storeWord, Op.STR], [memory.storeHalf, Op.STRH], [memory.storeByte, Op.STRB],
  [memory.loadWordIndexed, Op.LDR_X], [memory.loadHalfIndexed, Op.LDRH_X], [memory.loadByteIndexed, Op.LDRB_X],
  [memory.loadSignedHalfIndexed, Op.LDRSH_X], [memory.loadSignedByteIndexed, Op.LDRSB_X],
  [memory.storeWordIndexed, Op.STR_X], [memory.storeHalfIndexed, Op.STRH_X], [memory.storeByteIndexed, Op.STRB_X],
  [memory.loadWordAt, Op.LDR_AT],
  [branch.branchLink, Op.BL], [branch.branchExchange, Op.BX],
]);

/** Direct branches: only where the target lies in the same page. */
const branches = new Map<Handler, Op>([
  [branch.branchTo, Op.B], [branch.compareZero, Op.CBZ], [branch.compareNotZero, Op.CBNZ],
  ...branch.branchIf.map((handler, condition): [Handler, Op] => [handler, (Op.BEQ + condition) as Op]),
]);

const shiftsWithFlags = new Map<number, Op>([[Shift.lsl, Op.LSLS_I], [Shift.lsr, Op.LSRS_I], [Shift.asr, Op.ASRS_I]]);
const shiftedLeft = new Map<number, Op>([[Dp.add, Op.ADD_LSL], [Dp.sub, Op.SUB_LSL], [Dp.and, Op.AND_LSL], [Dp.orr, Op.ORR_LSL], [Dp.eor, Op.EOR_LSL]]);
const shiftedRight = new Map<number, Op>([[Dp.add, Op.ADD_LSR], [Dp.orr, Op.ORR_LSR], [Dp.eor, Op.EOR_LSR]]);
const writeBacks = new Map<number, Op>([
  [Kind.word, Op.LDR_WB], [Kind.half, Op.LDRH_WB], [Kind.byte, Op.LDRB_WB], [Kind.signedHalf, Op.LDRSH_WB],
  [Kind.storeWord, Op.STR_WB], [Kind.storeHalf, Op.STRH_WB], [Kind.storeByte, Op.STRB_WB],
]);

/** The loop's operation for a handler and its operands; `Op.CALL` where it has none. */
export function hotOperation(handler: Handler, a: number, b: number, c: number): Op {
  if (handler === data.shiftImmediateFlags) return shiftsWithFlags.get(c & 3) ?? Op.CALL;
  if (handler === memory.writeBack) return writeBacks.get(a >>> 8) ?? Op.CALL;
  if (handler === data.shiftedOperand) {
    const amount = c >>> 2;
    const table = (c & 3) === Shift.lsl ? shiftedLeft : (c & 3) === Shift.lsr ? shiftedRight : undefined;
    return (b < 0x10 && c < 0x200 && amount < 32 ? table?.get(b) : undefined) ?? Op.CALL;
  }
  return byHandler.get(handler) ?? Op.CALL;
}

/** The loop's operation for a direct branch, and the target; undefined for everything else. */
export function directBranch(handler: Handler, a: number, b: number): { readonly op: Op; readonly target: number } | undefined {
  const op = branches.get(handler);
  if (op === undefined) return undefined;
  return { op, target: (op === Op.CBZ || op === Op.CBNZ ? b : a) >>> 0 };
}

/** The operation that goes on with `taken` where a condition (0 EQ … 14 AL) holds. */
export function conditionalOperation(condition: number): Op {
  return condition >= 14 ? Op.B : ((Op.BEQ + condition) as Op);
}

const keepsControl = (op: Op): boolean => op !== Op.CALL && op !== Op.BL && op !== Op.BX;
const flagSetters = new Set<Op>(
  Object.entries(Op).flatMap(([name, op]) => (/^(CMP|TST)_|S_[IR]$|^MULS$/.test(name) ? [op] : [])),
);

/** Whether the loop can execute an operation under a condition that was looked at before; only the last one may change flags. */
export function fitsConditionalChain(op: Op, last: boolean): boolean {
  return keepsControl(op) && (last || !flagSetters.has(op));
}
