/**
 * Arithmetic on the registers of the FPU. The host's numbers are IEEE doubles: where the result is a normal number, rounding
 * is to nearest and FZ is off, they give the result, and an exact remainder tells whether it is inexact. All else goes to
 * soft-float.ts. Operands are register numbers: d destination, n and m sources.
 */
import { double, Fpscr, Rounding, roundingMode, single } from './float-format.js';
import type { FloatState } from './float-state.js';
import * as soft from './soft-float.js';

/** The host rounds to nearest and keeps subnormal numbers. */
const unlikeHost = Fpscr.fz | Fpscr.roundingMode;
const leastSingle = 2 ** -126;
const mostSingle = 3.4028234663852886e38;
/** Bounds inside which products of doubles and their remainders are exact (no overflow in the split, no underflow of the error). */
const small = 2 ** -400;
const large = 2 ** 400;
const splitter = 2 ** 27 + 1;

const store32 = (fpu: FloatState, d: number, bits: bigint): void => { fpu.bits32[d] = Number(bits); };
export const bits32 = (fpu: FloatState, register: number): bigint => BigInt(fpu.bits32[register]!);

const normalSingle = (magnitude: number): boolean => magnitude >= leastSingle && magnitude <= mostSingle;
const middling = (value: number): boolean => {
  const magnitude = Math.abs(value);
  return magnitude >= small && magnitude <= large;
};

const infinite = (value: number): boolean => value === Infinity || value === -Infinity;

/** A sum of the host that is exact although it is no normal number: zero, or of an infinity. */
const plainSum = (x: number, y: number, sum: number): boolean => sum === 0 || (infinite(sum) && (infinite(x) || infinite(y)));
/** A product likewise. */
const plainProduct = (x: number, y: number, product: number): boolean => (product === 0 && (x === 0 || y === 0)) || (infinite(product) && (infinite(x) || infinite(y)));
/** A quotient likewise; division by zero has a flag. */
const plainQuotient = (x: number, y: number, quotient: number): boolean => y !== 0 && ((quotient === 0 && (x === 0 || infinite(y))) || (infinite(quotient) && infinite(x)));

/** A sum of a product that is zero or infinite by its operands; no NaN comes out. */
function plainFused(x: number, y: number, addend: number, product: number): boolean {
  const sum = product + addend;
  return !Number.isNaN(sum) && (infinite(x) || infinite(y) || infinite(addend) || x === 0 || y === 0);
}

/** What x + y loses by being rounded to `sum`. */
function sumError(x: number, y: number, sum: number): number {
  const part = sum - x;
  return x - (sum - part) + (y - part);
}

/** What x × y loses by being rounded to `product`; all of middling size. */
function productError(x: number, y: number, product: number): number {
  let scaled = splitter * x;
  const xHigh = scaled - (scaled - x);
  const xLow = x - xHigh;
  scaled = splitter * y;
  const yHigh = scaled - (scaled - y);
  const yLow = y - yHigh;
  return xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
}

// ---- single precision: the double result is exact, or inexact beyond doubt ----

export function addSingle(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.singles[n]!;
  const y = fpu.singles[m]!;
  const sum = x + y;
  const result = Math.fround(sum);
  if ((fpu.fpscr & unlikeHost) === 0 && normalSingle(Math.abs(result))) {
    if ((fpu.fpscr & Fpscr.ixc) === 0 && (result !== sum || sumError(x, y, sum) !== 0)) fpu.fpscr |= Fpscr.ixc;
    fpu.singles[d] = result;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainSum(x, y, sum)) fpu.singles[d] = sum;
  else store32(fpu, d, soft.add(fpu, single, bits32(fpu, n), bits32(fpu, m)));
}

export function subtractSingle(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.singles[n]!;
  const y = fpu.singles[m]!;
  const difference = x - y;
  const result = Math.fround(difference);
  if ((fpu.fpscr & unlikeHost) === 0 && normalSingle(Math.abs(result))) {
    if ((fpu.fpscr & Fpscr.ixc) === 0 && (result !== difference || sumError(x, -y, difference) !== 0)) fpu.fpscr |= Fpscr.ixc;
    fpu.singles[d] = result;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainSum(x, y, difference)) fpu.singles[d] = difference;
  else store32(fpu, d, soft.subtract(fpu, single, bits32(fpu, n), bits32(fpu, m)));
}

