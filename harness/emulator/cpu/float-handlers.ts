/** Floating-point data processing. a = destination, b and c = sources, as register numbers of their size (S0–S31, D0–D15), unless a handler says otherwise. */
import { conditionHolds } from './conditions.js';
import type { Context, Handler } from './context.js';
import * as arithmetic from './float-arithmetic.js';
import { bits32 } from './float-arithmetic.js';
import { double, half, Rounding, roundingMode, single, type FloatFormat } from './float-format.js';
import { scratch, type FloatState } from './float-state.js';
import * as soft from './soft-float.js';

/** A handler of an instruction that needs the FPU. */
function float(body: (fpu: FloatState, a: number, b: number, c: number) => void): Handler {
  return (core, a, b, c) => {
    if (!core.fpu.ready) core.fpu.prepare();
    body(core.fpu, a, b, c);
  };
}

/** Single- and double-precision form of one instruction. */
export interface Pair {
  readonly single: Handler;
  readonly double: Handler;
}

const pair = (one: (fpu: FloatState, a: number, b: number, c: number) => void, two: (fpu: FloatState, a: number, b: number, c: number) => void): Pair => ({ single: float(one), double: float(two) });

const flipSingle = (fpu: FloatState, to: number, from: number): void => { fpu.words[to] = fpu.words[from]! ^ 0x80000000; };
const flipDouble = (fpu: FloatState, to: number, from: number): void => {
  const high = fpu.words[2 * from + 1]! ^ 0x80000000;
  fpu.words[2 * to] = fpu.words[2 * from]!;
  fpu.words[2 * to + 1] = high;
};

export const add = pair(arithmetic.addSingle, arithmetic.addDouble);
export const subtract = pair(arithmetic.subtractSingle, arithmetic.subtractDouble);
export const multiply = pair(arithmetic.multiplySingle, arithmetic.multiplyDouble);
export const divide = pair(arithmetic.divideSingle, arithmetic.divideDouble);
export const squareRoot = pair(arithmetic.rootSingle, arithmetic.rootDouble);
export const multiplyNegated = pair(
  (fpu, d, n, m) => { arithmetic.multiplySingle(fpu, d, n, m); flipSingle(fpu, d, d); },
  (fpu, d, n, m) => { arithmetic.multiplyDouble(fpu, d, n, m); flipDouble(fpu, d, d); },
);

/** VMLA, VMLS, VNMLA, VNMLS: the product is rounded, then the sum. */
function chained(negateProduct: boolean, negateAddend: boolean): Pair {
  return pair(
    (fpu, d, n, m) => {
      arithmetic.multiplySingle(fpu, scratch.single, n, m);
      if (negateProduct) flipSingle(fpu, scratch.single, scratch.single);
      if (negateAddend) flipSingle(fpu, d, d);
      arithmetic.addSingle(fpu, d, d, scratch.single);
    },
    (fpu, d, n, m) => {
      arithmetic.multiplyDouble(fpu, scratch.double, n, m);
      if (negateProduct) flipDouble(fpu, scratch.double, scratch.double);
      if (negateAddend) flipDouble(fpu, d, d);
      arithmetic.addDouble(fpu, d, d, scratch.double);
    },
  );
}
export const multiplyAdd = chained(false, false);
export const multiplySubtract = chained(true, false);
export const multiplyAddNegated = chained(true, true);
export const multiplySubtractNegated = chained(false, true);

const fused = (negateProduct: boolean, negateAddend: boolean): Pair =>
  pair(
    (fpu, d, n, m) => { arithmetic.fuseSingle(fpu, d, n, m, negateProduct, negateAddend); },
    (fpu, d, n, m) => { arithmetic.fuseDouble(fpu, d, n, m, negateProduct, negateAddend); },
  );
export const fusedAdd = fused(false, false);
export const fusedSubtract = fused(true, false);
export const fusedAddNegated = fused(true, true);
export const fusedSubtractNegated = fused(false, true);

// ---- one source: a = destination, b = source ----

