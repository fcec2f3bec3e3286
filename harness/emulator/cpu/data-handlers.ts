/** Data processing. Operands: a = Rd, b = Rn, c = immediate or Rm, unless a handler says otherwise. */
import { addWithFlags, immediateAmount, logical, shiftCarry, Shift, shifted, subtractWithFlags } from './arithmetic.js';
import type { Context, Handler } from './context.js';

/** Operation codes of A5.3.1 as they stand in bits 24:21 of the 32-bit encodings. */
export const Dp = { and: 0, bic: 1, orr: 2, orn: 3, eor: 4, add: 8, adc: 10, sbc: 11, sub: 13, rsb: 14 } as const;

export const moveImmediate: Handler = (core, a, b) => {
  core.r[a] = b;
};
export const moveImmediateFlags: Handler = (core, a, b) => {
  core.r[a] = logical(core, b);
};
export const moveRegister: Handler = (core, a, _b, c) => {
  core.r[a] = core.r[c]!;
};
export const moveRegisterFlags: Handler = (core, a, _b, c) => {
  core.r[a] = logical(core, core.r[c]!);
};

/** With an immediate. */
export const immediate: Readonly<Record<number, Handler>> = {
  [Dp.and]: (core, a, b, c) => { core.r[a] = core.r[b]! & c; },
  [Dp.bic]: (core, a, b, c) => { core.r[a] = core.r[b]! & ~c; },
  [Dp.orr]: (core, a, b, c) => { core.r[a] = core.r[b]! | c; },
  [Dp.orn]: (core, a, b, c) => { core.r[a] = core.r[b]! | ~c; },
  [Dp.eor]: (core, a, b, c) => { core.r[a] = core.r[b]! ^ c; },
  [Dp.add]: (core, a, b, c) => { core.r[a] = core.r[b]! + c; },
  [Dp.adc]: (core, a, b, c) => { core.r[a] = core.r[b]! + c + core.cf; },
  [Dp.sbc]: (core, a, b, c) => { core.r[a] = core.r[b]! - c - (1 - core.cf); },
  [Dp.sub]: (core, a, b, c) => { core.r[a] = core.r[b]! - c; },
  [Dp.rsb]: (core, a, b, c) => { core.r[a] = c - core.r[b]!; },
};
export const immediateFlags: Readonly<Record<number, Handler>> = {
  [Dp.and]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! & c); },
  [Dp.bic]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! & ~c); },
  [Dp.orr]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! | c); },
  [Dp.orn]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! | ~c); },
  [Dp.eor]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! ^ c); },
  [Dp.add]: (core, a, b, c) => { core.r[a] = addWithFlags(core, core.r[b]!, c, 0); },
  [Dp.adc]: (core, a, b, c) => { core.r[a] = addWithFlags(core, core.r[b]!, c, core.cf); },
  [Dp.sbc]: (core, a, b, c) => { core.r[a] = addWithFlags(core, core.r[b]!, ~c, core.cf); },
  [Dp.sub]: (core, a, b, c) => { core.r[a] = subtractWithFlags(core, core.r[b]!, c); },
  [Dp.rsb]: (core, a, b, c) => { core.r[a] = subtractWithFlags(core, c, core.r[b]!); },
};

/** With an unshifted register. */
export const register: Readonly<Record<number, Handler>> = {
  [Dp.and]: (core, a, b, c) => { core.r[a] = core.r[b]! & core.r[c]!; },
  [Dp.bic]: (core, a, b, c) => { core.r[a] = core.r[b]! & ~core.r[c]!; },
  [Dp.orr]: (core, a, b, c) => { core.r[a] = core.r[b]! | core.r[c]!; },
  [Dp.orn]: (core, a, b, c) => { core.r[a] = core.r[b]! | ~core.r[c]!; },
  [Dp.eor]: (core, a, b, c) => { core.r[a] = core.r[b]! ^ core.r[c]!; },
  [Dp.add]: (core, a, b, c) => { core.r[a] = core.r[b]! + core.r[c]!; },
  [Dp.adc]: (core, a, b, c) => { core.r[a] = core.r[b]! + core.r[c]! + core.cf; },
  [Dp.sbc]: (core, a, b, c) => { core.r[a] = core.r[b]! - core.r[c]! - (1 - core.cf); },
  [Dp.sub]: (core, a, b, c) => { core.r[a] = core.r[b]! - core.r[c]!; },
  [Dp.rsb]: (core, a, b, c) => { core.r[a] = core.r[c]! - core.r[b]!; },
};
export const registerFlags: Readonly<Record<number, Handler>> = {
  [Dp.and]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! & core.r[c]!); },
  [Dp.bic]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! & ~core.r[c]!); },
  [Dp.orr]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! | core.r[c]!); },
  [Dp.orn]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! | ~core.r[c]!); },
  [Dp.eor]: (core, a, b, c) => { core.r[a] = logical(core, core.r[b]! ^ core.r[c]!); },
  [Dp.add]: (core, a, b, c) => { core.r[a] = addWithFlags(core, core.r[b]!, core.r[c]!, 0); },
  [Dp.adc]: (core, a, b, c) => { core.r[a] = addWithFlags(core, core.r[b]!, core.r[c]!, core.cf); },
  [Dp.sbc]: (core, a, b, c) => { core.r[a] = addWithFlags(core, core.r[b]!, ~core.r[c]!, core.cf); },
  [Dp.sub]: (core, a, b, c) => { core.r[a] = subtractWithFlags(core, core.r[b]!, core.r[c]!); },
  [Dp.rsb]: (core, a, b, c) => { core.r[a] = subtractWithFlags(core, core.r[c]!, core.r[b]!); },
};

