/** The floating-point instructions of FPv5, single and double precision (DDI 0403E A6). */
import * as float from './float-handlers.js';
import { currentMode, currentModeExactly, unsignedBit, type Pair } from './float-handlers.js';
import { Rounding } from './float-format.js';
import * as transfer from './float-transfer-handlers.js';
import type { Fields, Operation, Row } from './rows.js';
import { coprocessor } from './system-handlers.js';

/** Not allocated: UNDEFINED, but NOCP where the FPU is off. Sixteen double registers only: bit 4 of a number must be clear. */
const unallocated: Operation = [coprocessor, 10];

/** Register numbers: d with e, n with f, m with g as the further bit; z the size: 0 single, 1 double precision. */
const singleNumber = (number: number, bit: number): number => (number << 1) | bit;

function threeOperands({ single, double }: Pair): Row['emit'] {
  return ({ d, e, n, f, m, g, z }) => {
    if (z) return e || f || g ? unallocated : [double, d, n, m];
    return [single, singleNumber(d!, e!), singleNumber(n!, f!), singleNumber(m!, g!)];
  };
}

function twoOperands({ single, double }: Pair, last?: (fields: Fields) => number): Row['emit'] {
  return (fields) => {
    const { d, e, m, g, z } = fields;
    const c = last?.(fields) ?? 0;
    if (z) return e || g ? unallocated : [double, d, m, c];
    return [single, singleNumber(d!, e!), singleNumber(m!, g!), c];
  };
}

/** Destination a single register whatever the source. */
const toSingle = ({ single, double }: Pair, last: (fields: Fields) => number): Row['emit'] => (fields) => {
  const { d, e, m, g, z } = fields;
  if (z && g) return unallocated;
  return [z ? double : single, singleNumber(d!, e!), z ? m! : singleNumber(m!, g!), last(fields)];
};

/** Source a single register whatever the destination. */
const fromSingle = ({ single, double }: Pair, last: (fields: Fields) => number): Row['emit'] => (fields) => {
  const { d, e, m, g, z } = fields;
  if (z && e) return unallocated;
  return [z ? double : single, z ? d! : singleNumber(d!, e!), singleNumber(m!, g!), last(fields)];
};

const compareZero: Row['emit'] = ({ d, e, z, q }) => {
  if (z) return e ? unallocated : [float.compare.double, d, -1, q];
  return [float.compare.single, singleNumber(d!, e!), -1, q];
};

/** VFPExpandImm: a sign, an exponent near 0 and four fraction bits. */
const moveImmediate: Row['emit'] = ({ d, e, z, i }) => {
  const sign = i! & 0x80 ? 0x80000000 : 0;
  const low = i! & 0x3f;
  if (z) return e ? unallocated : [float.moveImmediate.double, d, (sign | (i! & 0x40 ? 0x3fc00000 : 0x40000000) | (low << 16)) | 0];
  return [float.moveImmediate.single, singleNumber(d!, e!), (sign | (i! & 0x40 ? 0x3e000000 : 0x40000000) | (low << 19)) | 0];
};

const fixedPoint: Row['emit'] = ({ d, e, z, o, u, x, i }) => {
  const fraction = (x ? 32 : 16) - i!;
  if (fraction < 0 || (z && e)) return unallocated;
  const handlers = o ? float.toFixed : float.fromFixed;
  return [z ? handlers.double : handlers.single, z ? d! : singleNumber(d!, e!), fraction, u! | (x! << 1)];
};

const loadStore: Row['emit'] = ({ d, e, n, u, l, i, z }, { at }) => {
  if ((z && e) || (n === 15 && !l)) return unallocated;
  const register = z ? d! : singleNumber(d!, e!);
  const offset = (u ? i! : -i!) * 4;
  if (n === 15) return [z ? transfer.loadDoubleAt : transfer.loadSingleAt, register, ((at + 4) & ~3) + offset];
  if (l) return [z ? transfer.loadDouble : transfer.loadSingle, register, n, offset];
  return [z ? transfer.storeDouble : transfer.storeSingle, register, n, offset];
};

/** An odd count of words with double registers (FLDMX, FSTMX) moves the base over one word more. */
const multiple = (descending: boolean): Row['emit'] => ({ d, e, n, w, l, i, z }) => {
  const words = z ? i! & ~1 : i!;
  const first = z ? d! << 1 : singleNumber(d!, e!);
  if (words === 0 || first + words > 32 || (z && e) || n === 15) return unallocated;
  return [l ? transfer.loadMultiple : transfer.storeMultiple, first | (words << 8), n! | ((descending ? 1 : w!) << 4) | (descending ? 0x20 : 0), 4 * i!];
};

