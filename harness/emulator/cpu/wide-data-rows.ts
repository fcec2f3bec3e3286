/** 32-bit data processing (DDI 0403E A5.3.1, A5.3.3, A5.3.11, A5.3.12, A5.3.13, A5.3.15). */
import { Shift } from './arithmetic.js';
import * as data from './data-handlers.js';
import { Dp, shiftOperand } from './data-handlers.js';
import type { Handler } from './context.js';
import { expandImmediate } from './expand-immediate.js';
import * as parallel from './parallel-handlers.js';
import type { Fields, Operation, Place, Row } from './rows.js';

const isLogical = (operation: number): boolean => operation <= Dp.eor;

/** Data processing with a modified immediate. */
const modified = (operation: number) => ({ s, n, d, i }: Fields, { at }: Place): Operation => {
  const { value, carry } = expandImmediate(i!);
  if (d === 15 && s) return compare(operation, n!, value, carry);
  if (d === 15) return undefined;
  if (n === 15 && (operation === Dp.orr || operation === Dp.orn)) {
    const moved = operation === Dp.orr ? value : ~value;
    return s ? flagged(carry, data.moveImmediateFlags, d!, moved, 0) : [data.moveImmediate, d, moved];
  }
  if (n === 15 && !s && (operation === Dp.add || operation === Dp.sub)) return [data.moveImmediate, d, ((at + 4) & ~3) + (operation === Dp.add ? value : -value)];
  const handler = (s ? data.immediateFlags : data.immediate)[operation];
  if (!handler) return undefined;
  if (s && isLogical(operation)) return flagged(carry, handler, d!, n!, value);
  return [d === 13 ? data.alignStackPointer(handler) : handler, d!, n!, value];
};

function flagged(carry: -1 | 0 | 1, handler: Handler, a: number, b: number, c: number): Operation {
  return carry < 0 ? [handler, a, b, c] : [data.withCarry(handler), a | (carry << 4), b, c];
}

function compare(operation: number, n: number, value: number, carry: -1 | 0 | 1): Operation {
  switch (operation) {
    case Dp.and: return flagged(carry, data.testImmediate, n, value, 0);
    case Dp.eor: return flagged(carry, data.testEquivalenceImmediate, n, value, 0);
    case Dp.add: return [data.compareNegativeImmediate, n, value];
    case Dp.sub: return [data.compareImmediate, n, value];
    default: return undefined;
  }
}

/** Data processing with a shifted register. */
const shiftedRegister = (operation: number) => ({ s, n, d, m, i, t }: Fields): Operation => {
  const plain = t === Shift.lsl && i === 0;
  if (d === 15) {
    if (!s || !(operation === Dp.and || operation === Dp.eor || operation === Dp.add || operation === Dp.sub)) return undefined;
    return [data.shiftedOperandFlags, (n! << 4) | (m! << 8), operation | 0x10, shiftOperand(t!, i!)];
  }
  if (n === 15) {
    if (operation === Dp.orr) return move(d!, m!, t!, i!, s!);
    if (operation !== Dp.orn) return undefined;
    if (plain) return [s ? data.moveNotFlags : data.moveNot, d, m];
    return [s ? data.shiftedOperandFlags : data.shiftedOperand, d! | (m! << 8), operation | 0x20, shiftOperand(t!, i!)];
  }
  const handler = plain ? (s ? data.registerFlags : data.register)[operation]! : s ? data.shiftedOperandFlags : data.shiftedOperand;
  const result = d === 13 ? data.alignStackPointer(handler) : handler;
  return plain ? [result, d!, n!, m!] : [result, d! | (n! << 4) | (m! << 8), operation, shiftOperand(t!, i!)];
};

function move(d: number, m: number, type: number, amount: number, s: number): Operation {
  const to = d === 13 ? data.alignStackPointer : (handler: Handler): Handler => handler;
  if (type === Shift.lsl && amount === 0) return [to(s ? data.moveRegisterFlags : data.moveRegister), d, 0, m];
  if (type === Shift.ror && amount === 0) return [s ? data.rotateExtendFlags : data.rotateExtend, d, m];
  const by = shiftOperand(type, amount) >>> 2;
  return s ? [data.shiftImmediateFlags, d, m, type | (by << 2)] : [data.shiftImmediateBy[type]!, d, m, by];
}

