import type { Context } from './context.js';

/** Whether a condition (0 EQ … 13 LE, 14 and 15 always) holds; DDI 0403E A7.3. */
export function conditionHolds(core: Context, condition: number): boolean {
  switch (condition) {
    case 0:
      return core.zf === 0;
    case 1:
      return core.zf !== 0;
    case 2:
      return core.cf !== 0;
    case 3:
      return core.cf === 0;
    case 4:
      return core.nf < 0;
    case 5:
      return core.nf >= 0;
    case 6:
      return core.vf !== 0;
    case 7:
      return core.vf === 0;
    case 8:
      return core.cf !== 0 && core.zf !== 0;
    case 9:
      return core.cf === 0 || core.zf === 0;
    case 10:
      return core.nf < 0 === (core.vf !== 0);
    case 11:
      return core.nf < 0 !== (core.vf !== 0);
    case 12:
      return core.zf !== 0 && core.nf < 0 === (core.vf !== 0);
    case 13:
      return core.zf === 0 || core.nf < 0 !== (core.vf !== 0);
    default:
      return true;
  }
}
