/** Branches. Targets are computed when the instruction is decoded. */
import type { Handler } from './context.js';

export const branchTo: Handler = (core, a) => { core.pc = a >>> 0; };
/** BL: a = target, b = return address with bit 0. */
export const branchLink: Handler = (core, a, b) => {
  core.r[14] = b;
  core.pc = a >>> 0;
};
export const branchExchange: Handler = (core, a) => { core.branchExchange(core.r[a]!); };
/** BLX: a = Rm, b = return address with bit 0. No exception return here. */
export const branchLinkExchange: Handler = (core, a, b) => {
  const target = core.r[a]!;
  core.r[14] = b;
  core.thumb = (target & 1) === 1;
  core.pc = (target & ~1) >>> 0;
};
/** MOV PC, Rm: stays in Thumb state whatever bit 0 says. */
export const branchToRegister: Handler = (core, a) => { core.pc = (core.r[a]! & ~1) >>> 0; };
export const branchToSum: Handler = (core, a, b) => { core.pc = ((core.r[a]! + b) & ~1) >>> 0; };
export const compareZero: Handler = (core, a, b) => { if (core.r[a] === 0) core.pc = b >>> 0; };
export const compareNotZero: Handler = (core, a, b) => { if (core.r[a] !== 0) core.pc = b >>> 0; };
/** TBB: a = Rn (15: the table follows), b = Rm, c = address behind the instruction. */
export const tableByte: Handler = (core, a, b, c) => {
  const base = a === 15 ? c : core.r[a]!;
  core.pc = (c + 2 * core.load8(base + core.r[b]!)) >>> 0;
};
export const tableHalf: Handler = (core, a, b, c) => {
  const base = a === 15 ? c : core.r[a]!;
  core.pc = (c + 2 * core.load16(base + 2 * core.r[b]!)) >>> 0;
};

/** Conditional branches by condition 0 (EQ) to 13 (LE). */
export const branchIf: readonly Handler[] = [
  (core, a) => { if (core.zf === 0) core.pc = a >>> 0; },
  (core, a) => { if (core.zf !== 0) core.pc = a >>> 0; },
  (core, a) => { if (core.cf !== 0) core.pc = a >>> 0; },
  (core, a) => { if (core.cf === 0) core.pc = a >>> 0; },
  (core, a) => { if (core.nf < 0) core.pc = a >>> 0; },
  (core, a) => { if (core.nf >= 0) core.pc = a >>> 0; },
  (core, a) => { if (core.vf !== 0) core.pc = a >>> 0; },
  (core, a) => { if (core.vf === 0) core.pc = a >>> 0; },
  (core, a) => { if (core.cf !== 0 && core.zf !== 0) core.pc = a >>> 0; },
  (core, a) => { if (core.cf === 0 || core.zf === 0) core.pc = a >>> 0; },
  (core, a) => { if (core.nf < 0 === (core.vf !== 0)) core.pc = a >>> 0; },
  (core, a) => { if (core.nf < 0 !== (core.vf !== 0)) core.pc = a >>> 0; },
  (core, a) => { if (core.zf !== 0 && core.nf < 0 === (core.vf !== 0)) core.pc = a >>> 0; },
  (core, a) => { if (core.zf === 0 || core.nf < 0 !== (core.vf !== 0)) core.pc = a >>> 0; },
];