const operations: readonly (readonly [string, number, string])[] = [
  ['AND', Dp.and, '0000'], ['BIC', Dp.bic, '0001'], ['ORR', Dp.orr, '0010'], ['ORN', Dp.orn, '0011'], ['EOR', Dp.eor, '0100'],
  ['ADD', Dp.add, '1000'], ['ADC', Dp.adc, '1010'], ['SBC', Dp.sbc, '1011'], ['SUB', Dp.sub, '1101'], ['RSB', Dp.rsb, '1110'],
];

/** Rn 15: the plain extension, else extend and add. */
const extend = (kind: number, plain: Handler | undefined) => ({ n, d, m, i }: Fields): Operation =>
  n === 15 && i === 0 && plain ? [plain, d, m] : [parallel.extendAndAdd, d! | (n! << 4) | (m! << 8), kind, i! * 8];
const unary = (handler: Handler) => ({ d, m, n }: Fields): Operation => (n === m ? [handler, d, m] : undefined);
const byRegister = (type: number) => ({ s, n, d, m }: Fields): Operation => [s ? data.shiftRegisterFlags : data.shiftRegister, d, n! | (type << 4), m];
// ASR by 0 is SSAT16 or USAT16, whose bits 5:4 are zero.
const saturate = (unsignedKind: boolean) => ({ s, n, d, i, w }: Fields): Operation => s && i === 0 ? undefined : [parallel.saturate, d! | (n! << 4), unsignedKind ? w! : w! + 1, (unsignedKind ? 1 : 0) | (s! << 1) | (i! << 2)];
const three = (handler: Handler) => ({ n, d, m }: Fields): Operation => [handler, d, n, m];

