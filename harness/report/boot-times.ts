import type { RunSummary } from './run-summary.js';
import type { Booted } from '../record/index.js';
import { statistics, type Statistics } from './statistics.js';

/** Times of starts, each from the first line of the root of trust to the line that decided. One that says nothing (STiRoT, a production build) shows no beginning, and has none. */
export const timesOf = (boots: readonly Booted[]): number[] => boots.filter(({ starts }) => starts > 0).map(({ durationMs }) => durationMs);

/** How long the starts of a run took; undefined for fewer than two. */
export function bootTimes(run: RunSummary): Statistics | undefined {
  const times = timesOf(run.suites.flatMap(({ around, tests }) => [around, ...tests]).flatMap((activity) => activity.boots));
  return times.length < 2 ? undefined : statistics(times);
}
