/** Translation of the integer instructions: one emitter for each handler of the interpreter, with the same operands. */
import * as data from '../data-handlers.js';
import { Dp } from '../data-handlers.js';
import { Shift } from '../arithmetic.js';
import type { Handler } from '../context.js';
import * as multiply from '../multiply-handlers.js';
import * as parallel from '../parallel-handlers.js';
import * as system from '../system-handlers.js';
import { Local } from './layout.js';
import { Untranslatable, type Emitter, type Push } from './emitter.js';
import { W } from './wasm-code.js';

export type Emit = (e: Emitter, a: number, b: number, c: number) => void;

const reg = (e: Emitter, register: number): Push => () => { e.get(register); };
const constant = (e: Emitter, value: number): Push => () => { e.code.i32(value); };

/** x op y without flags. */
function operate(e: Emitter, operation: number, x: Push, y: Push): void {
  const { code } = e;
  switch (operation) {
    case Dp.and: x(); y(); code.op(W.i32And); break;
    case Dp.bic: x(); y(); code.i32(-1).op(W.i32Xor, W.i32And); break;
    case Dp.orr: x(); y(); code.op(W.i32Or); break;
    case Dp.orn: x(); y(); code.i32(-1).op(W.i32Xor, W.i32Or); break;
    case Dp.eor: x(); y(); code.op(W.i32Xor); break;
    case Dp.add: x(); y(); code.op(W.i32Add); break;
    case Dp.sub: x(); y(); code.op(W.i32Sub); break;
    case Dp.rsb: y(); x(); code.op(W.i32Sub); break;
    case Dp.adc:
      e.settleCarry();
      x(); y(); code.op(W.i32Add).get(Local.cf).op(W.i32Add);
      break;
    default: // SBC: x + ~y + C
      e.settleCarry();
      x(); y(); code.i32(-1).op(W.i32Xor, W.i32Add).get(Local.cf).op(W.i32Add);
  }
}

/** The same with N, Z and, but for logical operations, C and V. */
function operateWithFlags(e: Emitter, operation: number, x: Push, y: Push): void {
  switch (operation) {
    case Dp.add: e.add(x, y); break;
    case Dp.sub: e.subtract(x, y); break;
    case Dp.rsb: e.subtract(y, x); break;
    case Dp.adc: e.addWithCarry(x, y); break;
    case Dp.sbc: e.addWithCarry(x, () => { y(); e.code.i32(-1).op(W.i32Xor); }); break;
    default:
      operate(e, operation, x, y);
      e.nz();
  }
}

/** A register shifted by an immediate amount (1…32); RRX where `amount` is 0x80. */
function shifted(e: Emitter, register: number, type: number, amount: number): void {
  const { code } = e;
  if (amount === 0) {
    e.get(register);
    return;
  }
  switch (type) {
    case Shift.lsl:
      if (amount > 31) code.i32(0);
      else e.get(register).code.i32(amount).op(W.i32Shl);
      break;
    case Shift.lsr:
      if (amount > 31) code.i32(0);
      else e.get(register).code.i32(amount).op(W.i32ShrU);
      break;
    case Shift.asr:
      e.get(register).code.i32(Math.min(amount, 31)).op(W.i32ShrS);
      break;
    default:
      e.get(register).code.i32(amount & 31).op(W.i32Rotr);
  }
}

/** C as a shift by an immediate amount (not 0) leaves it; V is settled before. */
function carryOut(e: Emitter, register: number, type: number, amount: number): void {
  e.settleCarry();
  const bit = type === Shift.lsl ? 32 - amount : amount - 1;
  if (type === Shift.lsr ? amount > 32 : type === Shift.lsl && amount > 32) e.code.i32(0);
  else e.get(register).code.i32(type === Shift.asr ? Math.min(bit, 31) : bit & 31).op(W.i32ShrU).i32(1).op(W.i32And);
  e.code.set(Local.cf);
}

function extendThroughCarry(e: Emitter, register: number): void {
  e.settleCarry();
  e.code.get(Local.cf).i32(31).op(W.i32Shl);
  e.get(register).code.i32(1).op(W.i32ShrU, W.i32Or);
}

