/** Arithmetic of FPv5 on bit patterns, exact in result and flags (DDI 0403E, pseudocode FPAdd … FPToFixed). The slow half of the FPU: see float-arithmetic.ts. */
import {
  bitLength, double, Fpscr, half, infinity, invalid, Kind, processNans, round, Rounding, roundingMode, shiftRounded, unpack, zero,
  type FloatEnvironment, type FloatFormat, type Unpacked,
} from './float-format.js';

type Operation2 = (environment: FloatEnvironment, shape: FloatFormat, one: bigint, other: bigint) => bigint;

export const negate = (shape: FloatFormat, bits: bigint): bigint => bits ^ shape.signBit;

/** The exact sum of two finite values or zeros, rounded. Of nothing, zero: negative when rounding down. */
function sum(environment: FloatEnvironment, shape: FloatFormat, x: Unpacked, y: Unpacked): bigint {
  if (x.kind === Kind.zero && y.kind === Kind.zero && x.sign === y.sign) return zero(shape, x.sign);
  const exponent = x.kind === Kind.zero ? y.exponent : y.kind === Kind.zero ? x.exponent : Math.min(x.exponent, y.exponent);
  const term = ({ kind, sign, mantissa, exponent: power }: Unpacked): bigint => {
    if (kind === Kind.zero) return 0n;
    const scaled = mantissa << BigInt(power - exponent);
    return sign ? -scaled : scaled;
  };
  const total = term(x) + term(y);
  if (total === 0n) return zero(shape, roundingMode(environment) === Rounding.down);
  return round(environment, shape, total < 0n, total < 0n ? -total : total, exponent);
}

export const add: Operation2 = (environment, shape, one, other) => {
  const x = unpack(environment, shape, one);
  const y = unpack(environment, shape, other);
  const nan = processNans(environment, shape, [x, y]);
  if (nan !== undefined) return nan;
  if (x.kind === Kind.infinity && y.kind === Kind.infinity && x.sign !== y.sign) return invalid(environment, shape);
  if (x.kind === Kind.infinity) return infinity(shape, x.sign);
  if (y.kind === Kind.infinity) return infinity(shape, y.sign);
  return sum(environment, shape, x, y);
};

/** FPSub is not FPAdd of the negative: a NaN keeps its sign. */
export const subtract: Operation2 = (environment, shape, one, other) => {
  const isNan = (other & ~shape.signBit) > shape.infinity;
  return add(environment, shape, one, isNan ? other : negate(shape, other));
};

export const multiply: Operation2 = (environment, shape, one, other) => {
  const x = unpack(environment, shape, one);
  const y = unpack(environment, shape, other);
  const nan = processNans(environment, shape, [x, y]);
  if (nan !== undefined) return nan;
  const sign = x.sign !== y.sign;
  if (x.kind === Kind.infinity || y.kind === Kind.infinity) return x.kind === Kind.zero || y.kind === Kind.zero ? invalid(environment, shape) : infinity(shape, sign);
  if (x.kind === Kind.zero || y.kind === Kind.zero) return zero(shape, sign);
  return round(environment, shape, sign, x.mantissa * y.mantissa, x.exponent + y.exponent);
};

export const divide: Operation2 = (environment, shape, one, other) => {
  const x = unpack(environment, shape, one);
  const y = unpack(environment, shape, other);
  const nan = processNans(environment, shape, [x, y]);
  if (nan !== undefined) return nan;
  const sign = x.sign !== y.sign;
  if (x.kind === y.kind && x.kind !== Kind.finite) return invalid(environment, shape);
  if (x.kind === Kind.infinity) return infinity(shape, sign);
  if (y.kind === Kind.zero) {
    environment.fpscr |= Fpscr.dzc;
    return infinity(shape, sign);
  }
  if (x.kind === Kind.zero || y.kind === Kind.infinity) return zero(shape, sign);
  // Enough quotient bits for every format, and one below them for the remainder.
  const shift = shape.fractionBits + 3 + Math.max(0, bitLength(y.mantissa) - bitLength(x.mantissa));
  const dividend = x.mantissa << BigInt(shift);
  const quotient = dividend / y.mantissa;
  const sticky = quotient * y.mantissa === dividend ? 0n : 1n;
  return round(environment, shape, sign, (quotient << 1n) | sticky, x.exponent - y.exponent - shift - 1);
};

