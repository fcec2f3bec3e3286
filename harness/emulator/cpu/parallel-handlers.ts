/** DSP data processing: parallel, saturating, extending, selecting (DDI 0403E A4.4.3–A4.4.7). Operands: a = Rd, b = Rn, c = Rm, unless a handler says otherwise. */
import type { Context, Handler } from './context.js';

const low = (x: number): number => (x << 16) >> 16;
const high = (x: number): number => x >> 16;
const byteOf = (x: number, index: number): number => (x << (24 - 8 * index)) >> 24;

/** Clamps to a signed width; sets Q where it had to. */
function saturateSigned(core: Context, value: number, width: number): number {
  const limit = 2 ** (width - 1);
  if (value > limit - 1) { core.qf = 1; return (limit - 1) | 0; }
  if (value < -limit) { core.qf = 1; return -limit | 0; }
  return value | 0;
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

function saturateUnsigned(core: Context, value: number, width: number): number {
  const most = 2 ** width - 1;
  if (value > most || value < 0) core.qf = 1;
  return clamp(value, 0, most) | 0;
}

/** SSAT, USAT: a = Rd | Rn << 4, b = width, c = unsigned | arithmetic right << 1 | amount << 2. */
export const saturate: Handler = (core, a, b, c) => {
  const amount = c >>> 2;
  const source = core.r[(a >>> 4) & 0xf]!;
  const value = c & 2 ? source >> amount : source << amount;
  core.r[a & 0xf] = c & 1 ? saturateUnsigned(core, value, b) : saturateSigned(core, value, b);
};
/** SSAT16, USAT16: a = Rd | Rn << 4, b = width, c = unsigned. */
export const saturate16: Handler = (core, a, b, c) => {
  const source = core.r[(a >>> 4) & 0xf]!;
  const one = c ? saturateUnsigned(core, low(source), b) : saturateSigned(core, low(source), b);
  const two = c ? saturateUnsigned(core, high(source), b) : saturateSigned(core, high(source), b);
  core.r[a & 0xf] = (one & 0xffff) | (two << 16);
};

export const saturatingAdd: Handler = (core, a, b, c) => { core.r[a] = saturateSigned(core, core.r[c]! + core.r[b]!, 32); };
export const saturatingSubtract: Handler = (core, a, b, c) => { core.r[a] = saturateSigned(core, core.r[c]! - core.r[b]!, 32); };
export const saturatingDoubleAdd: Handler = (core, a, b, c) => { core.r[a] = saturateSigned(core, core.r[c]! + saturateSigned(core, 2 * core.r[b]!, 32), 32); };
export const saturatingDoubleSubtract: Handler = (core, a, b, c) => { core.r[a] = saturateSigned(core, core.r[c]! - saturateSigned(core, 2 * core.r[b]!, 32), 32); };

export const select: Handler = (core, a, b, c) => {
  let mask = 0;
  for (let index = 0; index < 4; index += 1) if ((core.ge >>> index) & 1) mask |= 0xff << (8 * index);
  core.r[a] = (core.r[b]! & mask) | (core.r[c]! & ~mask);
};

/** PKHBT, PKHTB: a = Rd | Rn << 4 | Rm << 8, b = top first, c = amount. */
export const pack: Handler = (core, a, b, c) => {
  const n = core.r[(a >>> 4) & 0xf]!;
  const m = core.r[(a >>> 8) & 0xf]!;
  core.r[a & 0xf] = b ? (n & ~0xffff) | ((m >> Math.min(c, 31)) & 0xffff) : (n & 0xffff) | ((m << c) & ~0xffff);
};

/** SXTAB, UXTAH …: a = Rd | Rn << 4 | Rm << 8 (Rn 15: nothing added), b = kind as encoded, c = rotation in bits. */
export const extendAndAdd: Handler = (core, a, b, c) => {
  const n = (a >>> 4) & 0xf;
  const m = core.r[(a >>> 8) & 0xf]!;
  const value = c ? (m >>> c) | (m << (32 - c)) : m;
  const base = n === 15 ? 0 : core.r[n]!;
  const halves = (one: number, two: number): number => ((base + one) & 0xffff) | (((base >>> 16) + two) << 16);
  switch (b) {
    case 0: core.r[a & 0xf] = base + low(value); break;
    case 1: core.r[a & 0xf] = base + (value & 0xffff); break;
    case 2: core.r[a & 0xf] = halves(byteOf(value, 0), byteOf(value, 2)); break;
    case 3: core.r[a & 0xf] = halves(value & 0xff, (value >>> 16) & 0xff); break;
    case 4: core.r[a & 0xf] = base + byteOf(value, 0); break;
    default: core.r[a & 0xf] = base + (value & 0xff);
  }
};

// ---- parallel addition and subtraction (A5.3.13): o = operation, p = prefix ----

const Operation = { add8: 0, add16: 1, asx: 2, sub8: 4, sub16: 5, sax: 6 } as const;
const Prefix = { signed: 0, saturating: 1, halving: 2, unsigned: 4, unsignedSaturating: 5, unsignedHalving: 6 } as const;

export const isParallel = (operation: number, prefix: number): boolean => operation !== 3 && operation !== 7 && prefix !== 3 && prefix !== 7;

/** a = Rd | Rn << 4 | Rm << 8, b = operation, c = prefix. */
export const parallel: Handler = (core, a, b, c) => {
  const n = core.r[(a >>> 4) & 0xf]!;
  const m = core.r[(a >>> 8) & 0xf]!;
  const isSigned = c < Prefix.unsigned;
  let result = 0;
  let ge = 0;
  if (b === Operation.add8 || b === Operation.sub8) {
    for (let index = 0; index < 4; index += 1) {
      const x = isSigned ? byteOf(n, index) : byteOf(n, index) & 0xff;
      const y = isSigned ? byteOf(m, index) : byteOf(m, index) & 0xff;
      const lane = b === Operation.add8 ? x + y : x - y;
      result |= (finish(lane, c, 8) & 0xff) << (8 * index);
      if (greater(lane, b === Operation.add8, isSigned, 8)) ge |= 1 << index;
    }
  } else {
    const part = (x: number, top: boolean): number => (isSigned ? (top ? high(x) : low(x)) : top ? x >>> 16 : x & 0xffff);
    const crossed = b === Operation.asx || b === Operation.sax;
    for (const top of [false, true]) {
      const add = b === Operation.add16 || (b === Operation.asx && top) || (b === Operation.sax && !top);
      const x = part(n, top);
      const y = part(m, crossed ? !top : top);
      const lane = add ? x + y : x - y;
      result |= (finish(lane, c, 16) & 0xffff) << (top ? 16 : 0);
      if (greater(lane, add, isSigned, 16)) ge |= top ? 0xc : 0x3;
    }
  }
  core.r[a & 0xf] = result;
  if (c === Prefix.signed || c === Prefix.unsigned) core.ge = ge;
};

function finish(lane: number, prefix: number, width: number): number {
  const span = 2 ** width;
  switch (prefix) {
    case Prefix.saturating: return clamp(lane, -span / 2, span / 2 - 1);
    case Prefix.unsignedSaturating: return clamp(lane, 0, span - 1);
    case Prefix.halving: case Prefix.unsignedHalving: return lane >> 1;
    default: return lane;
  }
}

/** The GE flag of a lane: no borrow, a carry, or a sum that is not negative. */
const greater = (lane: number, add: boolean, isSigned: boolean, width: number): boolean => (isSigned || !add ? lane >= 0 : lane >= 2 ** width);