export const wideDataRows: readonly Row[] = [
  ...operations.map(([name, operation, code]): Row => ({ name: `${name} (immediate) modified`, bits: `11110 i 0 ${code} s nnnn 0 iii dddd iiiiiiii`, emit: modified(operation) })),
  ...operations.map(([name, operation, code]): Row => ({ name: `${name} (register) T2`, bits: `11101 01 ${code} s nnnn 0 iii dddd ii tt mmmm`, emit: shiftedRegister(operation) })),
  { name: 'PKHBT/PKHTB T1', bits: '11101 01 0110 0 nnnn 0 iii dddd ii t 0 mmmm', emit: ({ n, d, m, i, t }) => [parallel.pack, d! | (n! << 4) | (m! << 8), t, t && i === 0 ? 32 : i] },
  { name: 'ADD (immediate) T4', bits: '11110 i 100000 nnnn 0 iii dddd iiiiiiii', emit: ({ n, d, i }, { at }) => plainImmediate(Dp.add, n!, d!, i!, at) },
  { name: 'SUB (immediate) T4', bits: '11110 i 101010 nnnn 0 iii dddd iiiiiiii', emit: ({ n, d, i }, { at }) => plainImmediate(Dp.sub, n!, d!, i!, at) },
  { name: 'MOV (immediate) T3', bits: '11110 i 100100 iiii 0 jjj dddd jjjjjjjj', emit: ({ d, i, j }) => [data.moveImmediate, d, wideImmediate(i!, j!)] },
  { name: 'MOVT T1', bits: '11110 i 101100 iiii 0 jjj dddd jjjjjjjj', emit: ({ d, i, j }) => [data.moveTop, d, 0, wideImmediate(i!, j!)] },
  { name: 'SSAT T1', bits: '11110 0 1100 s 0 nnnn 0 iii dddd ii 0 wwwww', emit: saturate(false) },
  { name: 'SSAT16 T1', bits: '11110 0 110010 nnnn 0000 dddd 00 00 wwww', emit: ({ n, d, w }) => [parallel.saturate16, d! | (n! << 4), w! + 1, 0] },
  { name: 'USAT T1', bits: '11110 0 1110 s 0 nnnn 0 iii dddd ii 0 wwwww', emit: saturate(true) },
  { name: 'USAT16 T1', bits: '11110 0 111010 nnnn 0000 dddd 00 00 wwww', emit: ({ n, d, w }) => [parallel.saturate16, d! | (n! << 4), w, 1] },
  { name: 'SBFX T1', bits: '11110 0 110100 nnnn 0 iii dddd ii 0 wwwww', emit: ({ n, d, i, w }) => (i! + w! > 31 ? undefined : [data.signedField, d, n, i! | ((w! + 1) << 5)]) },
  { name: 'UBFX T1', bits: '11110 0 111100 nnnn 0 iii dddd ii 0 wwwww', emit: ({ n, d, i, w }) => (i! + w! > 31 ? undefined : [data.unsignedField, d, n, i! | ((w! + 1) << 5)]) },
  { name: 'BFI/BFC T1', bits: '11110 0 110110 nnnn 0 iii dddd ii 0 wwwww', emit: ({ n, d, i, w }) => (w! < i! ? undefined : [data.insertField, d, n, i! | ((w! - i! + 1) << 5)]) },
  { name: 'LSL (register) T2', bits: '11111010 000 s nnnn 1111 dddd 0000 mmmm', emit: byRegister(Shift.lsl) },
  { name: 'LSR (register) T2', bits: '11111010 001 s nnnn 1111 dddd 0000 mmmm', emit: byRegister(Shift.lsr) },
  { name: 'ASR (register) T2', bits: '11111010 010 s nnnn 1111 dddd 0000 mmmm', emit: byRegister(Shift.asr) },
  { name: 'ROR (register) T2', bits: '11111010 011 s nnnn 1111 dddd 0000 mmmm', emit: byRegister(Shift.ror) },
  { name: 'SXTAH/SXTH T2', bits: '11111010 0000 nnnn 1111 dddd 10 ii mmmm', emit: extend(0, data.signExtendHalf) },
  { name: 'UXTAH/UXTH T2', bits: '11111010 0001 nnnn 1111 dddd 10 ii mmmm', emit: extend(1, data.zeroExtendHalf) },
  { name: 'SXTAB16/SXTB16 T1', bits: '11111010 0010 nnnn 1111 dddd 10 ii mmmm', emit: extend(2, undefined) },
  { name: 'UXTAB16/UXTB16 T1', bits: '11111010 0011 nnnn 1111 dddd 10 ii mmmm', emit: extend(3, undefined) },
  { name: 'SXTAB/SXTB T2', bits: '11111010 0100 nnnn 1111 dddd 10 ii mmmm', emit: extend(4, data.signExtendByte) },
  { name: 'UXTAB/UXTB T2', bits: '11111010 0101 nnnn 1111 dddd 10 ii mmmm', emit: extend(5, data.zeroExtendByte) },
  { name: 'parallel add and subtract T1', bits: '11111010 1 ooo nnnn 1111 dddd 0 ppp mmmm', emit: ({ n, d, m, o, p }) => (parallel.isParallel(o!, p!) ? [parallel.parallel, d! | (n! << 4) | (m! << 8), o, p] : undefined) },
  { name: 'QADD T1', bits: '11111010 1000 nnnn 1111 dddd 1000 mmmm', emit: three(parallel.saturatingAdd) },
  { name: 'QDADD T1', bits: '11111010 1000 nnnn 1111 dddd 1001 mmmm', emit: three(parallel.saturatingDoubleAdd) },
  { name: 'QSUB T1', bits: '11111010 1000 nnnn 1111 dddd 1010 mmmm', emit: three(parallel.saturatingSubtract) },
  { name: 'QDSUB T1', bits: '11111010 1000 nnnn 1111 dddd 1011 mmmm', emit: three(parallel.saturatingDoubleSubtract) },
  { name: 'REV T2', bits: '11111010 1001 nnnn 1111 dddd 1000 mmmm', emit: unary(data.reverseBytes) },
  { name: 'REV16 T2', bits: '11111010 1001 nnnn 1111 dddd 1001 mmmm', emit: unary(data.reverseBytes16) },
  { name: 'RBIT T1', bits: '11111010 1001 nnnn 1111 dddd 1010 mmmm', emit: unary(data.reverseBits) },
  { name: 'REVSH T2', bits: '11111010 1001 nnnn 1111 dddd 1011 mmmm', emit: unary(data.reverseBytesSignedHalf) },
  { name: 'SEL T1', bits: '11111010 1010 nnnn 1111 dddd 1000 mmmm', emit: three(parallel.select) },
  { name: 'CLZ T1', bits: '11111010 1011 nnnn 1111 dddd 1000 mmmm', emit: unary(data.countLeadingZeros) },
];

const wideImmediate = (high: number, low: number): number => {
  // i:imm4 come as one field of 5 bits, i first; the immediate is imm4:i:imm3:imm8.
  const i = high >>> 4;
  return ((high & 0xf) << 12) | (i << 11) | low;
};

function plainImmediate(operation: number, n: number, d: number, value: number, at: number): Operation {
  if (d === 15) return undefined;
  if (n === 15) return [data.moveImmediate, d, ((at + 4) & ~3) + (operation === Dp.add ? value : -value)];
  const handler = data.immediate[operation]!;
  return d === 13 ? [data.alignStackPointer(handler), d, n, value] : [handler, d, n, value];
}
