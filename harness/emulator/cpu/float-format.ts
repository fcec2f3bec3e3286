/** Numbers of IEEE 754 as FPv5 has them: unpacking and rounding with exact integers (DDI 0403E A2.5, pseudocode FPUnpack, FPRound, FPProcessNaN). */

/** Where flags are noted and modes are read: FPSCR as it is read and written by VMRS and VMSR. */
export interface FloatEnvironment {
  fpscr: number;
}

/** Bits of FPSCR (A2.5.3). */
export const Fpscr = {
  ioc: 0x01, dzc: 0x02, ofc: 0x04, ufc: 0x08, ixc: 0x10, idc: 0x80,
  roundingMode: 0x00c00000, fz: 0x01000000, dn: 0x02000000, ahp: 0x04000000,
} as const;

/** Rounding modes: the first four as FPSCR.RMode counts them, then ties away from zero (VCVTA, VRINTA). */
export const Rounding = { nearest: 0, up: 1, down: 2, zero: 3, away: 4 } as const;

export interface FloatFormat {
  readonly width: bigint;
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
  readonly signBit: bigint;
  readonly fractionMask: bigint;
  readonly infinity: bigint;
  readonly defaultNan: bigint;
  readonly quietBit: bigint;
}

function format(width: number, exponentBits: number): FloatFormat {
  const fractionBits = width - exponentBits - 1;
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << BigInt(fractionBits);
  const quietBit = 1n << BigInt(fractionBits - 1);
  return {
    width: BigInt(width), exponentBits, fractionBits, bias: (1 << (exponentBits - 1)) - 1, signBit: 1n << BigInt(width - 1),
    fractionMask: (1n << BigInt(fractionBits)) - 1n, infinity, defaultNan: infinity | quietBit, quietBit,
  };
}

export const half = format(16, 5);
export const single = format(32, 8);
export const double = format(64, 11);

export const Kind = { zero: 0, finite: 1, infinity: 2, quiet: 3, signalling: 4 } as const;

/** A finite value is `mantissa` × 2^`exponent`. */
export interface Unpacked {
  readonly kind: number;
  readonly sign: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly bits: bigint;
}

export const roundingMode = (environment: FloatEnvironment): number => (environment.fpscr & Fpscr.roundingMode) >>> 22;
const isHalf = (shape: FloatFormat): boolean => shape.width === 16n;
const alternative = (environment: FloatEnvironment, shape: FloatFormat): boolean => isHalf(shape) && (environment.fpscr & Fpscr.ahp) !== 0;

export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(parseInt(digits[0]!, 16)) + 28;
}

/** FPUnpack: a subnormal input is zero with FZ, noted as IDC; half precision is never flushed. */
export function unpack(environment: FloatEnvironment, shape: FloatFormat, bits: bigint): Unpacked {
  const sign = (bits & shape.signBit) !== 0n;
  const fraction = bits & shape.fractionMask;
  const exponent = Number((bits & shape.infinity) >> BigInt(shape.fractionBits));
  const make = (kind: number, mantissa = 0n, power = 0): Unpacked => ({ kind, sign, mantissa, exponent: power, bits });
  if (exponent === 0) {
    if (fraction === 0n) return make(Kind.zero);
    if (environment.fpscr & Fpscr.fz && !isHalf(shape)) {
      environment.fpscr |= Fpscr.idc;
      return make(Kind.zero);
    }
    return make(Kind.finite, fraction, 1 - shape.bias - shape.fractionBits);
  }
  if (exponent === (1 << shape.exponentBits) - 1 && !alternative(environment, shape)) {
    if (fraction === 0n) return make(Kind.infinity);
    return make(fraction & shape.quietBit ? Kind.quiet : Kind.signalling);
  }
  return make(Kind.finite, fraction | (1n << BigInt(shape.fractionBits)), exponent - shape.bias - shape.fractionBits);
}

