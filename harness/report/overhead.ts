import type { RunSummary } from './run-summary.js';
import { statistics, type Statistics } from './statistics.js';

/** What the passed tests of a run took beyond the waits for their board and its tool, in ms; undefined where the record does not tell. */
export function overhead(run: RunSummary): Statistics | undefined {
  const tests = run.suites.flatMap((suite) => suite.tests).flatMap(({ verdict, durationMs, waitedMs }) => (verdict === 'passed' && waitedMs !== undefined ? [Math.max(0, durationMs - waitedMs)] : []));
  return tests.length === 0 ? undefined : statistics(tests);
}
