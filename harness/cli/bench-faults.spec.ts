import { describe, it, jest } from '@jest/globals';
import { benchFaults } from './testing/bench-faults.js';

jest.setTimeout(120_000);

/** Over the days every fault of each kind is met; `npm run bricks` does all of them at once. */
const day = Math.floor(Date.now() / 86_400_000);
/** Its deadline alone takes 20 s. */
const slow = ['tool hangs at once'];

describe('a run on a bench that fails: one fault of each kind', () => {
  const kinds = [...new Set(benchFaults.map(({ kind }) => kind))].filter((kind) => !slow.includes(kind));
  const ofTheDay = kinds.map((kind) => {
    const all = benchFaults.filter((fault) => fault.kind === kind);
    return all[day % all.length]!;
  });

  it.concurrent.each(ofTheDay.map(({ title, run }) => [title, run] as const))('%s', (_, run) => run());
});