// Compare and test: a = Rn, b = immediate or Rm.
export const compareImmediate: Handler = (core, a, b) => { subtractWithFlags(core, core.r[a]!, b); };
export const compareRegister: Handler = (core, a, b) => { subtractWithFlags(core, core.r[a]!, core.r[b]!); };
export const compareNegativeImmediate: Handler = (core, a, b) => { addWithFlags(core, core.r[a]!, b, 0); };
export const compareNegativeRegister: Handler = (core, a, b) => { addWithFlags(core, core.r[a]!, core.r[b]!, 0); };
export const testImmediate: Handler = (core, a, b) => { logical(core, core.r[a]! & b); };
export const testRegister: Handler = (core, a, b) => { logical(core, core.r[a]! & core.r[b]!); };
export const testEquivalenceImmediate: Handler = (core, a, b) => { logical(core, core.r[a]! ^ b); };
export const testEquivalenceRegister: Handler = (core, a, b) => { logical(core, core.r[a]! ^ core.r[b]!); };

// ---- shifts ----

/** Immediate shift of a register, flags: a = Rd, b = Rm, c = type | amount << 2 (amount 1…32). */
export const shiftImmediateFlags: Handler = (core, a, b, c) => {
  const value = core.r[b]!;
  core.cf = shiftCarry(value, c & 3, c >>> 2, core.cf);
  core.r[a] = logical(core, shifted(value, c & 3, c >>> 2));
};
export const shiftImmediateBy: Readonly<Record<number, Handler>> = {
  [Shift.lsl]: (core, a, b, c) => { core.r[a] = core.r[b]! << c; },
  [Shift.lsr]: (core, a, b, c) => { core.r[a] = c < 32 ? core.r[b]! >>> c : 0; },
  [Shift.asr]: (core, a, b, c) => { core.r[a] = core.r[b]! >> (c < 32 ? c : 31); },
  [Shift.ror]: (core, a, b, c) => { core.r[a] = (core.r[b]! >>> c) | (core.r[b]! << (32 - c)); },
};
/** Shift by a register: a = Rd, b = Rn | type << 4, c = Rm. */
export const shiftRegister: Handler = (core, a, b, c) => {
  core.r[a] = shifted(core.r[b & 0xf]!, b >>> 4, core.r[c]! & 0xff);
};
export const shiftRegisterFlags: Handler = (core, a, b, c) => {
  const value = core.r[b & 0xf]!;
  const amount = core.r[c]! & 0xff;
  core.cf = shiftCarry(value, b >>> 4, amount, core.cf);
  core.r[a] = logical(core, shifted(value, b >>> 4, amount));
};
export const rotateExtend: Handler = (core, a, b) => {
  core.r[a] = (core.cf << 31) | (core.r[b]! >>> 1);
};
export const rotateExtendFlags: Handler = (core, a, b) => {
  const value = core.r[b]!;
  const result = (core.cf << 31) | (value >>> 1);
  core.cf = value & 1;
  core.r[a] = logical(core, result);
};

// ---- shifted register operand: a = Rd | Rn << 4 | Rm << 8, b = operation (bit 4: no result kept, bit 5: Rn is 0), c = type | amount << 2 | rrx << 9 ----

function operate(core: Context, operation: number, x: number, y: number): number {
  switch (operation) {
    case Dp.and: return x & y;
    case Dp.bic: return x & ~y;
    case Dp.orr: return x | y;
    case Dp.orn: return x | ~y;
    case Dp.eor: return x ^ y;
    case Dp.add: return (x + y) | 0;
    case Dp.adc: return (x + y + core.cf) | 0;
    case Dp.sbc: return (x - y - (1 - core.cf)) | 0;
    case Dp.sub: return (x - y) | 0;
    default: return (y - x) | 0;
  }
}

function operateWithFlags(core: Context, operation: number, x: number, y: number, carry: number): number {
  switch (operation) {
    case Dp.add: return addWithFlags(core, x, y, 0);
    case Dp.adc: return addWithFlags(core, x, y, core.cf);
    case Dp.sbc: return addWithFlags(core, x, ~y, core.cf);
    case Dp.sub: return subtractWithFlags(core, x, y);
    case Dp.rsb: return subtractWithFlags(core, y, x);
    default:
      core.cf = carry;
      return logical(core, operate(core, operation, x, y));
  }
}

const rrx = (core: Context, value: number): number => (core.cf << 31) | (value >>> 1);