/** Shift by a register: the amount (0…255) is in `Local.two`, the value in `Local.one`; the result is pushed. */
function shiftedByRegister(e: Emitter, type: number): void {
  const { code } = e;
  const zeroFrom32 = (opcode: number): void => {
    code.get(Local.one).get(Local.two).op(opcode).i32(0).get(Local.two).i32(32).op(W.i32LtU, W.select);
  };
  switch (type) {
    case Shift.lsl: zeroFrom32(W.i32Shl); break;
    case Shift.lsr: zeroFrom32(W.i32ShrU); break;
    case Shift.asr: code.get(Local.one).get(Local.two).i32(31).get(Local.two).i32(31).op(W.i32LtU, W.select, W.i32ShrS); break;
    default: code.get(Local.one).get(Local.two).op(W.i32Rotr);
  }
}

const shiftRegister: Emit = (e, a, b, c) => {
  e.get(b & 0xf).code.set(Local.one);
  e.get(c).code.i32(0xff).op(W.i32And).set(Local.two);
  shiftedByRegister(e, b >>> 4);
  e.set(a);
};

const shiftRegisterFlags: Emit = (e, a, b, c) => {
  const { code } = e;
  const type = b >>> 4;
  e.settleCarry();
  e.get(b & 0xf).code.set(Local.one);
  e.get(c).code.i32(0xff).op(W.i32And).set(Local.two);
  // The last bit that was shifted out, by a 64-bit shift of at most 63 places; an amount of 0 keeps C.
  code.get(Local.one).op(type === Shift.asr ? W.i64ExtendI32S : W.i64ExtendI32U).set(Local.long);
  const least = (most: number): void => { code.get(Local.two).i32(most).get(Local.two).i32(most).op(W.i32LtU, W.select).op(W.i64ExtendI32U); };
  if (type === Shift.lsl) {
    code.get(Local.long);
    least(33);
    code.op(W.i64Shl).i64(32n).op(W.i64ShrU, W.i32WrapI64).i32(1).op(W.i32And);
  } else if (type === Shift.ror) code.get(Local.one).get(Local.two).i32(1).op(W.i32Sub, W.i32ShrU).i32(1).op(W.i32And);
  else {
    code.get(Local.long).i64(1n).op(W.i64Shl);
    least(33);
    code.op(type === Shift.asr ? W.i64ShrS : W.i64ShrU, W.i32WrapI64).i32(1).op(W.i32And);
  }
  code.get(Local.cf).get(Local.two).op(W.select).set(Local.cf);
  shiftedByRegister(e, type);
  e.nz().set(a);
};

const shiftedOperand: Emit = (e, a, b, c) => {
  const m = (a >>> 8) & 0xf;
  const x: Push = b & 0x20 ? constant(e, 0) : reg(e, (a >>> 4) & 0xf);
  operate(e, b & 0xf, x, () => {
    if (c >>> 9) extendThroughCarry(e, m);
    else shifted(e, m, c & 3, (c >>> 2) & 0x7f);
  });
  e.set(a & 0xf);
};

const shiftedOperandFlags: Emit = (e, a, b, c) => {
  const operation = b & 0xf;
  const m = (a >>> 8) & 0xf;
  const amount = (c >>> 2) & 0x7f;
  const { code } = e;
  const x: Push = b & 0x20 ? constant(e, 0) : reg(e, (a >>> 4) & 0xf);
  // RRX takes C as it was before.
  if (c >>> 9) extendThroughCarry(e, m);
  else shifted(e, m, c & 3, amount);
  code.set(Local.two);
  const y: Push = () => { code.get(Local.two); };
  if (operation <= Dp.eor) {
    if (c >>> 9) {
      e.settleCarry();
      e.get(m).code.i32(1).op(W.i32And).set(Local.cf);
    } else if (amount !== 0) carryOut(e, m, c & 3, amount);
  } else if (operation === Dp.adc || operation === Dp.sbc) throw new Untranslatable(); // Rare, and they need the same locals.
  operateWithFlags(e, operation, x, y);
  if (b & 0x10) code.op(W.drop);
  else e.set(a & 0xf);
};

