import { readRunFile } from './run-file.js';

interface OrderedTest {
  readonly path: string;
}

/** Runs the suites in the order in which they were named, not by earlier failures and durations: the same run twice is the same. */
export default class SuiteSequencer {
  sort<T extends OrderedTest>(tests: readonly T[]): T[] {
    const order = Object.keys(readRunFile().suites);
    return [...tests].sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path) || (a.path < b.path ? -1 : 1));
  }

  shard<T extends OrderedTest>(tests: readonly T[]): T[] {
    return [...tests];
  }

  allFailedTests<T extends OrderedTest>(tests: readonly T[]): T[] {
    return [...tests];
  }

  cacheResults(): void {
    // Nothing is remembered between runs.
  }
}
