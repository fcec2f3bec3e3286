import type { BoardOpened, RecordEvent, RecordProblem, RunEnded, RunStarted, SuiteFailed, TestEnded, TestStarted, TestVerdict } from '../record/index.js';
import { addToActivity, noActivity, type Activity, type MutableActivity } from './activity.js';

export type Counts = Readonly<Record<TestVerdict, number>>;

/** A test with everything that happened in it. */
export interface TestRun extends Omit<TestEnded, 'console'>, Activity {
  /** Milliseconds since the epoch; where the record does not tell, its end less its duration. */
  readonly startedAt: number;
}

/** One suite file in one repetition: what its `<testsuite>` shows. */
export interface SuiteRun {
  readonly suite: string;
  readonly repetition: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly tests: readonly TestRun[];
  /** What happened before the first test, between tests and after the last: provisioning in a `beforeAll`. */
  readonly around: Activity;
  /** Whether it ran to its end. */
  readonly ended: boolean;
  /** Why the file as a whole failed. */
  readonly failures: readonly SuiteFailed[];
}

/** A run as its record tells it. */
export interface RunSummary {
  readonly started: RunStarted | undefined;
  /** The first time that the bench answered. */
  readonly opened: BoardOpened | undefined;
  readonly ended: RunEnded | undefined;
  readonly suites: readonly SuiteRun[];
  /** A suite that could not run counts as one failed or bench test. */
  readonly counts: Counts;
  /** Lines of the record that nobody can read: what they told is missing here. */
  readonly unread: readonly RecordProblem[];
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
  tests: TestRun[];
  around: MutableActivity;
  failures: SuiteFailed[];
}

interface OpenTest {
  readonly started: TestStarted;
  readonly suite: MutableSuite;
  readonly activity: MutableActivity;
}

/** Sorts the events of one record by suite and test. A test that was begun and never ended is a bench fault: nobody knows how it would have ended. @param unread what the record's reader could not read */
export function summarize(events: readonly RecordEvent[], unread: readonly RecordProblem[] = []): RunSummary {
  const sorting = new Sorting();
  for (const event of events) sorting.take(event);
  return { ...sorting.finish(), unread };
}

class Sorting {
  readonly #suites = new Map<string, MutableSuite>();
  readonly #counts: Record<TestVerdict, number> = { passed: 0, failed: 0, bench: 0, skipped: 0 };
  #started: RunStarted | undefined;
  #opened: BoardOpened | undefined;
  #ended: RunEnded | undefined;
  #suite: MutableSuite | undefined;
  #test: OpenTest | undefined;