const shiftImmediateFlags: Emit = (e, a, b, c) => {
  carryOut(e, b, c & 3, c >>> 2);
  shifted(e, b, c & 3, c >>> 2);
  e.nz().set(a);
};

const unary = (...opcodes: readonly number[]): Emit => (e, a, b) => {
  e.get(b).code.op(...opcodes);
  e.set(a);
};
const masked = (mask: number): Emit => (e, a, b) => {
  e.get(b).code.i32(mask).op(W.i32And);
  e.set(a);
};

const reverseBytes: Emit = (e, a, b) => {
  const { code } = e;
  // Two rotations, each with every other byte.
  e.get(b).code.i32(8).op(W.i32Rotl).i32(0x00ff00ff).op(W.i32And);
  e.get(b).code.i32(8).op(W.i32Rotr).i32(0xff00ff00 | 0).op(W.i32And);
  code.op(W.i32Or);
  e.set(a);
};
const reverseBytes16: Emit = (e, a, b) => {
  e.get(b).code.i32(8).op(W.i32Shl).i32(0xff00ff00 | 0).op(W.i32And);
  e.get(b).code.i32(8).op(W.i32ShrU).i32(0x00ff00ff).op(W.i32And, W.i32Or);
  e.set(a);
};
const reverseBytesSignedHalf: Emit = (e, a, b) => {
  e.get(b).code.i32(24).op(W.i32Shl).i32(16).op(W.i32ShrS);
  e.get(b).code.i32(8).op(W.i32ShrU).i32(0xff).op(W.i32And, W.i32Or);
  e.set(a);
};
const reverseBits: Emit = (e, a, b) => {
  const { code } = e;
  e.get(b).code.set(Local.one);
  for (const [shift, mask] of [[1, 0x55555555], [2, 0x33333333], [4, 0x0f0f0f0f]] as const) {
    code.get(Local.one).i32(shift).op(W.i32ShrU).i32(mask).op(W.i32And);
    code.get(Local.one).i32(mask).op(W.i32And).i32(shift).op(W.i32Shl, W.i32Or).set(Local.one);
  }
  code.get(Local.one).i32(8).op(W.i32Rotl).i32(0x00ff00ff).op(W.i32And);
  code.get(Local.one).i32(8).op(W.i32Rotr).i32(0xff00ff00 | 0).op(W.i32And, W.i32Or);
  e.set(a);
};

const field = (shift: number): Emit => (e, a, b, c) => {
  const width = c >>> 5;
  e.get(b).code.i32((32 - width - (c & 31)) & 31).op(W.i32Shl).i32((32 - width) & 31).op(shift);
  e.set(a);
};
const insertField: Emit = (e, a, b, c) => {
  const lsb = c & 31;
  const mask = (c >>> 5 === 32 ? -1 : (1 << (c >>> 5)) - 1) << lsb;
  e.get(a).code.i32(~mask).op(W.i32And);
  if (b !== 15) e.get(b).code.i32(lsb).op(W.i32Shl).i32(mask).op(W.i32And, W.i32Or);
  e.set(a);
};

// ---- multiplication ----

