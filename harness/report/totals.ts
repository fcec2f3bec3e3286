import type { TestVerdict } from '../record/index.js';
import { faultKey } from './message-text.js';
import { fullTitle, verdictOf, type Counts, type RunSummary } from './run-summary.js';

/** A test or suite that did not pass, and what it said. */
export interface Problem {
  readonly run: string;
  readonly suite: string;
  /** undefined: the suite as a whole. */
  readonly title: string | undefined;
  readonly message: string;
}

/** Everything that was run on one board in one configuration. */
export interface BoardTotals {
  readonly board: string;
  readonly kit: string;
  readonly virtual: boolean;
  readonly configuration: { readonly bootPath: string; readonly mode: string; readonly exec: string };
  /** Names of the runs. */
  readonly runs: readonly string[];
  readonly counts: Counts;
  readonly durationMs: number;
  /** `bench` as soon as one of the runs has no result, then `failed`. */
  readonly verdict: 'passed' | 'failed' | 'bench';
  /** What the firmware did wrong. */
  readonly firmware: readonly Problem[];
  /** What the bench did wrong; says nothing about the firmware. One entry per message: what follows a bench fault repeats it. */
  readonly bench: readonly Problem[];
}

/** Sums up runs per board and configuration, in the order of their first run. Faults of the bench stay apart from those of the firmware. */
export function totalsByBoard(runs: readonly RunSummary[]): BoardTotals[] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const key = boardKey(run);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map(totalsOf);
}

/** Runs with one key were made on one board in one configuration. */
export function boardKey({ started }: RunSummary): string {
  if (!started) return '';
  const { board, configuration } = started;
  return [board.name, board.kit, configuration.bootPath, configuration.mode, configuration.exec, configuration.mce ?? ''].join('\n');
}

/** The worst of several verdicts; `failed` for none at all: nothing was tested. */
export function worstVerdict(verdicts: readonly ('passed' | 'failed' | 'bench')[]): 'passed' | 'failed' | 'bench' {
  if (verdicts.includes('bench')) return 'bench';
  return verdicts.includes('failed') || verdicts.length === 0 ? 'failed' : 'passed';
}

function totalsOf(runs: readonly RunSummary[]): BoardTotals {
  const counts: Record<TestVerdict, number> = { passed: 0, failed: 0, bench: 0, skipped: 0 };
  for (const run of runs) for (const verdict of Object.keys(counts) as TestVerdict[]) counts[verdict] += run.counts[verdict];
  const problems = runs.flatMap(problemsOf);
  const bench = problems.filter(({ kind }) => kind === 'bench');
  const started = runs[0].started;
  return {
    board: started?.board.name ?? 'unknown',
    kit: started?.board.kit ?? 'unknown',
    virtual: started?.board.virtual ?? false,
    configuration: started?.configuration ?? { bootPath: 'unknown', mode: 'unknown', exec: 'unknown' },
    runs: runs.map((run) => run.started?.run ?? 'unknown'),
    counts,
    durationMs: runs.reduce((sum, { ended }) => sum + (ended?.durationMs ?? 0), 0),
    verdict: worstVerdict(runs.map((run) => verdictOf(run).verdict)),
    firmware: problems.filter(({ kind }) => kind === 'failed').map(({ problem }) => problem),
    bench: firstOfEach(bench.map(({ problem }) => problem)),
  };
}

function firstOfEach(problems: readonly Problem[]): Problem[] {
  const told = new Map<string, Problem>();
  for (const problem of problems) if (!told.has(faultKey(problem.message))) told.set(faultKey(problem.message), problem);
  return [...told.values()];
}

function problemsOf(run: RunSummary): { kind: 'failed' | 'bench'; problem: Problem }[] {
  const name = run.started?.run ?? 'unknown';
  return run.suites.flatMap(({ suite, tests, failures }) => [
    ...tests.flatMap((test) => {
      const { verdict } = test;
      return verdict === 'failed' || verdict === 'bench' ? [{ kind: verdict, problem: { run: name, suite, title: fullTitle(test), message: test.messages.join('\n') } }] : [];
    }),
    ...failures.map(({ kind, message }) => ({ kind, problem: { run: name, suite, title: undefined, message } })),
  ]);
}
