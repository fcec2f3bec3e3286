/** The run record: one JSON document per line, written as the run goes. Every report is drawn from it and from nothing else. */

/** How a test ended. `bench`: the bench failed, nothing is known about the firmware. */
export type TestVerdict = 'passed' | 'failed' | 'bench' | 'skipped';

export interface RunStarted {
  readonly event: 'run-started';
  readonly schema: 1;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly run: string;
  readonly board: { readonly name: string; readonly kit: string; readonly probeSn: string; readonly virtual: boolean };
  readonly configuration: { readonly bootPath: string; readonly mode: string; readonly exec: string };
  /** The application under test. */
  readonly application: ApplicationNamed;
  /** The application that updates it, where the suites have one. */
  readonly update?: ApplicationNamed;
  /** What every random choice of the run follows from; null = not reproducible. */
  readonly seed: number | null;
  readonly tool: { readonly name: string; readonly version: string };
  readonly harness: { readonly version: string; readonly node: string };
}

export interface ApplicationNamed {
  readonly path: string;
  /** SHA-256 of the ELF file, 64 lower-case hex digits. */
  readonly sha256: string;
  /** `1.0.0` */
  readonly version: string;
}

export interface SuiteStarted {
  readonly event: 'suite-started';
  readonly time: string;
  /** 1 … n of `--repeat n`. */
  readonly repetition: number;
  /** Path of the suite file as the user named it, with forward slashes: `suites/boot.hil.ts`. */
  readonly suite: string;
}

export interface TestEnded {
  readonly event: 'test-ended';
  readonly time: string;
  readonly repetition: number;
  readonly suite: string;
  /** Titles of the describe blocks, outermost first. */
  readonly ancestors: readonly string[];
  readonly title: string;
  readonly verdict: TestVerdict;
  readonly durationMs: number;
  /** Messages of the failure or bench fault; why a test was skipped. */
  readonly messages: readonly string[];
  /** What the board printed while the test ran, one entry per line. */
  readonly console: readonly ConsoleLine[];
}

export interface ConsoleLine {
  /** Milliseconds since the start of the run. */
  readonly at: number;
  readonly text: string;
}

/** Jest is done with a suite file. Without it the process ended in the middle of the suite, whatever its exit status says. */
export interface SuiteEnded {
  readonly event: 'suite-ended';
  readonly time: string;
  readonly repetition: number;
  readonly suite: string;
}

/** A suite file that could not run at all (syntax error, bench fault in its set-up). */
export interface SuiteFailed {
  readonly event: 'suite-failed';
  readonly time: string;
  readonly repetition: number;
  readonly suite: string;
  readonly kind: 'failed' | 'bench';
  readonly message: string;
}

export interface ToolCalled {
  readonly event: 'tool-called';
  readonly time: string;
  /** argv after the executable; secrets redacted. */
  readonly arguments: readonly string[];
  readonly durationMs: number;
  readonly exitCode: number | null;
  readonly outcome: 'ok' | 'error' | 'timeout' | 'killed';
}

export interface StepNoted {
  readonly event: 'step';
  readonly time: string;
  readonly name: string;
  readonly detail: string;
}

export interface RunEnded {
  readonly event: 'run-ended';
  readonly time: string;
  readonly verdict: 'passed' | 'failed' | 'bench';
  readonly reason: string;
  readonly durationMs: number;
}

export type RecordEvent = RunStarted | SuiteStarted | TestEnded | SuiteEnded | SuiteFailed | ToolCalled | StepNoted | RunEnded;