const accumulator = (e: Emitter, a: number): void => {
  if (a >>> 12 === 15) e.code.i32(0);
  else e.get(a >>> 12);
};
const multiplyAdd: Emit = (e, a) => {
  e.get((a >>> 4) & 0xf).get((a >>> 8) & 0xf).code.op(W.i32Mul);
  if (a >>> 12 !== 15) e.get(a >>> 12).code.op(W.i32Add);
  e.set(a & 0xf);
};
const multiplySubtract: Emit = (e, a) => {
  e.get(a >>> 12).get((a >>> 4) & 0xf).get((a >>> 8) & 0xf).code.op(W.i32Mul, W.i32Sub);
  e.set(a & 0xf);
};
const half = (e: Emitter, register: number, top: number): void => {
  e.get(register);
  if (top) e.code.i32(16).op(W.i32ShrS);
  else e.code.op(W.i32Extend16S);
};
/** A sum that does not fit is the interpreter's: it sets Q. */
function fitting(e: Emitter, a: number): void {
  const { code } = e;
  code.tee(Local.long).get(Local.long).op(W.i32WrapI64, W.i64ExtendI32S, W.i64Ne);
  e.exitIf();
  code.get(Local.long).op(W.i32WrapI64);
  e.set(a & 0xf);
}
const halfwords: Emit = (e, a, b) => {
  half(e, (a >>> 4) & 0xf, b & 2);
  half(e, (a >>> 8) & 0xf, b & 1);
  e.code.op(W.i32Mul);
  // The greatest product is 2^30: alone it always fits.
  if (a >>> 12 === 15) {
    e.set(a & 0xf);
    return;
  }
  e.code.op(W.i64ExtendI32S);
  accumulator(e, a);
  e.code.op(W.i64ExtendI32S, W.i64Add);
  fitting(e, a);
};
const dual: Emit = (e, a, b) => {
  const [n, m] = [(a >>> 4) & 0xf, (a >>> 8) & 0xf];
  half(e, n, 0);
  half(e, m, b & 1);
  e.code.op(W.i32Mul, W.i64ExtendI32S);
  half(e, n, 1);
  half(e, m, b & 1 ? 0 : 1);
  e.code.op(W.i32Mul, W.i64ExtendI32S, b & 2 ? W.i64Sub : W.i64Add);
  if (a >>> 12 !== 15) {
    accumulator(e, a);
    e.code.op(W.i64ExtendI32S, W.i64Add);
  }
  fitting(e, a);
};
const mostSignificant: Emit = (e, a, b) => {
  const { code } = e;
  accumulator(e, a);
  code.op(W.i64ExtendI32S).i64(32n).op(W.i64Shl);
  e.get((a >>> 4) & 0xf).code.op(W.i64ExtendI32S);
  e.get((a >>> 8) & 0xf).code.op(W.i64ExtendI32S, W.i64Mul, b & 2 ? W.i64Sub : W.i64Add);
  if (b & 1) code.i64(0x80000000n).op(W.i64Add);
  code.i64(32n).op(W.i64ShrS, W.i32WrapI64);
  e.set(a & 0xf);
};
/** Pops 64 bits into RdLo and RdHi. */
function putLong(e: Emitter, a: number): void {
  e.code.tee(Local.long).op(W.i32WrapI64);
  e.set(a & 0xf);
  e.code.get(Local.long).i64(32n).op(W.i64ShrU, W.i32WrapI64);
  e.set((a >>> 4) & 0xf);
}
const longMultiply: Emit = (e, a, b) => {
  const { code } = e;
  const extend = b & 2 ? W.i64ExtendI32S : W.i64ExtendI32U;
  e.get((a >>> 8) & 0xf).code.op(extend);
  e.get(a >>> 12).code.op(extend, W.i64Mul);
  if (b & 1) {
    e.get((a >>> 4) & 0xf).code.op(W.i64ExtendI32U).i64(32n).op(W.i64Shl);
    e.get(a & 0xf).code.op(W.i64ExtendI32U, W.i64Or);
    code.op(W.i64Add);
  }
  putLong(e, a);
};
const longDoubleAccumulate: Emit = (e, a) => {
  e.get((a >>> 8) & 0xf).code.op(W.i64ExtendI32U);
  e.get(a >>> 12).code.op(W.i64ExtendI32U, W.i64Mul);
  e.get(a & 0xf).code.op(W.i64ExtendI32U, W.i64Add);
  e.get((a >>> 4) & 0xf).code.op(W.i64ExtendI32U, W.i64Add);
  putLong(e, a);
};

/** Division by 0 may be a fault, and −2^31 / −1 does not fit: both are the interpreter's. */
const divide = (opcode: number, signed: boolean): Emit => (e, a, b, c) => {
  e.get(c);
  if (signed) e.code.i32(1).op(W.i32Add).i32(2).op(W.i32LtU);
  else e.code.op(W.i32Eqz);
  e.exitIf();
  e.get(b).get(c).code.op(opcode);
  e.set(a);
};