/** SP and PC cannot be exchanged with the FPU's registers. */
const special = (register: number): boolean => register === 13 || register === 15;

const coreAndSingle: Row['emit'] = ({ n, f, t, o }) => (special(t!) ? unallocated : [o ? transfer.toCore : transfer.fromCore, singleNumber(n!, f!), t]);
const coreAndScalar: Row['emit'] = ({ d, e, t, o, h }) => (special(t!) || e ? unallocated : [o ? transfer.toCore : transfer.fromCore, (d! << 1) | h!, t]);
const coreAndTwo: Row['emit'] = ({ m, g, t, v, o, z }) => {
  const first = z ? m! << 1 : singleNumber(m!, g!);
  if (special(t!) || special(v!) || (o && t === v) || first > 30 || (z && g)) return unallocated;
  return [o ? transfer.pairToCore : transfer.pairFromCore, first, t, v];
};

/** Rounding in the order of the encodings: to nearest away, to nearest even, up, down. */
const directed = [Rounding.away, Rounding.nearest, Rounding.up, Rounding.down];

export const wideFloatRows: readonly Row[] = [
  ...['VSELEQ', 'VSELVS', 'VSELGE', 'VSELGT'].map((name, condition): Row => ({
    name, bits: `11111110 0e${condition >>> 1}${condition & 1} nnnn dddd 101z f0g0 mmmm`, emit: threeOperands(float.select[condition]!),
  })),
  { name: 'VMAXNM', bits: '11111110 1e00 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.maximumNumber) },
  { name: 'VMINNM', bits: '11111110 1e00 nnnn dddd 101z f1g0 mmmm', emit: threeOperands(float.minimumNumber) },
  { name: 'VRINTA/VRINTN/VRINTP/VRINTM', bits: '11111110 1e11 10rr dddd 101z 01g0 mmmm', emit: twoOperands(float.roundIntegral, ({ r }) => directed[r!]!) },
  { name: 'VCVTA/VCVTN/VCVTP/VCVTM', bits: '11111110 1e11 11rr dddd 101z s1g0 mmmm', emit: toSingle(float.toInteger, ({ r, s }) => directed[r!]! | (s ? 0 : unsignedBit)) },
  { name: 'VMLA', bits: '11101110 0e00 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.multiplyAdd) },
  { name: 'VMLS', bits: '11101110 0e00 nnnn dddd 101z f1g0 mmmm', emit: threeOperands(float.multiplySubtract) },
  { name: 'VNMLS', bits: '11101110 0e01 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.multiplySubtractNegated) },
  { name: 'VNMLA', bits: '11101110 0e01 nnnn dddd 101z f1g0 mmmm', emit: threeOperands(float.multiplyAddNegated) },
  { name: 'VMUL', bits: '11101110 0e10 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.multiply) },
  { name: 'VNMUL', bits: '11101110 0e10 nnnn dddd 101z f1g0 mmmm', emit: threeOperands(float.multiplyNegated) },
  { name: 'VADD', bits: '11101110 0e11 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.add) },
  { name: 'VSUB', bits: '11101110 0e11 nnnn dddd 101z f1g0 mmmm', emit: threeOperands(float.subtract) },
  { name: 'VDIV', bits: '11101110 1e00 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.divide) },
  { name: 'VFNMS', bits: '11101110 1e01 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.fusedSubtractNegated) },
  { name: 'VFNMA', bits: '11101110 1e01 nnnn dddd 101z f1g0 mmmm', emit: threeOperands(float.fusedAddNegated) },
  { name: 'VFMA', bits: '11101110 1e10 nnnn dddd 101z f0g0 mmmm', emit: threeOperands(float.fusedAdd) },
  { name: 'VFMS', bits: '11101110 1e10 nnnn dddd 101z f1g0 mmmm', emit: threeOperands(float.fusedSubtract) },
  { name: 'VMOV (immediate)', bits: '11101110 1e11 iiii dddd 101z 0000 iiii', emit: moveImmediate },
  { name: 'VMOV (register)', bits: '11101110 1e11 0000 dddd 101z 01g0 mmmm', emit: twoOperands(float.move) },
  { name: 'VABS', bits: '11101110 1e11 0000 dddd 101z 11g0 mmmm', emit: twoOperands(float.absolute) },
  { name: 'VNEG', bits: '11101110 1e11 0001 dddd 101z 01g0 mmmm', emit: twoOperands(float.negate) },
  { name: 'VSQRT', bits: '11101110 1e11 0001 dddd 101z 11g0 mmmm', emit: twoOperands(float.squareRoot) },
  { name: 'VCVTB/VCVTT (from half)', bits: '11101110 1e11 0010 dddd 101z x1g0 mmmm', emit: fromSingle(float.fromHalf, ({ x }) => x!) },
  { name: 'VCVTB/VCVTT (to half)', bits: '11101110 1e11 0011 dddd 101z x1g0 mmmm', emit: toSingle(float.toHalf, ({ x }) => x!) },
  { name: 'VCMP/VCMPE', bits: '11101110 1e11 0100 dddd 101z q1g0 mmmm', emit: twoOperands(float.compare, ({ q }) => q!) },
  { name: 'VCMP/VCMPE (zero)', bits: '11101110 1e11 0101 dddd 101z q100 0000', emit: compareZero },
  { name: 'VRINTR', bits: '11101110 1e11 0110 dddd 101z 01g0 mmmm', emit: twoOperands(float.roundIntegral, () => currentMode) },
  { name: 'VRINTZ', bits: '11101110 1e11 0110 dddd 101z 11g0 mmmm', emit: twoOperands(float.roundIntegral, () => Rounding.zero) },
  { name: 'VRINTX', bits: '11101110 1e11 0111 dddd 101z 01g0 mmmm', emit: twoOperands(float.roundIntegral, () => currentModeExactly) },
  { name: 'VCVT (single to double)', bits: '11101110 1e11 0111 dddd 1010 11g0 mmmm', emit: ({ d, e, m, g }) => (e ? unallocated : [float.singleToDouble, d, singleNumber(m!, g!)]) },
  { name: 'VCVT (double to single)', bits: '11101110 1e11 0111 dddd 1011 11g0 mmmm', emit: ({ d, e, m, g }) => (g ? unallocated : [float.doubleToSingle, singleNumber(d!, e!), m]) },
  { name: 'VCVT (from unsigned)', bits: '11101110 1e11 1000 dddd 101z 01g0 mmmm', emit: fromSingle(float.fromUnsigned, () => 0) },
  { name: 'VCVT (from signed)', bits: '11101110 1e11 1000 dddd 101z 11g0 mmmm', emit: fromSingle(float.fromSigned, () => 0) },
  { name: 'VCVTR (to integer)', bits: '11101110 1e11 110s dddd 101z 01g0 mmmm', emit: toSingle(float.toInteger, ({ s }) => currentMode | (s ? 0 : unsignedBit)) },
  { name: 'VCVT (to integer)', bits: '11101110 1e11 110s dddd 101z 11g0 mmmm', emit: toSingle(float.toInteger, ({ s }) => Rounding.zero | (s ? 0 : unsignedBit)) },
  // The width is imm4:i, whose low bit stands above the others in the encoding.
  { name: 'VCVT (fixed point)', bits: '11101110 1e11 1o1u dddd 101z x1j0 iiii', emit: (fields, place) => fixedPoint({ ...fields, i: (fields['i']! << 1) | fields['j']! }, place) },
  { name: 'VMOV (core and single)', bits: '11101110 000o nnnn tttt 1010 f001 0000', emit: coreAndSingle },
  { name: 'VMOV (core and scalar)', bits: '11101110 00ho dddd tttt 1011 e001 0000', emit: coreAndScalar },
  { name: 'VMSR', bits: '11101110 1110 0001 tttt 1010 0001 0000', emit: ({ t }) => (special(t!) ? unallocated : [float.writeStatus, t]) },
  { name: 'VMRS', bits: '11101110 1111 0001 tttt 1010 0001 0000', emit: ({ t }) => (t === 13 ? unallocated : [float.readStatus, t]) },
  { name: 'VMOV (core and two singles or a double)', bits: '11101100 010o vvvv tttt 101z 00g1 mmmm', emit: coreAndTwo },
  { name: 'VLDR/VSTR', bits: '11101101 ue0l nnnn dddd 101z iiiiiiii', emit: loadStore },
  { name: 'VLDM/VSTM', bits: '11101100 1ewl nnnn dddd 101z iiiiiiii', emit: multiple(false) },
  { name: 'VLDMDB/VSTMDB', bits: '11101101 0e1l nnnn dddd 101z iiiiiiii', emit: multiple(true) },
];
