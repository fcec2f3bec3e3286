import { describe, expect, it } from '@jest/globals';
import { sweep } from './sweep/index.js';
import { readRecorded, recordedCrcs, sweepOf } from './testing/recorded-update.js';

/** Every cut is checked with ROT_HIL_ALL_CUTS=1; otherwise those at the borders of each range of outcomes, and every so many between. */
const everyCut = process.env.ROT_HIL_ALL_CUTS === '1';

it.each([
  ['inst_overwrite.ow256.mce0.half0', 5],
  ['badsig.ow256.mce0.half0', 2],
  ['inst_confirm.swap256.mce0.half0', 17],
  ['inst_perm.r_swap256.mce0.half0', 17],
  ['inst_revert.swap256.mce0.half1', 37],
  ['bootstrap.swap256.mce0.half0', 11],
  ['both_bad.swap256.mce0.half0', 7],
])('%s, recorded with ST’s MCUboot -> the same boots, operations, trace and log; cut all over: the same outcome and flash contents', (name, sample) => {
  const recorded = readRecorded(name);
  const crcs = recordedCrcs(name);
  const wanted = recorded.cuts.flatMap(([first, last, cut]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index)
      .filter((k) => everyCut || k === first || k === last || k % sample === 0)
      .map((k) => ({ after: k, cut, crc: crcs[k - 1] })),
  );
  const result = sweep(sweepOf(recorded, { only: wanted.map(({ after }) => after) }));
  expect(result).toMatchObject({ operations: recorded.ops, uncut: recorded.boots, trace: recorded.trace, log: recorded.log.trim(), norViolations: 0 });
  expect(result.outcomes.map(({ after, cut, crc }) => ({ after, cut, crc }))).toEqual(wanted);
});

describe('inst_confirm.swap256.mce1.half0, recorded with ST’s MCUboot behind a model of the memory cipher engine', () => {
  const recorded = readRecorded('inst_confirm.swap256.mce1.half0');

  it('uncut -> the same boots, operations, trace and log', () => {
    expect(sweep(sweepOf(recorded, { only: [] }))).toMatchObject({ operations: recorded.ops, uncut: recorded.boots, trace: recorded.trace, log: recorded.log.trim() });
  });

  it('cut between the magic in scratch and the last erase of scratch -> nothing boots; one operation earlier or later -> an image boots', () => {
    const { bricked, outcomes } = sweep(sweepOf(recorded, { only: [21, 22, 23, 30, 42, 43, 44] }));
    expect(bricked).toEqual([22, 23, 30, 42, 43]);
    expect(outcomes.map(({ after, cut }) => [after, cut])).toEqual(
      outcomes.map(({ after }) => [after, recorded.cuts.find(([first, last]) => after >= first && after <= last)?.[2]]),
    );
  });
});