const extendAndAdd: Emit = (e, a, b, c) => {
  const n = (a >>> 4) & 0xf;
  if (b === 2 || b === 3) throw new Untranslatable();
  if (n !== 15) e.get(n);
  e.get((a >>> 8) & 0xf);
  if (c) e.code.i32(c).op(W.i32Rotr);
  if (b === 0) e.code.op(W.i32Extend16S);
  else if (b === 1) e.code.i32(0xffff).op(W.i32And);
  else if (b === 4) e.code.op(W.i32Extend8S);
  else e.code.i32(0xff).op(W.i32And);
  if (n !== 15) e.code.op(W.i32Add);
  e.set(a & 0xf);
};
const pack: Emit = (e, a, b, c) => {
  const [n, m] = [(a >>> 4) & 0xf, (a >>> 8) & 0xf];
  const [fromN, fromM] = b ? [~0xffff, 0xffff] : [0xffff, ~0xffff];
  e.get(n).code.i32(fromN).op(W.i32And);
  e.get(m).code.i32(b ? Math.min(c, 31) : c).op(b ? W.i32ShrS : W.i32Shl).i32(fromM).op(W.i32And, W.i32Or);
  e.set(a & 0xf);
};
/** SSAT, USAT where nothing saturates; the interpreter sets Q. */
const saturate: Emit = (e, a, b, c) => {
  const { code } = e;
  const amount = c >>> 2;
  // A shift to the left may lose bits: only the plain forms.
  if (!(c & 2) && amount !== 0) throw new Untranslatable();
  e.get((a >>> 4) & 0xf).code.i32(Math.min(amount, 31)).op(W.i32ShrS).tee(Local.one);
  if (c & 1) {
    if (b > 31) throw new Untranslatable();
    code.i32(b).op(W.i32ShrS);
  } else if (b < 32) code.i32(32 - b).op(W.i32Shl).i32(32 - b).op(W.i32ShrS).get(Local.one).op(W.i32Ne);
  else code.op(W.drop).i32(0);
  e.exitIf();
  code.get(Local.one);
  e.set(a & 0xf);
};

