import process from 'node:process';
import { readRunFile, runFileVariable } from './run-file.js';

interface OrderedTest {
  readonly path: string;
}

/** Runs the suites in the order in which they were named, not by earlier failures and durations: the same run twice is the same. */
export default class SuiteSequencer {
  sort<T extends OrderedTest>(tests: readonly T[]): T[] {
    // Plain Jest sorts before its global set-up has begun a run: then by name.
    const order = process.env[runFileVariable] === undefined ? [] : Object.keys(readRunFile().suites);
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