export function squareRoot(environment: FloatEnvironment, shape: FloatFormat, bits: bigint): bigint {
  const x = unpack(environment, shape, bits);
  const nan = processNans(environment, shape, [x]);
  if (nan !== undefined) return nan;
  if (x.kind === Kind.zero) return zero(shape, x.sign);
  if (x.sign) return invalid(environment, shape);
  if (x.kind === Kind.infinity) return infinity(shape, false);
  let shift = Math.max(0, 2 * (shape.fractionBits + 3) - bitLength(x.mantissa));
  if ((x.exponent - shift) & 1) shift += 1;
  const radicand = x.mantissa << BigInt(shift);
  const root = integerRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  return round(environment, shape, false, (root << 1n) | sticky, (x.exponent - shift) / 2 - 1);
}

function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** FPMulAdd: addend + one × other, rounded once. */
export function multiplyAdd(environment: FloatEnvironment, shape: FloatFormat, addend: bigint, one: bigint, other: bigint): bigint {
  const a = unpack(environment, shape, addend);
  const x = unpack(environment, shape, one);
  const y = unpack(environment, shape, other);
  const noProduct = (x.kind === Kind.infinity && y.kind === Kind.zero) || (x.kind === Kind.zero && y.kind === Kind.infinity);
  const nan = processNans(environment, shape, [a, x, y]);
  if (a.kind === Kind.quiet && noProduct) return invalid(environment, shape);
  if (nan !== undefined) return nan;
  const sign = x.sign !== y.sign;
  const infinite = x.kind === Kind.infinity || y.kind === Kind.infinity;
  if (noProduct || (a.kind === Kind.infinity && infinite && a.sign !== sign)) return invalid(environment, shape);
  if (a.kind === Kind.infinity) return infinity(shape, a.sign);
  if (infinite) return infinity(shape, sign);
  const kind = x.kind === Kind.zero || y.kind === Kind.zero ? Kind.zero : Kind.finite;
  return sum(environment, shape, a, { kind, sign, mantissa: x.mantissa * y.mantissa, exponent: x.exponent + y.exponent, bits: 0n });
}

