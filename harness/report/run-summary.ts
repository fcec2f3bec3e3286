import type { RecordEvent, RunEnded, RunStarted, SuiteFailed, TestEnded, TestVerdict } from '../record/index.js';

export type Counts = Readonly<Record<TestVerdict, number>>;

/** One suite file in one repetition: what its `<testsuite>` shows. */
export interface SuiteRun {
  readonly suite: string;
  readonly repetition: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly tests: readonly TestEnded[];
  /** Whether it ran to its end. */
  readonly ended: boolean;
  /** Why the file as a whole failed. */
  readonly failures: readonly SuiteFailed[];
}

/** A run as its record tells it. */
export interface RunSummary {
  readonly started: RunStarted | undefined;
  readonly ended: RunEnded | undefined;
  readonly suites: readonly SuiteRun[];
  /** A suite that could not run counts as one failed or bench test. */
  readonly counts: Counts;
}

export interface Judgement {
  readonly verdict: 'passed' | 'failed' | 'bench';
  /** Why, if it is not `passed`. */
  readonly reason: string;
}

interface MutableSuite {
  suite: string;
  repetition: number;
  startedAt: number;
  endedAt: number;
  ended: boolean;
  tests: TestEnded[];
  failures: SuiteFailed[];
}

/** Sorts the events of one record by suite. */
export function summarize(events: readonly RecordEvent[]): RunSummary {
  const suites = new Map<string, MutableSuite>();
  const counts: Record<TestVerdict, number> = { passed: 0, failed: 0, bench: 0, skipped: 0 };
  let started: RunStarted | undefined;
  let ended: RunEnded | undefined;
  const suiteOf = (event: { suite: string; repetition: number; time: string }): MutableSuite => {
    const key = `${event.repetition} ${event.suite}`;
    const at = Date.parse(event.time) || 0;
    const found = suites.get(key) ?? { suite: event.suite, repetition: event.repetition, startedAt: at, endedAt: at, ended: false, tests: [], failures: [] };
    found.endedAt = Math.max(found.endedAt, at);
    suites.set(key, found);
    return found;
  };
  for (const event of events) {
    switch (event.event) {
      case 'run-started':
        started ??= event;
        break;
      case 'run-ended':
        ended = event;
        break;
      case 'suite-started':
        suiteOf(event);
        break;
      case 'test-ended':
        suiteOf(event).tests.push(event);
        counts[event.verdict]++;
        break;
      case 'suite-ended':
        suiteOf(event).ended = true;
        break;
      case 'suite-failed':
        suiteOf(event).failures.push(event);
        counts[event.kind]++;
        break;
      case 'tool-called':
      case 'step':
        break;
    }
  }
  return { started, ended, suites: [...suites.values()], counts };
}

/** The verdict of a run. A run with a bench fault has not been completed, whatever else failed in it. */
export function judge({ counts }: RunSummary): Judgement {
  if (counts.bench > 0) return { verdict: 'bench', reason: `the bench failed: ${counted(counts.bench, 'test')} without a result` };
  if (counts.failed > 0) return { verdict: 'failed', reason: `${counted(counts.failed, 'test')} failed` };
  if (counts.passed === 0) {
    return { verdict: 'failed', reason: counts.skipped > 0 ? 'every test was skipped: nothing was tested' : 'no test ran: nothing was tested' };
  }
  return { verdict: 'passed', reason: '' };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Title of a test with those of its describe blocks: unique within a suite. */
export function fullTitle(test: TestEnded): string {
  return [...test.ancestors, test.title].join(' › ');
}
