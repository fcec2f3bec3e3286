/** 32-bit branches, system instructions and the coprocessor space (DDI 0403E A5.3.4, A5.3.18). */
import * as branch from './branch-handlers.js';
import * as memory from './memory-handlers.js';
import { signed, type Fields, type Row } from './rows.js';
import * as system from './system-handlers.js';

/** Offset of B T4 and BL: J1 and J2 are inverted by the sign. */
const longOffset = ({ s, i, x, y, j }: Fields): number => {
  const one = x! ^ s! ^ 1;
  const two = y! ^ s! ^ 1;
  return signed((s! << 24) | (one << 23) | (two << 22) | (i! << 12) | (j! << 1), 25);
};

export const wideSystemRows: readonly Row[] = [
  { name: 'B T3', bits: '11110 s cccc iiiiii 10 x 0 y jjjjjjjjjjj', emit: ({ s, c, i, x, y, j }, { at }) => (c! >= 14 ? undefined : [branch.branchIf[c!]!, at + 4 + signed((s! << 20) | (y! << 19) | (x! << 18) | (i! << 12) | (j! << 1), 21)]) },
  { name: 'B T4', bits: '11110 s iiiiiiiiii 10 x 1 y jjjjjjjjjjj', emit: (fields, { at }) => [branch.branchTo, at + 4 + longOffset(fields)] },
  { name: 'BL T1', bits: '11110 s iiiiiiiiii 11 x 1 y jjjjjjjjjjj', emit: (fields, { at }) => [branch.branchLink, at + 4 + longOffset(fields), (at + 4) | 1] },
  { name: 'MSR T1', bits: '11110 0 11100 - nnnn 10 - 0 mm 00 ssssssss', emit: ({ n, m, s }) => [system.writeSpecial, n, s, m] },
  { name: 'MRS T1', bits: '11110 0 11111 - 1111 10 - 0 dddd ssssssss', emit: ({ d, s }) => [system.readSpecial, d, s] },
  { name: 'hint T2', bits: '11110 0 111010 1111 10 - 0 - 000 hhhhhhhh', emit: ({ h }) => [system.wideHints[h!] ?? system.nothing] },
  { name: 'CLREX T1', bits: '11110 0 111011 1111 10 - 0 1111 0010 1111', emit: () => [memory.clearExclusive] },
  { name: 'DSB T1', bits: '11110 0 111011 1111 10 - 0 1111 0100 oooo', emit: () => [system.nothing] },
  { name: 'DMB T1', bits: '11110 0 111011 1111 10 - 0 1111 0101 oooo', emit: () => [system.nothing] },
  { name: 'ISB T1', bits: '11110 0 111011 1111 10 - 0 1111 0110 oooo', emit: () => [system.nothing] },
  { name: 'UDF T2', bits: '11110 1111111 ---- 1010 ------------', emit: () => undefined },
  { name: 'coprocessor', bits: '111 - 11 ---------- ---- cccc --------', emit: ({ c }) => [system.coprocessor, c] },
];