export const shiftedOperand: Handler = (core, a, b, c) => {
  const value = core.r[(a >>> 8) & 0xf]!;
  const y = c >>> 9 ? rrx(core, value) : shifted(value, c & 3, (c >>> 2) & 0x7f);
  core.r[a & 0xf] = operate(core, b & 0xf, b & 0x20 ? 0 : core.r[(a >>> 4) & 0xf]!, y);
};
export const shiftedOperandFlags: Handler = (core, a, b, c) => {
  const value = core.r[(a >>> 8) & 0xf]!;
  const y = c >>> 9 ? rrx(core, value) : shifted(value, c & 3, (c >>> 2) & 0x7f);
  const carry = c >>> 9 ? value & 1 : shiftCarry(value, c & 3, (c >>> 2) & 0x7f, core.cf);
  const result = operateWithFlags(core, b & 0xf, b & 0x20 ? 0 : core.r[(a >>> 4) & 0xf]!, y, carry);
  if (!(b & 0x10)) core.r[a & 0xf] = result;
};
export const shiftOperand = (type: number, amount: number): number =>
  type === Shift.ror && amount === 0 ? 1 << 9 : type | (immediateAmount(type, amount) << 2);

// ---- extension, bit fields, reversal: a = Rd, b = Rm (c as said) ----

export const signExtendByte: Handler = (core, a, b) => { core.r[a] = (core.r[b]! << 24) >> 24; };
export const signExtendHalf: Handler = (core, a, b) => { core.r[a] = (core.r[b]! << 16) >> 16; };
export const zeroExtendByte: Handler = (core, a, b) => { core.r[a] = core.r[b]! & 0xff; };
export const zeroExtendHalf: Handler = (core, a, b) => { core.r[a] = core.r[b]! & 0xffff; };
export const reverseBytes: Handler = (core, a, b) => {
  const x = core.r[b]!;
  core.r[a] = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
};
export const reverseBytes16: Handler = (core, a, b) => {
  const x = core.r[b]!;
  core.r[a] = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff);
};
export const reverseBytesSignedHalf: Handler = (core, a, b) => {
  const x = core.r[b]!;
  core.r[a] = (((x & 0xff) << 24) >> 16) | ((x >>> 8) & 0xff);
};
export const reverseBits: Handler = (core, a, b) => {
  let x = core.r[b]!;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  core.r[a] = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
};
export const countLeadingZeros: Handler = (core, a, b) => { core.r[a] = Math.clz32(core.r[b]!); };
/** MOVT: c = imm16. */
export const moveTop: Handler = (core, a, _b, c) => { core.r[a] = (core.r[a]! & 0xffff) | (c << 16); };
/** UBFX: c = lsb | width << 5. */
export const unsignedField: Handler = (core, a, b, c) => {
  const width = c >>> 5;
  const value = core.r[b]! >>> (c & 31);
  core.r[a] = width === 32 ? value : value & ((1 << width) - 1);
};
export const signedField: Handler = (core, a, b, c) => {
  const width = c >>> 5;
  core.r[a] = (core.r[b]! << (32 - width - (c & 31))) >> (32 - width);
};
/** BFI: c = lsb | width << 5; b = Rn, or 15 for BFC. */
export const insertField: Handler = (core, a, b, c) => {
  const lsb = c & 31;
  const mask = (c >>> 5 === 32 ? -1 : (1 << (c >>> 5)) - 1) << lsb;
  const source = b === 15 ? 0 : core.r[b]! << lsb;
  core.r[a] = (core.r[a]! & ~mask) | (source & mask);
};

export const moveNot: Handler = (core, a, b) => { core.r[a] = ~core.r[b]!; };
export const moveNotFlags: Handler = (core, a, b) => { core.r[a] = logical(core, ~core.r[b]!); };
export const multiply: Handler = (core, a, b, c) => { core.r[a] = Math.imul(core.r[b]!, core.r[c]!); };
export const multiplyFlags: Handler = (core, a, b, c) => { core.r[a] = logical(core, Math.imul(core.r[b]!, core.r[c]!)); };
// Bits 1:0 of SP read as zero and ignore writes (B1.4.1).
export const addToStackPointer: Handler = (core, _a, b, c) => { core.r[13] = (core.r[b]! + core.r[c]!) & ~3; };
export const moveToStackPointer: Handler = (core, _a, _b, c) => { core.r[13] = core.r[c]! & ~3; };

/** Handlers that are made around another one: which, and what they add to it. */
export const wrappers = new WeakMap<Handler, { readonly handler: Handler; readonly carry: boolean }>();
function wrap(handler: Handler, carry: boolean, wrapper: Handler): Handler {
  wrappers.set(wrapper, { handler, carry });
  return wrapper;
}

/** Logical operation with a rotated immediate that also sets C: a = Rd | carry << 4, b = Rn, c = immediate. */
export const withCarry = (handler: Handler): Handler => wrap(handler, true, (core, a, b, c) => {
  core.cf = a >>> 4;
  handler(core, a & 0xf, b, c);
});
/** Results that go to SP lose bits 1:0. */
export const alignStackPointer = (handler: Handler): Handler => wrap(handler, false, (core, a, b, c) => {
  handler(core, a, b, c);
  core.r[13] = core.r[13]! & ~3;
});