export function multiplySingle(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.singles[n]!;
  const y = fpu.singles[m]!;
  const product = x * y;
  const result = Math.fround(product);
  // Tiny is what lies below before rounding.
  if ((fpu.fpscr & unlikeHost) === 0 && Math.abs(product) >= leastSingle && Math.abs(result) <= mostSingle) {
    if (result !== product) fpu.fpscr |= Fpscr.ixc;
    fpu.singles[d] = result;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainProduct(x, y, product)) fpu.singles[d] = product;
  else store32(fpu, d, soft.multiply(fpu, single, bits32(fpu, n), bits32(fpu, m)));
}

export function divideSingle(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.singles[n]!;
  const y = fpu.singles[m]!;
  const quotient = x / y;
  const result = Math.fround(quotient);
  if ((fpu.fpscr & unlikeHost) === 0 && Math.abs(quotient) > leastSingle && Math.abs(result) <= mostSingle) {
    if (result * y !== x) fpu.fpscr |= Fpscr.ixc;
    fpu.singles[d] = result;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainQuotient(x, y, quotient)) fpu.singles[d] = quotient;
  else store32(fpu, d, soft.divide(fpu, single, bits32(fpu, n), bits32(fpu, m)));
}

export function rootSingle(fpu: FloatState, d: number, m: number): void {
  const x = fpu.singles[m]!;
  const result = Math.fround(Math.sqrt(x));
  if ((fpu.fpscr & unlikeHost) === 0 && result > 0 && result <= mostSingle) {
    if (result * result !== x) fpu.fpscr |= Fpscr.ixc;
    fpu.singles[d] = result;
  } else store32(fpu, d, soft.squareRoot(fpu, single, bits32(fpu, m)));
}

const cell = new DataView(new ArrayBuffer(8));

/** A rounded sum and its error as one number that rounds further as the exact sum does: the last bit is odd where anything is lost. */
function roundToOdd(sum: number, error: number): number {
  if (error === 0) return sum;
  cell.setFloat64(0, sum);
  const bits = cell.getBigInt64(0);
  if (bits & 1n) return sum;
  cell.setBigInt64(0, error > 0 === sum > 0 ? bits + 1n : bits - 1n);
  return cell.getFloat64(0);
}

/** d = a + n × m, rounded once; the signs of `n` and `a` may be turned before. */
export function fuseSingle(fpu: FloatState, d: number, n: number, m: number, negateProduct: boolean, negateAddend: boolean): void {
  const addend = negateAddend ? -fpu.singles[d]! : fpu.singles[d]!;
  const x = negateProduct ? -fpu.singles[n]! : fpu.singles[n]!;
  const y = fpu.singles[m]!;
  const product = x * y;
  const sum = product + addend;
  const magnitude = Math.abs(sum);
  if ((fpu.fpscr & unlikeHost) === 0 && magnitude > leastSingle && magnitude <= mostSingle) {
    const error = sumError(product, addend, sum);
    const result = Math.fround(roundToOdd(sum, error));
    if (Math.abs(result) <= mostSingle) {
      if (error !== 0 || result !== sum) fpu.fpscr |= Fpscr.ixc;
      fpu.singles[d] = result;
      return;
    }
  }
  if ((fpu.fpscr & unlikeHost) === 0 && infinite(sum) && (infinite(x) || infinite(y) || infinite(addend))) {
    fpu.singles[d] = sum;
    return;
  }
  const turn = (bits: bigint, negative: boolean): bigint => (negative ? soft.negate(single, bits) : bits);
  store32(fpu, d, soft.multiplyAdd(fpu, single, turn(bits32(fpu, d), negateAddend), turn(bits32(fpu, n), negateProduct), bits32(fpu, m)));
}

// ---- double precision ----