/** Sign of x − y, neither a NaN. */
function order(shape: FloatFormat, x: Unpacked, y: Unpacked): number {
  const value = ({ kind, sign, bits }: Unpacked): bigint => {
    const magnitude = kind === Kind.zero ? 0n : bits & ~shape.signBit;
    return sign ? -magnitude : magnitude;
  };
  const difference = value(x) - value(y);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** FPCompare: NZCV in four bits. `everyNan`: VCMPE, where a quiet NaN is invalid too. */
export function compare(environment: FloatEnvironment, shape: FloatFormat, one: bigint, other: bigint, everyNan: boolean): number {
  const x = unpack(environment, shape, one);
  const y = unpack(environment, shape, other);
  if (x.kind >= Kind.quiet || y.kind >= Kind.quiet) {
    if (everyNan || x.kind === Kind.signalling || y.kind === Kind.signalling) environment.fpscr |= Fpscr.ioc;
    return 3;
  }
  const sign = order(shape, x, y);
  return sign === 0 ? 6 : sign < 0 ? 8 : 2;
}

/** FPMaxNum, FPMinNum: a quiet NaN gives way to a number; +0 is above −0. */
export function extremeNumber(environment: FloatEnvironment, shape: FloatFormat, one: bigint, other: bigint, maximum: boolean): bigint {
  const x = unpack(environment, shape, one);
  const y = unpack(environment, shape, other);
  const value = ({ kind, sign, bits }: Unpacked): bigint => (kind === Kind.zero ? zero(shape, sign) : bits);
  if (x.kind === Kind.quiet && y.kind < Kind.quiet) return value(y);
  if (y.kind === Kind.quiet && x.kind < Kind.quiet) return value(x);
  const nan = processNans(environment, shape, [x, y]);
  if (nan !== undefined) return nan;
  if (x.kind === Kind.zero && y.kind === Kind.zero) return zero(shape, maximum ? x.sign && y.sign : x.sign || y.sign);
  return order(shape, x, y) > 0 === maximum ? value(x) : value(y);
}

/** FPHalfToSingle, FPSingleToDouble and so on; half precision by FPSCR.AHP. */
export function convert(environment: FloatEnvironment, from: FloatFormat, to: FloatFormat, bits: bigint): bigint {
  const x = unpack(environment, from, bits);
  const alternative = to === half && (environment.fpscr & Fpscr.ahp) !== 0;
  if (x.kind >= Kind.quiet) {
    if (x.kind === Kind.signalling || alternative) environment.fpscr |= Fpscr.ioc;
    if (alternative) return zero(to, x.sign);
    if (environment.fpscr & Fpscr.dn) return to.defaultNan;
    const fraction = ((bits & from.fractionMask) << BigInt(double.fractionBits - from.fractionBits)) >> BigInt(double.fractionBits - to.fractionBits);
    return infinity(to, x.sign) | fraction | to.quietBit;
  }
  if (x.kind === Kind.infinity) {
    if (!alternative) return infinity(to, x.sign);
    environment.fpscr |= Fpscr.ioc;
    return zero(to, x.sign) | (to.signBit - 1n);
  }
  if (x.kind === Kind.zero) return zero(to, x.sign);
  return round(environment, to, x.sign, x.mantissa, x.exponent);
}

/** FPRoundInt: an integral value in the same format; `exact` notes IXC (VRINTX). */
export function roundToIntegral(environment: FloatEnvironment, shape: FloatFormat, bits: bigint, mode: number, exact: boolean): bigint {
  const x = unpack(environment, shape, bits);
  const nan = processNans(environment, shape, [x]);
  if (nan !== undefined) return nan;
  if (x.kind === Kind.infinity) return bits;
  if (x.kind === Kind.zero) return zero(shape, x.sign);
  const { value, inexact } = shiftRounded(x.mantissa, -x.exponent, x.sign, mode);
  if (exact && inexact) environment.fpscr |= Fpscr.ixc;
  return value === 0n ? zero(shape, x.sign) : round(environment, shape, x.sign, value, 0);
}

/** FPToFixed: `size` bits, of which `fraction` behind the point, saturated. As an unsigned pattern of that size. */
export function toFixed(environment: FloatEnvironment, shape: FloatFormat, bits: bigint, size: number, fraction: number, unsigned: boolean, mode: number): bigint {
  const x = unpack(environment, shape, bits);
  if (x.kind === Kind.zero) return 0n;
  const most = unsigned ? (1n << BigInt(size)) - 1n : (1n << BigInt(size - 1)) - 1n;
  const least = unsigned ? 0n : -most - 1n;
  const saturate = (value: bigint): bigint => {
    environment.fpscr |= Fpscr.ioc;
    return BigInt.asUintN(size, value);
  };
  if (x.kind >= Kind.quiet) return saturate(0n);
  if (x.kind === Kind.infinity) return saturate(x.sign ? least : most);
  const { value: magnitude, inexact } = shiftRounded(x.mantissa, -(x.exponent + fraction), x.sign, mode);
  const value = x.sign ? -magnitude : magnitude;
  if (value > most) return saturate(most);
  if (value < least) return saturate(least);
  if (inexact) environment.fpscr |= Fpscr.ixc;
  return BigInt.asUintN(size, value);
}

/** FixedToFP: `value` / 2^`fraction`. Zero is positive. */
export function fromFixed(environment: FloatEnvironment, shape: FloatFormat, value: bigint, fraction: number, mode: number): bigint {
  if (value === 0n) return 0n;
  return round(environment, shape, value < 0n, value < 0n ? -value : value, -fraction, mode);
}