const signed = (shape: FloatFormat, sign: boolean, magnitude: bigint): bigint => (sign ? shape.signBit | magnitude : magnitude);
export const zero = (shape: FloatFormat, sign: boolean): bigint => signed(shape, sign, 0n);
export const infinity = (shape: FloatFormat, sign: boolean): bigint => signed(shape, sign, shape.infinity);

/** IOC and the default NaN. */
export function invalid(environment: FloatEnvironment, shape: FloatFormat): bigint {
  environment.fpscr |= Fpscr.ioc;
  return shape.defaultNan;
}

/** FPProcessNaNs: the first signalling operand decides, else the first quiet one; undefined where no operand is a NaN. */
export function processNans(environment: FloatEnvironment, shape: FloatFormat, operands: readonly Unpacked[]): bigint | undefined {
  const chosen = operands.find(({ kind }) => kind === Kind.signalling) ?? operands.find(({ kind }) => kind === Kind.quiet);
  if (!chosen) return undefined;
  if (chosen.kind === Kind.signalling) environment.fpscr |= Fpscr.ioc;
  return environment.fpscr & Fpscr.dn ? shape.defaultNan : chosen.bits | shape.quietBit;
}

/** Whether a value with a remainder of `twice` halves of the last place (compared with 2) is rounded away from zero. */
function roundsAway(mode: number, sign: boolean, odd: boolean, error: number): boolean {
  switch (mode) {
    case Rounding.nearest: return error > 2 || (error === 2 && odd);
    case Rounding.up: return error !== 0 && !sign;
    case Rounding.down: return error !== 0 && sign;
    case Rounding.zero: return false;
    default: return error >= 2;
  }
}

/** `mantissa` / 2^`shift` as an integer by a rounding mode; `inexact` where bits were lost. */
export function shiftRounded(mantissa: bigint, shift: number, sign: boolean, mode: number): { readonly value: bigint; readonly inexact: boolean } {
  if (shift <= 0) return { value: mantissa << BigInt(-shift), inexact: false };
  const value = mantissa >> BigInt(shift);
  const rest = mantissa - (value << BigInt(shift));
  const middle = 1n << BigInt(shift - 1);
  const error = rest === 0n ? 0 : rest < middle ? 1 : rest === middle ? 2 : 3;
  return { value: roundsAway(mode, sign, (value & 1n) === 1n, error) ? value + 1n : value, inexact: error !== 0 };
}

/** FPRound: ±`mantissa` × 2^`exponent` (not zero) in a format, with every flag that this raises. Tininess is seen before rounding. */
export function round(environment: FloatEnvironment, shape: FloatFormat, sign: boolean, mantissa: bigint, exponent: number, mode = roundingMode(environment)): bigint {
  const power = exponent + bitLength(mantissa) - 1;
  const least = 1 - shape.bias;
  const tiny = power < least;
  if (tiny && environment.fpscr & Fpscr.fz && !isHalf(shape)) {
    environment.fpscr |= Fpscr.ufc;
    return zero(shape, sign);
  }
  const { value, inexact } = shiftRounded(mantissa, (tiny ? least : power) - shape.fractionBits - exponent, sign, mode);
  if (tiny && inexact) environment.fpscr |= Fpscr.ufc;
  // The hidden bit of `value` adds one to the exponent; so does a carry out of the fraction.
  const magnitude = tiny ? value : (BigInt(power - least) << BigInt(shape.fractionBits)) + value;
  if (alternative(environment, shape)) {
    if (magnitude >= shape.signBit) {
      environment.fpscr |= Fpscr.ioc;
      return signed(shape, sign, shape.signBit - 1n);
    }
  } else if (magnitude >= shape.infinity) {
    environment.fpscr |= Fpscr.ofc | Fpscr.ixc;
    const toInfinity = mode === Rounding.nearest || mode === Rounding.away || (mode === Rounding.up && !sign) || (mode === Rounding.down && sign);
    return signed(shape, sign, toInfinity ? shape.infinity : shape.infinity - 1n);
  }
  if (inexact) environment.fpscr |= Fpscr.ixc;
  return signed(shape, sign, magnitude);
}