const plain: readonly (readonly [Handler, Emit])[] = [
  [system.nothing, () => undefined],
  [data.moveImmediate, (e, a, b) => { e.code.i32(b); e.set(a); }],
  [data.moveImmediateFlags, (e, a, b) => { e.code.i32(b); e.nz().set(a); }],
  [data.moveRegister, (e, a, _b, c) => { e.get(c).set(a); }],
  [data.moveRegisterFlags, (e, a, _b, c) => { e.get(c).nz().set(a); }],
  [data.moveToStackPointer, (e, _a, _b, c) => { e.get(c).set(13); }],
  [data.addToStackPointer, (e, _a, b, c) => { e.get(b).get(c).code.op(W.i32Add); e.set(13); }],
  [data.compareImmediate, (e, a, b) => { e.subtract(reg(e, a), constant(e, b)); e.code.op(W.drop); }],
  [data.compareRegister, (e, a, b) => { e.subtract(reg(e, a), reg(e, b)); e.code.op(W.drop); }],
  [data.compareNegativeImmediate, (e, a, b) => { e.add(reg(e, a), constant(e, b)); e.code.op(W.drop); }],
  [data.compareNegativeRegister, (e, a, b) => { e.add(reg(e, a), reg(e, b)); e.code.op(W.drop); }],
  [data.testImmediate, (e, a, b) => { e.get(a).code.i32(b).op(W.i32And); e.nz().code.op(W.drop); }],
  [data.testRegister, (e, a, b) => { e.get(a).get(b).code.op(W.i32And); e.nz().code.op(W.drop); }],
  [data.testEquivalenceImmediate, (e, a, b) => { e.get(a).code.i32(b).op(W.i32Xor); e.nz().code.op(W.drop); }],
  [data.testEquivalenceRegister, (e, a, b) => { e.get(a).get(b).code.op(W.i32Xor); e.nz().code.op(W.drop); }],
  [data.shiftImmediateFlags, shiftImmediateFlags], [data.shiftRegister, shiftRegister], [data.shiftRegisterFlags, shiftRegisterFlags],
  [data.rotateExtend, (e, a, b) => { extendThroughCarry(e, b); e.set(a); }],
  [data.rotateExtendFlags, (e, a, b) => {
    extendThroughCarry(e, b);
    e.get(b).code.i32(1).op(W.i32And).set(Local.cf);
    e.nz().set(a);
  }],
  [data.shiftedOperand, shiftedOperand], [data.shiftedOperandFlags, shiftedOperandFlags],
  [data.signExtendByte, unary(W.i32Extend8S)], [data.signExtendHalf, unary(W.i32Extend16S)],
  [data.zeroExtendByte, masked(0xff)], [data.zeroExtendHalf, masked(0xffff)],
  [data.reverseBytes, reverseBytes], [data.reverseBytes16, reverseBytes16], [data.reverseBytesSignedHalf, reverseBytesSignedHalf], [data.reverseBits, reverseBits],
  [data.countLeadingZeros, unary(W.i32Clz)],
  [data.moveTop, (e, a, _b, c) => { e.get(a).code.i32(0xffff).op(W.i32And).i32(c << 16).op(W.i32Or); e.set(a); }],
  [data.unsignedField, field(W.i32ShrU)], [data.signedField, field(W.i32ShrS)], [data.insertField, insertField],
  [data.moveNot, (e, a, b) => { e.get(b).code.i32(-1).op(W.i32Xor); e.set(a); }],
  [data.moveNotFlags, (e, a, b) => { e.get(b).code.i32(-1).op(W.i32Xor); e.nz().set(a); }],
  [data.multiply, (e, a, b, c) => { e.get(b).get(c).code.op(W.i32Mul); e.set(a); }],
  [data.multiplyFlags, (e, a, b, c) => { e.get(b).get(c).code.op(W.i32Mul); e.nz().set(a); }],
  [multiply.multiplyAdd, multiplyAdd], [multiply.multiplySubtract, multiplySubtract], [multiply.halfwords, halfwords], [multiply.dual, dual],
  [multiply.mostSignificant, mostSignificant], [multiply.longMultiply, longMultiply], [multiply.longDoubleAccumulate, longDoubleAccumulate],
  [multiply.signedDivide, divide(W.i32DivS, true)], [multiply.unsignedDivide, divide(W.i32DivU, false)],
  [parallel.extendAndAdd, extendAndAdd], [parallel.pack, pack], [parallel.saturate, saturate],
];

const operations = Object.values(Dp);
const withImmediate = operations.flatMap((operation): [Handler, Emit][] => [
  [data.immediate[operation]!, (e, a, b, c) => { operate(e, operation, reg(e, b), constant(e, c)); e.set(a); }],
  [data.immediateFlags[operation]!, (e, a, b, c) => { operateWithFlags(e, operation, reg(e, b), constant(e, c)); e.set(a); }],
]);
const withRegister = operations.flatMap((operation): [Handler, Emit][] => {
  const plainHandler = data.register[operation];
  const flagHandler = data.registerFlags[operation];
  return [
    ...(plainHandler ? [[plainHandler, (e, a, b, c) => { operate(e, operation, reg(e, b), reg(e, c)); e.set(a); }] as [Handler, Emit]] : []),
    ...(flagHandler ? [[flagHandler, (e, a, b, c) => { operateWithFlags(e, operation, reg(e, b), reg(e, c)); e.set(a); }] as [Handler, Emit]] : []),
  ];
});
const shifts = Object.values(Shift).map((type): [Handler, Emit] => [data.shiftImmediateBy[type]!, (e, a, b, c) => { shifted(e, b, type, c); e.set(a); }]);

export const integerEmitters: ReadonlyMap<Handler, Emit> = new Map<Handler, Emit>([...plain, ...withImmediate, ...withRegister, ...shifts]);