  take(event: RecordEvent): void {
    switch (event.event) {
      case 'run-started':
        this.#started ??= event;
        return;
      case 'board-opened':
        this.#opened ??= event;
        return;
      case 'run-ended':
        this.#ended = event;
        return;
      case 'suite-started':
        this.#giveUpTest(event.time);
        this.#suite = this.#suiteOf(event);
        return;
      case 'test-started':
        this.#giveUpTest(event.time);
        this.#suite = this.#suiteOf(event);
        this.#test = { started: event, suite: this.#suite, activity: noActivity() };
        return;
      case 'test-ended':
        this.#endTest(event);
        return;
      case 'suite-ended':
        this.#suiteOf(event).ended = true;
        return;
      case 'suite-failed': {
        const suite = this.#suiteOf(event);
        // The failure of the suite tells of the test in which it happened.
        if (this.#test?.suite === suite && event.kind === 'bench') this.#giveUpTest(event.time);
        suite.failures.push(event);
        this.#counts[event.kind]++;
        return;
      }
      default: {
        const activity = this.#test?.activity ?? this.#suite?.around;
        if (activity) addToActivity(activity, event);
      }
    }
  }

  finish(): Omit<RunSummary, 'unread'> {
    this.#giveUpTest(this.#ended?.time);
    return { started: this.#started, opened: this.#opened, ended: this.#ended, suites: [...this.#suites.values()], counts: this.#counts };
  }

  #endTest(event: TestEnded): void {
    const suite = this.#suiteOf(event);
    const own = this.#test?.suite === suite && this.#test.started.title === event.title ? this.#test : undefined;
    const activity = own?.activity ?? noActivity();
    for (const line of event.console ?? []) activity.console.push(line);
    const endedAt = Date.parse(event.time) || 0;
    suite.tests.push({ ...event, ...activity, startedAt: own ? Date.parse(own.started.time) || 0 : endedAt - event.durationMs });
    this.#counts[event.verdict]++;
    this.#suite = suite;
    this.#test = undefined;
  }

  /** The record goes on without the end of the test that it tells of. */
  #giveUpTest(time: string | undefined): void {
    if (!this.#test) return;
    const { started, suite, activity } = this.#test;
    this.#test = undefined;
    const startedAt = Date.parse(started.time) || 0;
    const { repetition, ancestors, title } = started;
    const endedAt = Math.max(startedAt, Date.parse(time ?? '') || startedAt);
    suite.tests.push({ event: 'test-ended', time: time ?? started.time, repetition, suite: suite.suite, ancestors, title, verdict: 'bench', durationMs: endedAt - startedAt, messages: ['the run ended in the middle of this test'], startedAt, ...activity });
    this.#counts.bench++;
  }

  #suiteOf(event: { suite: string; repetition: number; time: string }): MutableSuite {
    const key = `${event.repetition} ${event.suite}`;
    const at = Date.parse(event.time) || 0;
    const found = this.#suites.get(key) ?? { suite: event.suite, repetition: event.repetition, startedAt: at, endedAt: at, ended: false, tests: [], around: noActivity(), failures: [] };
    found.endedAt = Math.max(found.endedAt, at);
    this.#suites.set(key, found);
    return found;
  }
}

/** The verdict of a run. A run with a bench fault has not been completed, whatever else failed in it. */
export function judge({ counts, unread }: Pick<RunSummary, 'counts' | 'unread'>): Judgement {
  if (counts.bench > 0) return { verdict: 'bench', reason: `the bench failed: ${counted(counts.bench, 'test')} without a result` };
  if (unread.length > 0) return { verdict: 'bench', reason: `the record is damaged: ${counted(unread.length, 'line')} of it cannot be read, the first is line ${unread[0].line}` };
  if (counts.failed > 0) return { verdict: 'failed', reason: `${counted(counts.failed, 'test')} failed` };
  if (counts.passed === 0) {
    return { verdict: 'failed', reason: counts.skipped > 0 ? 'every test was skipped: nothing was tested' : 'no test ran: nothing was tested' };
  }
  return { verdict: 'passed', reason: '' };
}

const gravity = { passed: 0, failed: 1, bench: 2 } as const;

/** The verdict that a report shows: what the run itself concluded, if nothing in its record is worse, or a bench fault where its end is missing. */
export function verdictOf(run: RunSummary): Judgement {
  const judged = judge(run);
  if (!run.ended) return { verdict: 'bench', reason: `the run was not finished${judged.reason === '' ? '' : `; ${judged.reason}`}` };
  const { verdict, reason } = run.ended;
  return gravity[judged.verdict] > gravity[verdict] ? judged : { verdict, reason };
}

/** What is wrong with the run as a whole, and no test or suite of it tells: undefined where one does. */
export function objectionOf(run: RunSummary): { readonly kind: 'failed' | 'bench'; readonly message: string } | undefined {
  const { verdict, reason } = verdictOf(run);
  if (verdict === 'passed' || (run.ended !== undefined && run.unread.length === 0 && run.counts[verdict] > 0)) return undefined;
  return { kind: verdict, message: reason };
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Title of a test with those of its describe blocks: unique within a suite. */
export function fullTitle(test: Pick<TestEnded, 'ancestors' | 'title'>): string {
  return [...test.ancestors, test.title].join(' › ');
}