export function addDouble(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.doubles[n]!;
  const y = fpu.doubles[m]!;
  const sum = x + y;
  if ((fpu.fpscr & unlikeHost) === 0 && middling(sum)) {
    if ((fpu.fpscr & Fpscr.ixc) === 0 && sumError(x, y, sum) !== 0) fpu.fpscr |= Fpscr.ixc;
    fpu.doubles[d] = sum;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainSum(x, y, sum)) fpu.doubles[d] = sum;
  else fpu.bits64[d] = soft.add(fpu, double, fpu.bits64[n]!, fpu.bits64[m]!);
}

export function subtractDouble(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.doubles[n]!;
  const y = fpu.doubles[m]!;
  const difference = x - y;
  if ((fpu.fpscr & unlikeHost) === 0 && middling(difference)) {
    if ((fpu.fpscr & Fpscr.ixc) === 0 && sumError(x, -y, difference) !== 0) fpu.fpscr |= Fpscr.ixc;
    fpu.doubles[d] = difference;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainSum(x, y, difference)) fpu.doubles[d] = difference;
  else fpu.bits64[d] = soft.subtract(fpu, double, fpu.bits64[n]!, fpu.bits64[m]!);
}

export function multiplyDouble(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.doubles[n]!;
  const y = fpu.doubles[m]!;
  const product = x * y;
  if ((fpu.fpscr & unlikeHost) === 0 && middling(product) && middling(x) && middling(y)) {
    if ((fpu.fpscr & Fpscr.ixc) === 0 && productError(x, y, product) !== 0) fpu.fpscr |= Fpscr.ixc;
    fpu.doubles[d] = product;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainProduct(x, y, product)) fpu.doubles[d] = product;
  else fpu.bits64[d] = soft.multiply(fpu, double, fpu.bits64[n]!, fpu.bits64[m]!);
}

export function divideDouble(fpu: FloatState, d: number, n: number, m: number): void {
  const x = fpu.doubles[n]!;
  const y = fpu.doubles[m]!;
  const quotient = x / y;
  if ((fpu.fpscr & unlikeHost) === 0 && middling(quotient) && middling(x) && middling(y)) {
    if ((fpu.fpscr & Fpscr.ixc) === 0) {
      const product = quotient * y;
      if (product !== x || productError(quotient, y, product) !== 0) fpu.fpscr |= Fpscr.ixc;
    }
    fpu.doubles[d] = quotient;
  } else if ((fpu.fpscr & unlikeHost) === 0 && plainQuotient(x, y, quotient)) fpu.doubles[d] = quotient;
  else fpu.bits64[d] = soft.divide(fpu, double, fpu.bits64[n]!, fpu.bits64[m]!);
}

export function rootDouble(fpu: FloatState, d: number, m: number): void {
  const x = fpu.doubles[m]!;
  if ((fpu.fpscr & unlikeHost) === 0 && x >= small && x <= large) {
    const root = Math.sqrt(x);
    if ((fpu.fpscr & Fpscr.ixc) === 0) {
      const product = root * root;
      if (product !== x || productError(root, root, product) !== 0) fpu.fpscr |= Fpscr.ixc;
    }
    fpu.doubles[d] = root;
  } else fpu.bits64[d] = soft.squareRoot(fpu, double, fpu.bits64[m]!);
}

/** Likewise for doubles: the product in two parts, all three summed with rounding to odd (Boldo and Melquiond, 2008). */
export function fuseDouble(fpu: FloatState, d: number, n: number, m: number, negateProduct: boolean, negateAddend: boolean): void {
  const addend = negateAddend ? -fpu.doubles[d]! : fpu.doubles[d]!;
  const x = negateProduct ? -fpu.doubles[n]! : fpu.doubles[n]!;
  const y = fpu.doubles[m]!;
  const product = x * y;
  if ((fpu.fpscr & unlikeHost) === 0 && middling(product) && middling(x) && middling(y) && (addend === 0 || middling(addend))) {
    const low = productError(x, y, product);
    const upper = addend + low;
    const upperError = sumError(addend, low, upper);
    const total = product + upper;
    const totalError = sumError(product, upper, total);
    const rest = upperError + totalError;
    const restError = sumError(upperError, totalError, rest);
    const odd = roundToOdd(rest, restError);
    const result = total + odd;
    if (middling(result)) {
      if (restError !== 0 || sumError(total, odd, result) !== 0) fpu.fpscr |= Fpscr.ixc;
      fpu.doubles[d] = result;
      return;
    }
  }
  if ((fpu.fpscr & unlikeHost) === 0 && plainFused(x, y, addend, product)) {
    fpu.doubles[d] = product + addend;
    return;
  }
  const turn = (bits: bigint, negative: boolean): bigint => (negative ? soft.negate(double, bits) : bits);
  fpu.bits64[d] = soft.multiplyAdd(fpu, double, turn(fpu.bits64[d]!, negateAddend), turn(fpu.bits64[n]!, negateProduct), fpu.bits64[m]!);
}

