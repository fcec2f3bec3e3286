import type { RunSummary } from './run-summary.js';
import { statistics, type Statistics } from './statistics.js';

/** How long the starts of a run took, each from its first line to the one that decided; undefined for fewer than two. */
export function bootTimes(run: RunSummary): Statistics | undefined {
  const boots = run.suites.flatMap(({ around, tests }) => [around, ...tests]).flatMap((activity) => activity.boots);
  return boots.length < 2 ? undefined : statistics(boots.map(({ durationMs }) => durationMs));
}
