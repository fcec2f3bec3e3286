import type { TestVerdict } from '../record/index.js';
import { timesOf } from './boot-times.js';
import { boardKey } from './totals.js';
import { fullTitle, verdictOf, type Counts, type RunSummary } from './run-summary.js';
import { statistics, type Statistics } from './statistics.js';

/** What became of tests and boards over many runs: the JSON document of `report --history`. */
export interface History {
  readonly schema: 1;
  /** Oldest first. */
  readonly runs: readonly HistoryRun[];
  readonly boards: readonly BoardHistory[];
}

export interface HistoryRun {
  readonly run: string;
  readonly time: string;
  readonly verdict: 'passed' | 'failed' | 'bench';
  readonly reason: string;
  readonly counts: Counts;
  readonly durationMs: number | null;
  readonly application: { readonly version: string; readonly sha256: string };
  /** Page of the run, relative to the history's; null where it is not known. */
  readonly page: string | null;
}

/** One board in one configuration. */
export interface BoardHistory {
  readonly board: string;
  readonly kit: string;
  readonly virtual: boolean;
  readonly configuration: { readonly bootPath: string; readonly mode: string; readonly exec: string };
  /** Indices into `runs`. */
  readonly runs: readonly number[];
  readonly tests: readonly TestHistory[];
  /** From a boot's first line to the one that decided; null where no boot was recorded. */
  readonly boots: (Statistics & { readonly perRun: readonly (Statistics & { readonly run: number })[] }) | null;
}

export interface TestHistory {
  readonly suite: string;
  readonly title: string;
  readonly results: readonly TestResult[];
  /** Passed and failed with one and the same application: the same input, two answers. */
  readonly flaky: boolean;
  /** How often a pass followed a failure or the other way round. */
  readonly changes: number;
  /** Of those that passed or failed; null where none did. */
  readonly passRate: number | null;
  /** The last result. */
  readonly last: TestVerdict;
  /** Index of the run since which the test has its last result without interruption. */
  readonly since: number;
  /** Of those that passed. */
  readonly duration: Statistics | null;
}

export interface TestResult {
  /** Index into `runs`. */
  readonly run: number;
  readonly repetition: number;
  readonly verdict: TestVerdict;
  readonly durationMs: number;
}

export interface RunToCompare {
  readonly summary: RunSummary;
  readonly page?: string;
}

/** Lines up runs by board and configuration. Runs without a beginning are left out. */
export function historyOf(given: readonly RunToCompare[]): History {
  const runs = given.filter(({ summary }) => summary.started !== undefined).sort((a, b) => timeOf(a) - timeOf(b));
  const groups = new Map<string, number[]>();
  runs.forEach(({ summary }, index) => {
    const key = boardKey(summary);
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  return { schema: 1, runs: runs.map(runOf), boards: [...groups.values()].map((indices) => boardOf(runs, indices)) };
}

const timeOf = ({ summary }: RunToCompare): number => Date.parse(summary.started!.time) || 0;

function runOf({ summary, page }: RunToCompare): HistoryRun {
  const { run, time, application } = summary.started!;
  return { run, time, ...verdictOf(summary), counts: summary.counts, durationMs: summary.ended?.durationMs ?? null, application: { version: application.version, sha256: application.sha256 }, page: page ?? null };
}

function boardOf(runs: readonly RunToCompare[], indices: readonly number[]): BoardHistory {
  const { board, configuration } = runs[indices[0]].summary.started!;
  const tests = new Map<string, { suite: string; title: string; results: TestResult[] }>();
  const perRun: { run: number; values: number[] }[] = [];
  for (const run of indices) {
    const values: number[] = [];
    for (const { suite, repetition, tests: own, around } of runs[run].summary.suites) {
      for (const test of own) {
        const title = fullTitle(test);
        const key = `${suite}\n${title}`;
        const found = tests.get(key) ?? { suite, title, results: [] };
        found.results.push({ run, repetition, verdict: test.verdict, durationMs: test.durationMs });
        tests.set(key, found);
      }
      for (const { boots } of [around, ...own]) values.push(...timesOf(boots));
    }
    if (values.length > 0) perRun.push({ run, values });
  }
  const boots = statistics(perRun.flatMap(({ values }) => values));
  return {
    board: board.name,
    kit: board.kit,
    virtual: board.virtual,
    configuration,
    runs: indices,
    tests: [...tests.values()].map(({ suite, title, results }) => testOf(suite, title, results, (run) => runs[run].summary.started!.application.sha256)),
    boots: boots === undefined ? null : { ...boots, perRun: perRun.map(({ run, values }) => ({ run, ...statistics(values)! })) },
  };
}

function testOf(suite: string, title: string, results: readonly TestResult[], applicationOf: (run: number) => string): TestHistory {
  const judged = results.filter(({ verdict }) => verdict === 'passed' || verdict === 'failed');
  const passed = judged.filter(({ verdict }) => verdict === 'passed');
  const seen = new Map<string, Set<TestVerdict>>();
  for (const { run, verdict } of judged) {
    const application = applicationOf(run);
    seen.set(application, (seen.get(application) ?? new Set()).add(verdict));
  }
  const last = results[results.length - 1].verdict;
  let first = results.length - 1;
  while (first > 0 && results[first - 1].verdict === last) first--;
  return {
    suite,
    title,
    results,
    flaky: [...seen.values()].some((verdicts) => verdicts.size > 1),
    changes: judged.filter(({ verdict }, index) => index > 0 && verdict !== judged[index - 1].verdict).length,
    passRate: judged.length === 0 ? null : passed.length / judged.length,
    last,
    since: results[first].run,
    duration: statistics(passed.map(({ durationMs }) => durationMs)) ?? null,
  };
}