export const move = pair(
  (fpu, d, m) => { fpu.words[d] = fpu.words[m]!; },
  (fpu, d, m) => { fpu.bits64[d] = fpu.bits64[m]!; },
);
export const negate = pair(flipSingle, flipDouble);
export const absolute = pair(
  (fpu, d, m) => { fpu.words[d] = fpu.words[m]! & 0x7fffffff; },
  (fpu, d, m) => {
    const high = fpu.words[2 * m + 1]! & 0x7fffffff;
    fpu.words[2 * d] = fpu.words[2 * m]!;
    fpu.words[2 * d + 1] = high;
  },
);
/** b = bits of the single, or of the upper half of the double. */
export const moveImmediate = pair(
  (fpu, d, bits) => { fpu.words[d] = bits; },
  (fpu, d, bits) => {
    fpu.words[2 * d] = 0;
    fpu.words[2 * d + 1] = bits;
  },
);

/** a and b are compared; b −1: with zero. c = 1: a quiet NaN is invalid too (VCMPE). */
export const compare = pair(
  (fpu, d, m, c) => { arithmetic.compareSingle(fpu, d, m, c !== 0); },
  (fpu, d, m, c) => { arithmetic.compareDouble(fpu, d, m, c !== 0); },
);

/** VSEL: conditions EQ, VS, GE, GT as IT and branches number them. */
const selected = [0, 6, 10, 12];
export const select = selected.map((condition): Pair => {
  const by = (copy: (core: Context, d: number, from: number) => void): Handler => (core, a, b, c) => {
    if (!core.fpu.ready) core.fpu.prepare();
    copy(core, a, conditionHolds(core, condition) ? b : c);
  };
  return { single: by(({ fpu }, d, from) => { fpu.words[d] = fpu.words[from]!; }), double: by(({ fpu }, d, from) => { fpu.bits64[d] = fpu.bits64[from]!; }) };
});

const extreme = (maximum: boolean): Pair =>
  pair(
    (fpu, d, n, m) => { fpu.bits32[d] = Number(soft.extremeNumber(fpu, single, bits32(fpu, n), bits32(fpu, m), maximum)); },
    (fpu, d, n, m) => { fpu.bits64[d] = soft.extremeNumber(fpu, double, fpu.bits64[n]!, fpu.bits64[m]!, maximum); },
  );
export const maximumNumber = extreme(true);
export const minimumNumber = extreme(false);

/** VRINT…: c = rounding mode, −1 that of FPSCR; bit 8: inexact is noted (VRINTX). */
const exactBit = 0x100;
const modeOf = (fpu: FloatState, c: number): number => (c & 0xff) === 0xff ? roundingMode(fpu) : c & 0xff;
export const currentMode = 0xff;
export const currentModeExactly = 0xff | exactBit;
export const roundIntegral = pair(
  (fpu, d, m, c) => { fpu.bits32[d] = Number(soft.roundToIntegral(fpu, single, bits32(fpu, m), modeOf(fpu, c), (c & exactBit) !== 0)); },
  (fpu, d, m, c) => { fpu.bits64[d] = soft.roundToIntegral(fpu, double, fpu.bits64[m]!, modeOf(fpu, c), (c & exactBit) !== 0); },
);

// ---- conversions: a = destination, b = source ----

/** VCVT.S32, VCVT.U32, VCVTR, VCVTA … to an integer in a single register: c = rounding mode, bit 9: unsigned. */
export const unsignedBit = 0x200;
export const toInteger = pair(
  (fpu, d, m, c) => {
    const mode = modeOf(fpu, c);
    const unsigned = (c & unsignedBit) !== 0;
    if (mode !== Rounding.zero || !arithmetic.truncate(fpu, d, fpu.singles[m]!, unsigned)) fpu.bits32[d] = Number(soft.toFixed(fpu, single, bits32(fpu, m), 32, 0, unsigned, mode));
  },
  (fpu, d, m, c) => {
    const mode = modeOf(fpu, c);
    const unsigned = (c & unsignedBit) !== 0;
    if (mode !== Rounding.zero || !arithmetic.truncate(fpu, d, fpu.doubles[m]!, unsigned)) fpu.bits32[d] = Number(soft.toFixed(fpu, double, fpu.bits64[m]!, 32, 0, unsigned, mode));
  },
);
export const fromUnsigned = pair(
  (fpu, d, m) => { arithmetic.integerToSingle(fpu, d, fpu.bits32[m]!); },
  (fpu, d, m) => { fpu.doubles[d] = fpu.bits32[m]!; },
);
export const fromSigned = pair(
  (fpu, d, m) => { arithmetic.integerToSingle(fpu, d, fpu.words[m]!); },
  (fpu, d, m) => { fpu.doubles[d] = fpu.words[m]!; },
);
export const doubleToSingle = float(arithmetic.doubleToSingle);
export const singleToDouble = float(arithmetic.singleToDouble);

