/** The floating-point instructions of FPv5 by name (DDI 0403E A6). They are recognised, not executed: CPACR decides between NOCP and a stop with the name. */
import { UnmodelledAccess } from '../ports.js';
import type { Handler } from './context.js';
import type { Row } from './rows.js';
import { requireFpu } from './system-handlers.js';

/** Name and bits; `z` is the size: 0 single, 1 double precision. */
const table: readonly (readonly [name: string, bits: string])[] = [
  ['VSEL', '11111110 0-cc ---- ---- 101z -0-0 ----'],
  ['VMAXNM', '11111110 1-00 ---- ---- 101z -0-0 ----'],
  ['VMINNM', '11111110 1-00 ---- ---- 101z -1-0 ----'],
  ['VRINTA/VRINTN/VRINTP/VRINTM', '11111110 1-11 10-- ---- 101z 01-0 ----'],
  ['VCVTA/VCVTN/VCVTP/VCVTM', '11111110 1-11 11-- ---- 101z -1-0 ----'],
  ['VMLA', '11101110 0-00 ---- ---- 101z -0-0 ----'],
  ['VMLS', '11101110 0-00 ---- ---- 101z -1-0 ----'],
  ['VNMLS', '11101110 0-01 ---- ---- 101z -0-0 ----'],
  ['VNMLA', '11101110 0-01 ---- ---- 101z -1-0 ----'],
  ['VMUL', '11101110 0-10 ---- ---- 101z -0-0 ----'],
  ['VNMUL', '11101110 0-10 ---- ---- 101z -1-0 ----'],
  ['VADD', '11101110 0-11 ---- ---- 101z -0-0 ----'],
  ['VSUB', '11101110 0-11 ---- ---- 101z -1-0 ----'],
  ['VDIV', '11101110 1-00 ---- ---- 101z -0-0 ----'],
  ['VFNMS', '11101110 1-01 ---- ---- 101z -0-0 ----'],
  ['VFNMA', '11101110 1-01 ---- ---- 101z -1-0 ----'],
  ['VFMA', '11101110 1-10 ---- ---- 101z -0-0 ----'],
  ['VFMS', '11101110 1-10 ---- ---- 101z -1-0 ----'],
  ['VMOV (immediate)', '11101110 1-11 ---- ---- 101z -0-0 ----'],
  ['VMOV (register)', '11101110 1-11 0000 ---- 101z 01-0 ----'],
  ['VABS', '11101110 1-11 0000 ---- 101z 11-0 ----'],
  ['VNEG', '11101110 1-11 0001 ---- 101z 01-0 ----'],
  ['VSQRT', '11101110 1-11 0001 ---- 101z 11-0 ----'],
  ['VCVTB/VCVTT', '11101110 1-11 001- ---- 101z -1-0 ----'],
  ['VCMP', '11101110 1-11 0100 ---- 101z 01-0 ----'],
  ['VCMPE', '11101110 1-11 0100 ---- 101z 11-0 ----'],
  ['VCMP (zero)', '11101110 1-11 0101 ---- 101z 01-0 ----'],
  ['VCMPE (zero)', '11101110 1-11 0101 ---- 101z 11-0 ----'],
  ['VRINTR', '11101110 1-11 0110 ---- 101z 01-0 ----'],
  ['VRINTZ', '11101110 1-11 0110 ---- 101z 11-0 ----'],
  ['VRINTX', '11101110 1-11 0111 ---- 101z 01-0 ----'],
  ['VCVT (precision)', '11101110 1-11 0111 ---- 101z 11-0 ----'],
  ['VCVT (from integer)', '11101110 1-11 1000 ---- 101z -1-0 ----'],
  ['VCVT (fixed point)', '11101110 1-11 1-1- ---- 101z -1-0 ----'],
  ['VCVTR (to integer)', '11101110 1-11 110- ---- 101z 01-0 ----'],
  ['VCVT (to integer)', '11101110 1-11 110- ---- 101z 11-0 ----'],
  ['VMOV (core and single)', '11101110 000- ---- ---- 1010 ---1 ----'],
  ['VMOV (core and scalar)', '11101110 0--- ---- ---- 1011 ---1 ----'],
  ['VMSR', '11101110 1110 0001 ---- 1010 ---1 ----'],
  ['VMRS', '11101110 1111 0001 ---- 1010 ---1 ----'],
  ['VMOV (core and two singles)', '11101100 010- ---- ---- 1010 00-1 ----'],
  ['VMOV (core and double)', '11101100 010- ---- ---- 1011 00-1 ----'],
  ['VSTR', '11101101 --00 ---- ---- 101z --------'],
  ['VLDR', '11101101 --01 ---- ---- 101z --------'],
  ['VSTM', '11101100 1--0 ---- ---- 101z --------'],
  ['VLDM', '11101100 1--1 ---- ---- 101z --------'],
  ['VSTMDB', '11101101 0-10 ---- ---- 101z --------'],
  ['VLDMDB', '11101101 0-11 ---- ---- 101z --------'],
];

export const wideFloatRows: readonly Row[] = table.map(([name, bits], index) => ({
  name,
  bits,
  emit: ({ z }) => [floatingPoint, index, z ?? -1],
}));

/** a = row, b = size, −1 where the instruction has none. */
const floatingPoint: Handler = (core, a, b) => {
  requireFpu(core);
  throw new UnmodelledAccess(floatName(table[a]![0], b), core.at);
};

/** `VADD.F64`, `VMOV.F32 (register)`. */
function floatName(name: string, size: number): string {
  const type = size < 0 ? '' : size === 1 ? '.F64' : '.F32';
  const [mnemonics, ...rest] = name.split(' ');
  return [`${mnemonics!.replaceAll('/', `${type}/`)}${type}`, ...rest].join(' ');
}
