import { describe, expect, it } from '@jest/globals';
import { Scenario, readVector } from './testing/scenario.js';

/** Every cut is checked with ROT_HIL_ALL_CUTS=1; otherwise those at the borders of each range of outcomes, and every so many between. */
const everyCut = process.env.ROT_HIL_ALL_CUTS === '1';

describe.each([
  ['inst_overwrite.ow256.mce0.half0', 5],
  ['badsig.ow256.mce0.half0', 2],
  ['inst_confirm.swap256.mce0.half0', 17],
  ['inst_perm.r_swap256.mce0.half0', 17],
  ['inst_revert.swap256.mce0.half1', 37],
  ['bootstrap.swap256.mce0.half0', 11],
  ['both_bad.swap256.mce0.half0', 7],
])('%s, recorded with ST’s MCUboot', (name, sample) => {
  const { vector, crcs } = readVector(name);
  const scenario = new Scenario(vector);

  it('uncut → the same versions, operations, trace and log', () => {
    const { boots, operations, trace, log } = scenario.uncut();
    expect(boots).toEqual(vector.boots);
    expect(operations).toBe(vector.ops);
    expect(trace).toBe(vector.trace);
    expect(log).toBe(vector.log.trim());
    expect(scenario.board.flash.violationCount).toBe(0);
  });

  it('cut at operations all over → the same outcome and the same flash contents after recovery', () => {
    const wanted: Record<number, { outcome: string; crc: string | undefined }> = {};
    for (const [first, last, outcome] of vector.cuts) {
      for (let k = first; k <= last; k++) if (everyCut || k === first || k === last || k % sample === 0) wanted[k] = { outcome, crc: crcs[k - 1] };
    }
    const found = Object.fromEntries(Object.keys(wanted).map((k) => [k, scenario.cut(Number(k))]));
    expect(found).toEqual(wanted);
  });
});