/** To and from half precision: c = 1 the upper half of the single register (VCVTT). */
const halfOf = (fpu: FloatState, register: number, upper: number): bigint => BigInt(upper ? fpu.bits32[register]! >>> 16 : fpu.bits32[register]! & 0xffff);
const setHalf = (fpu: FloatState, register: number, upper: number, bits: bigint): void => {
  const value = Number(bits);
  fpu.words[register] = upper ? (fpu.words[register]! & 0xffff) | (value << 16) : (fpu.words[register]! & ~0xffff) | value;
};
export const fromHalf = pair(
  (fpu, d, m, upper) => { fpu.bits32[d] = Number(soft.convert(fpu, half, single, halfOf(fpu, m, upper))); },
  (fpu, d, m, upper) => { fpu.bits64[d] = soft.convert(fpu, half, double, halfOf(fpu, m, upper)); },
);
export const toHalf = pair(
  (fpu, d, m, upper) => { setHalf(fpu, d, upper, soft.convert(fpu, single, half, bits32(fpu, m))); },
  (fpu, d, m, upper) => { setHalf(fpu, d, upper, soft.convert(fpu, double, half, fpu.bits64[m]!)); },
);

/** Fixed point in place: b = fraction bits, c: bit 0 unsigned, bit 1 of 32 bits (else 16). */
const fixedSize = (c: number): number => (c & 2 ? 32 : 16);
const readFixed = (bits: bigint, c: number): bigint => (c & 1 ? BigInt.asUintN(fixedSize(c), bits) : BigInt.asIntN(fixedSize(c), bits));
const extend = (bits: bigint, c: number, width: number): bigint => (c & 1 ? bits : BigInt.asUintN(width, BigInt.asIntN(fixedSize(c), bits)));
const convertToFixed = (fpu: FloatState, shape: FloatFormat, bits: bigint, fraction: number, c: number): bigint => soft.toFixed(fpu, shape, bits, fixedSize(c), fraction, (c & 1) !== 0, Rounding.zero);
export const toFixed = pair(
  (fpu, d, fraction, c) => { fpu.bits32[d] = Number(extend(convertToFixed(fpu, single, bits32(fpu, d), fraction, c), c, 32)); },
  (fpu, d, fraction, c) => { fpu.bits64[d] = extend(convertToFixed(fpu, double, fpu.bits64[d]!, fraction, c), c, 64); },
);
export const fromFixed = pair(
  (fpu, d, fraction, c) => { fpu.bits32[d] = Number(soft.fromFixed(fpu, single, readFixed(bits32(fpu, d), c), fraction, Rounding.nearest)); },
  (fpu, d, fraction, c) => { fpu.bits64[d] = soft.fromFixed(fpu, double, readFixed(fpu.bits64[d]!, c), fraction, Rounding.nearest); },
);

/** VMRS: a = Rt, 15 the flags of APSR. */
export const readStatus: Handler = (core, a) => {
  if (!core.fpu.ready) core.fpu.prepare();
  const value = core.fpu.fpscr;
  if (a !== 15) core.r[a] = value;
  else {
    core.nf = value;
    core.zf = value & 0x40000000 ? 0 : 1;
    core.cf = (value >>> 29) & 1;
    core.vf = (value >>> 28) & 1;
  }
};
/** VMSR: a = Rt. */
export const writeStatus: Handler = (core, a) => {
  if (!core.fpu.ready) core.fpu.prepare();
  core.fpu.setStatus(core.r[a]!);
};
