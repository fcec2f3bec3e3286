import { TestEnvironment } from 'jest-environment-node';
import type { TestVerdict } from '../record/index.js';
import type { BoardSession } from '../session/index.js';
import { HarnessError } from '../errors/index.js';
import { BoardRun, type OpenBoardOf } from './board-run.js';
import { ancestorsOf, type CircusEvent, type CircusTest } from './circus.js';
import { fixtureKey, type Fixture } from './fixtures.js';
import { suiteName } from './run-file.js';
import { benchFaultWithin, describeError, isJestTimeout, showNextStep, skipReasonWithin } from './verdict.js';

type EnvironmentArguments = ConstructorParameters<typeof TestEnvironment>;

/**
 * The Jest environment of board suites. It lives outside the test files' contexts: the session, its serial port and its
 * tool calls are made once per process, whatever Jest does to the module registry between files.
 */
export function boardEnvironment(open: OpenBoardOf): typeof TestEnvironment {
  return class BoardEnvironment extends TestEnvironment {
    readonly #run: BoardRun;
    readonly #path: string;
    readonly #suite: string;
    /** Tests not run because the board is quarantined. */
    readonly #withheld = new WeakSet<CircusTest>();
    #inTest = false;
    /** When the test began, by a clock that nobody sets: Jest's own durations jump with the time of day. */
    #testStart = performance.now();
    /** What the board's own clock showed then. */
    #boardStart: number | undefined;
    /** How many errors of each test the record tells. */
    readonly #told = new Map<CircusTest, number>();

    constructor(config: EnvironmentArguments[0], context: EnvironmentArguments[1]) {
      super(config, context);
      this.#run = BoardRun.ofThisProcess(open);
      this.#path = context.testPath;
      this.#suite = suiteName(this.#run.file, context.testPath);
    }

    override async setup(): Promise<void> {
      await super.setup();
      const { record, file } = this.#run;
      record.append({ event: 'suite-started', time: new Date().toISOString(), repetition: file.repetition, suite: this.#suite });
      await this.#run.ready();
      const fixture: Fixture = {
        session: () => this.#run.session() as BoardSession,
        matchers: () => this.#run.matchers(),
        attach: (...file) => this.#run.attach(...file),
        notes: this.#run.notes,
      };
      Object.defineProperty(this.global, fixtureKey, { value: fixture, enumerable: false });
    }

    override async teardown(): Promise<void> {
      if (!this.#run.interrupted) this.#run.record.append({ event: 'suite-ended', time: new Date().toISOString(), repetition: this.#run.file.repetition, suite: this.#suite });
      await super.teardown();
    }

    handleTestEvent(event: CircusEvent): void {
      switch (event.name) {
        case 'run_describe_start':
          // So that its hooks do not run either.
          if (this.#run.fault) event.describeBlock.mode = 'skip';
          return;
        case 'hook_failure':
          // Those of the other hooks become errors of the tests around which they run.
          if (event.hook.type === 'afterAll') this.#outside(event.error);
          else this.#watchForFault(event.error);
          return;
        case 'error':
          if (!this.#inTest) this.#outside(event.error);
          return;
        case 'test_start':
          this.#inTest = true;
          this.#started(event.test);
          if (!this.#run.fault || event.test.mode === 'skip' || event.test.mode === 'todo') return;
          this.#withheld.add(event.test);
          event.test.mode = 'skip';
          return;
        case 'test_skip':
          this.#inTest = false;
          if (this.#withheld.has(event.test)) this.#ended(event.test, 'bench', [this.#faultMessage()]);
          else this.#ended(event.test, 'skipped', ['marked to be skipped in the suite']);
          return;
        case 'test_todo':
          this.#inTest = false;
          this.#ended(event.test, 'skipped', ['not written yet']);
          return;
        case 'test_done':
          this.#done(event.test);
          return;
        case 'run_finish':
          this.#lateErrors();
          return;
      }
    }

    /** An error that belongs to no test: Jest's reporter gets nothing but its text, and has to know what kind it was. */
    #outside(error: unknown): void {
      const kind = this.#watchForFault(error) || this.#run.interrupted ? 'bench' : 'failed';
      this.#run.outsideTests.push({ suitePath: this.#path, kind, message: describeError(error, this.#path) });
    }

    #done(test: CircusTest): void {
      this.#inTest = false;
      // More than one where hooks of blocks within each other skip: the outermost was first.
      const skipReasons = test.errors.map(skipReasonWithin);
      const [skipReason] = skipReasons;
      const messages = test.errors.map((error) => describeError(error, this.#path));
      test.errors.forEach(showNextStep);
      this.#told.set(test, test.errors.length);
      const broken = test.errors.some((error) => this.#watchForFault(error));
      if (this.#run.fault?.code === 'test-stuck' && test.errors.some(isJestTimeout)) messages.push(`${this.#run.fault.message}\nnext: ${this.#run.fault.nextStep}`);
      // What an interruption makes fail says nothing about the firmware.
      if (broken || (messages.length > 0 && this.#run.interrupted)) this.#ended(test, 'bench', messages);
      else if (skipReason !== undefined && !skipReasons.includes(undefined)) {
        this.#ended(test, 'skipped', [skipReason]);
        // For Jest's own reporters and exit status too.
        test.errors.length = 0;
        test.status = 'skip';
      }
      else this.#ended(test, messages.length > 0 ? 'failed' : 'passed', messages);
    }

    /** Errors of code that a test left running: Jest adds them to the test after its end. */
    #lateErrors(): void {
      const { record, file } = this.#run;
      for (const [test, told] of this.#told) {
        for (const error of test.errors.slice(told)) {
          const bench = this.#watchForFault(error) || this.#run.interrupted;
          record.append({
            event: 'suite-failed',
            time: new Date().toISOString(),
            repetition: file.repetition,
            suite: this.#suite,
            kind: bench ? 'bench' : 'failed',
            message: `after the end of the test ${JSON.stringify(test.name)}: ${describeError(error, this.#path)}`,
          });
        }
      }
    }

    /** Quarantines the board if the error is a fault of the bench. */
    #watchForFault(error: unknown): boolean {
      const fault = benchFaultWithin(error) ?? (isJestTimeout(error) ? this.#stuckTest() : undefined);
      if (fault) this.#run.quarantine(fault);
      return fault !== undefined;
    }

    #faultMessage(): string {
      const fault = this.#run.fault;
      return fault ? `not run: ${fault.message}\nnext: ${fault.nextStep}` : 'not run';
    }

    #started(test: CircusTest): void {
      const { record, file } = this.#run;
      this.#testStart = performance.now();
      record.append({ event: 'test-started', time: new Date().toISOString(), repetition: file.repetition, suite: this.#suite, ancestors: ancestorsOf(test), title: test.name });
      this.#run.board?.matchers?.testBegan();
      this.#boardStart = this.#run.board?.boardNow?.();
    }

    /** Its code may still be talking to the board, so no test after it can be trusted. */
    #stuckTest(): HarnessError {
      const wallMs = performance.now() - this.#testStart;
      const boardMs = this.#boardStart === undefined ? undefined : (this.#run.board?.boardNow?.() ?? NaN) - this.#boardStart;
      const slow = boardMs !== undefined && boardMs < wallMs / 2;
      return new HarnessError({
        code: 'test-stuck',
        kind: 'bench',
        message: `a test was given up after its time-out while it may still have been using the board${slow ? `, whose clock went on by ${(boardMs / 1000).toFixed(1)} s in ${(wallMs / 1000).toFixed(1)} s` : ''}`,
        nextStep: slow
          ? 'an application that polls without a pause makes a virtual board slow: let it sleep (WFI) while it waits, wait for less (withinMs is board time), or give the test more time, as the third argument of it(…)'
          : 'see the last console lines of that test; every wait on the board should have a shorter time-out than the test',
      });
    }

    #ended(test: CircusTest, verdict: TestVerdict, messages: readonly string[]): void {
      const { record, file } = this.#run;
      this.#run.counts[verdict]++;
      record.append({
        event: 'test-ended',
        time: new Date().toISOString(),
        repetition: file.repetition,
        suite: this.#suite,
        ancestors: ancestorsOf(test),
        title: test.name,
        verdict,
        durationMs: Math.round(performance.now() - this.#testStart),
        waitedMs: Math.round(this.#run.waits.since(this.#testStart)),
        messages,
      });
    }
  };
}