// ---- comparison and conversion ----

/** NZCV of x and y as they are; undefined for a NaN or where subnormal numbers count as zero. */
function plainOrder(fpu: FloatState, x: number, y: number): number | undefined {
  if (fpu.fpscr & Fpscr.fz) return undefined;
  return x < y ? 8 : x > y ? 2 : x === y ? 6 : undefined;
}

const setOrder = (fpu: FloatState, nzcv: number): void => { fpu.fpscr = (fpu.fpscr & 0x0fffffff) | (nzcv << 28); };

/** VCMP and VCMPE; m −1 compares with zero. */
export function compareSingle(fpu: FloatState, n: number, m: number, everyNan: boolean): void {
  const plain = plainOrder(fpu, fpu.singles[n]!, m < 0 ? 0 : fpu.singles[m]!);
  setOrder(fpu, plain ?? soft.compare(fpu, single, bits32(fpu, n), m < 0 ? 0n : bits32(fpu, m), everyNan));
}

export function compareDouble(fpu: FloatState, n: number, m: number, everyNan: boolean): void {
  const plain = plainOrder(fpu, fpu.doubles[n]!, m < 0 ? 0 : fpu.doubles[m]!);
  setOrder(fpu, plain ?? soft.compare(fpu, double, fpu.bits64[n]!, m < 0 ? 0n : fpu.bits64[m]!, everyNan));
}

/** A 32-bit integer of S(d) from a value towards zero; false where flags beside IXC or modes matter. */
export function truncate(fpu: FloatState, d: number, value: number, unsigned: boolean): boolean {
  if (fpu.fpscr & Fpscr.fz || !(unsigned ? value > -1 && value < 4294967296 : value > -2147483649 && value < 2147483648)) return false;
  const integer = Math.trunc(value);
  if (integer !== value) fpu.fpscr |= Fpscr.ixc;
  if (unsigned) fpu.bits32[d] = integer;
  else fpu.words[d] = integer;
  return true;
}

/** An integer of 32 bits in single precision. */
export function integerToSingle(fpu: FloatState, d: number, integer: number): void {
  const result = Math.fround(integer);
  if (result === integer || roundingMode(fpu) === Rounding.nearest) {
    if (result !== integer) fpu.fpscr |= Fpscr.ixc;
    fpu.singles[d] = result;
  } else store32(fpu, d, soft.fromFixed(fpu, single, BigInt(integer), 0, roundingMode(fpu)));
}

/** VCVT.F32.F64. */
export function doubleToSingle(fpu: FloatState, d: number, m: number): void {
  const value = fpu.doubles[m]!;
  const result = Math.fround(value);
  if ((fpu.fpscr & unlikeHost) === 0 && Math.abs(value) >= leastSingle && Math.abs(result) <= mostSingle) {
    if (result !== value) fpu.fpscr |= Fpscr.ixc;
    fpu.singles[d] = result;
  } else store32(fpu, d, soft.convert(fpu, double, single, fpu.bits64[m]!));
}

/** VCVT.F64.F32. */
export function singleToDouble(fpu: FloatState, d: number, m: number): void {
  const value = fpu.singles[m]!;
  if (normalSingle(Math.abs(value))) fpu.doubles[d] = value;
  else fpu.bits64[d] = soft.convert(fpu, single, double, bits32(fpu, m));
}
