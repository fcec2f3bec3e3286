import { describe, it, jest } from '@jest/globals';
import { benchFaults } from './bench-faults.js';

jest.setTimeout(240_000);

describe('a run on a bench that fails: every fault', () => {
  it.concurrent.each(benchFaults.map(({ title, run }) => [title, run] as const))('%s', (_, run) => run());
});
