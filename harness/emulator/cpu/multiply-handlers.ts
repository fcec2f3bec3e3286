/** Multiplication and division. Operands: a = Rd | Rn << 4 | Rm << 8 | Ra << 12 (Ra 15: none), b = variant, unless a handler says otherwise. */
import type { Context, Handler } from './context.js';
import { Cfsr, CoreFault, Exception } from './faults.js';

const n = (core: Context, a: number): number => core.r[(a >>> 4) & 0xf]!;
const m = (core: Context, a: number): number => core.r[(a >>> 8) & 0xf]!;
const accumulator = (core: Context, a: number): number => (a >>> 12 === 15 ? 0 : core.r[a >>> 12]!);
const half = (x: number, top: number): number => (top ? x >> 16 : (x << 16) >> 16);
const swapHalves = (x: number): number => (x >>> 16) | (x << 16);

export const multiplyAdd: Handler = (core, a) => {
  // MUL is MLA with Ra 15.
  core.r[a & 0xf] = Math.imul(n(core, a), m(core, a)) + accumulator(core, a);
};
export const multiplySubtract: Handler = (core, a) => { core.r[a & 0xf] = core.r[a >>> 12]! - Math.imul(n(core, a), m(core, a)); };

/** A sum that sets Q where it leaves 32 bits. */
function sumWithQ(core: Context, x: number, y: number): number {
  const sum = x + y;
  if (sum !== (sum | 0)) core.qf = 1;
  return sum;
}

/** SMLAxy: b = top of Rn << 1 | top of Rm. */
export const halfwords: Handler = (core, a, b) => {
  core.r[a & 0xf] = sumWithQ(core, half(n(core, a), b & 2) * half(m(core, a), b & 1), accumulator(core, a));
};
/** SMLAD, SMLSD: b = subtract << 1 | exchange. */
export const dual: Handler = (core, a, b) => {
  const x = n(core, a);
  const y = b & 1 ? swapHalves(m(core, a)) : m(core, a);
  const first = half(x, 0) * half(y, 0);
  const second = half(x, 1) * half(y, 1);
  core.r[a & 0xf] = sumWithQ(core, b & 2 ? first - second : first + second, accumulator(core, a));
};
/** SMLAWy: b = top of Rm. */
export const wordByHalf: Handler = (core, a, b) => {
  core.r[a & 0xf] = sumWithQ(core, Math.floor((n(core, a) * half(m(core, a), b & 1)) / 0x10000), accumulator(core, a));
};
/** SMMLA, SMMLS: b = subtract << 1 | round. */
export const mostSignificant: Handler = (core, a, b) => {
  const product = BigInt(n(core, a)) * BigInt(m(core, a));
  const sum = (BigInt(accumulator(core, a)) << 32n) + (b & 2 ? -product : product) + (b & 1 ? 0x80000000n : 0n);
  core.r[a & 0xf] = Number(BigInt.asIntN(32, sum >> 32n));
};
export const absoluteDifferences: Handler = (core, a) => {
  let sum = accumulator(core, a);
  for (let shift = 0; shift < 32; shift += 8) sum += Math.abs(((n(core, a) >>> shift) & 0xff) - ((m(core, a) >>> shift) & 0xff));
  core.r[a & 0xf] = sum;
};

// ---- 64-bit results: a = RdLo | RdHi << 4 | Rn << 8 | Rm << 12 ----

const longAccumulator = (core: Context, a: number): bigint => (BigInt(core.r[(a >>> 4) & 0xf]!) << 32n) | BigInt(core.r[a & 0xf]! >>> 0);
function putLong(core: Context, a: number, value: bigint): void {
  core.r[a & 0xf] = Number(BigInt.asIntN(32, value));
  core.r[(a >>> 4) & 0xf] = Number(BigInt.asIntN(32, value >> 32n));
}

/** High word of an unsigned product, without big integers: this one is frequent (division by constants). */
function highUnsigned(x: number, y: number): number {
  const xl = x & 0xffff;
  const xh = x >>> 16;
  const yl = y & 0xffff;
  const yh = y >>> 16;
  const middle = xh * yl + Math.floor((xl * yl) / 0x10000);
  const cross = xl * yh + (middle % 0x10000);
  return (xh * yh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) | 0;
}

/** UMULL, SMULL, UMLAL, SMLAL: b = signed << 1 | accumulate. */
export const longMultiply: Handler = (core, a, b) => {
  const x = core.r[(a >>> 8) & 0xf]!;
  const y = core.r[a >>> 12]!;
  let low = Math.imul(x, y);
  let high = highUnsigned(x, y);
  if (b & 2) high = (high - (x < 0 ? y : 0) - (y < 0 ? x : 0)) | 0;
  if (b & 1) {
    const sum = (low >>> 0) + (core.r[a & 0xf]! >>> 0);
    high = (high + core.r[(a >>> 4) & 0xf]! + (sum > 0xffffffff ? 1 : 0)) | 0;
    low = sum | 0;
  }
  core.r[a & 0xf] = low;
  core.r[(a >>> 4) & 0xf] = high;
};
export const longDoubleAccumulate: Handler = (core, a) => {
  const product = BigInt(core.r[(a >>> 8) & 0xf]! >>> 0) * BigInt(core.r[a >>> 12]! >>> 0);
  putLong(core, a, product + BigInt(core.r[a & 0xf]! >>> 0) + BigInt(core.r[(a >>> 4) & 0xf]! >>> 0));
};
/** SMLALxy: b = top of Rn << 1 | top of Rm. */
export const longHalfwords: Handler = (core, a, b) => {
  putLong(core, a, longAccumulator(core, a) + BigInt(half(core.r[(a >>> 8) & 0xf]!, b & 2) * half(core.r[a >>> 12]!, b & 1)));
};
/** SMLALD, SMLSLD: b = subtract << 1 | exchange. */
export const longDual: Handler = (core, a, b) => {
  const x = core.r[(a >>> 8) & 0xf]!;
  const y = b & 1 ? swapHalves(core.r[a >>> 12]!) : core.r[a >>> 12]!;
  const first = half(x, 0) * half(y, 0);
  const second = half(x, 1) * half(y, 1);
  putLong(core, a, longAccumulator(core, a) + BigInt(b & 2 ? first - second : first + second));
};

// ---- division: a = Rd, b = Rn, c = Rm ----

function divisor(core: Context, c: number): number {
  const value = core.r[c]!;
  if (value === 0 && core.system.ccr & 0x10) throw new CoreFault(Exception.usageFault, Cfsr.divbyzero);
  return value;
}
export const signedDivide: Handler = (core, a, b, c) => {
  const by = divisor(core, c);
  core.r[a] = by === 0 ? 0 : core.r[b]! / by;
};
export const unsignedDivide: Handler = (core, a, b, c) => {
  const by = divisor(core, c);
  core.r[a] = by === 0 ? 0 : ((core.r[b]! >>> 0) / (by >>> 0)) >>> 0;
};
