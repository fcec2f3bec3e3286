/** The run record: one JSON document per line, written as the run goes. Every report is drawn from it and from nothing else. */

/** How a test ended. `bench`: the bench failed, nothing is known about the firmware. */
export type TestVerdict = 'passed' | 'failed' | 'bench' | 'skipped';

/** Version of the record's form. 1: a test's console stood in `test-ended` only; both are read. */
export const recordSchema = 2;

export interface RunStarted {
  readonly event: 'run-started';
  readonly schema: 1 | 2;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly run: string;
  readonly board: BoardNamed;
  /** `mce`: only where the root of trust was built without the memory cipher engine that the chip has. */
  readonly configuration: { readonly bootPath: string; readonly mode: string; readonly exec: string; readonly mce?: 'off' };
  /** The application under test. */
  readonly application: ApplicationNamed;
  /** The application that updates it, where the suites have one. */
  readonly update?: ApplicationNamed;
  /** What every random choice of the run follows from; null = not reproducible. */
  readonly seed: number | null;
  readonly tool: { readonly name: string; readonly version: string };
  /** `platform`: `linux x64`. */
  readonly harness: { readonly version: string; readonly node: string; readonly platform?: string };
}

export interface BoardNamed {
  readonly name: string;
  /** `stm32h7s78-dk` */
  readonly kit: string;
  readonly probeSn: string;
  readonly virtual: boolean;
}

export interface ApplicationNamed {
  readonly path: string;
  /** SHA-256 of the ELF file, 64 lower-case hex digits. */
  readonly sha256: string;
  /** `1.0.0` */
  readonly version: string;
}

/** The bench answered: who it is. Once per repetition. */
export interface BoardOpened {
  readonly event: 'board-opened';
  readonly time: string;
  readonly repetition: number;
  readonly probeSn: string;
  /** Firmware of the probe as the tool prints it; null where it does not. */
  readonly probeFirmware: string | null;
  /** Board that the probe says it is part of. */
  readonly probeBoard: string | null;
  readonly toolVersion: string;
  /** Path of the serial port. */
  readonly consolePath: string;
}

export interface SuiteStarted {
  readonly event: 'suite-started';
  readonly time: string;
  /** 1 … n of `--repeat n`. */
  readonly repetition: number;
  /** Path of the suite file as the user named it, with forward slashes: `suites/boot.hil.ts`. */
  readonly suite: string;
}

/** A test has begun: what follows up to its `test-ended` happened in it. */
export interface TestStarted {
  readonly event: 'test-started';
  readonly time: string;
  readonly repetition: number;
  readonly suite: string;
  /** Titles of the describe blocks, outermost first. */
  readonly ancestors: readonly string[];
  readonly title: string;
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
  /** Of these, spent waiting for the board: in calls of its tool, for lines of its console, for commands of its bench, for the device to settle. Not in records of before it was told. */
  readonly waitedMs?: number;
  /** Messages of the failure or bench fault; why a test was skipped. */
  readonly messages: readonly string[];
  /** Schema 1 only: what the board printed while the test ran. */
  readonly console?: readonly ConsoleLine[];
}

export interface ConsoleLine {
  /** Milliseconds since the start of the run, by the clock of the host: when its first byte came. */
  readonly at: number;
  /** Without line end; bytes outside printable ASCII (but for tabs) stand as `\xNN`. */
  readonly text: string;
}

/** The board printed. */
export interface ConsolePrinted {
  readonly event: 'console';
  readonly lines: readonly ConsoleLine[];
  /** Lines left out in front of these, because the board printed more than a record keeps. */
  readonly omitted?: number;
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

/** A call of STM32CubeProgrammer has ended. */
export interface ToolCalled {
  readonly event: 'tool-called';
  /** Of its end. */
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

/** A start of the board that ended as it was expected. */
export interface Booted {
  readonly event: 'booted';
  readonly time: string;
  /** From the first line to the one that decided, host clock. */
  readonly durationMs: number;
  /** What started, as its banner says; null: nothing did, or it does not say. */
  readonly version: string | null;
  /** How often the root of trust began. */
  readonly starts: number;
  /** Whether the root of trust jumped to an application. */
  readonly jumped: boolean;
}

/** The core of the board took a fault. */
export interface FaultSeen {
  readonly event: 'fault';
  readonly time: string;
  /** `console`: the application reported it · `board`: the board's own core did. */
  readonly source: 'console' | 'board';
  /** One sentence: what happened and where. */
  readonly summary: string;
  /** The explanation, line by line: status bits, symbolised code, calls. Empty where there is no ELF file to explain it with. */
  readonly report: readonly string[];
  /** Whether a suite provoked it. */
  readonly expected?: boolean;
  /** The same as the JSON document of `rot-hil fault`; left out where it is unreasonably large. */
  readonly explanation?: object;
}

/** A file that a test left for the reader. */
export interface Attached {
  readonly event: 'attachment';
  readonly time: string;
  readonly name: string;
  /** Relative to the record's folder, with forward slashes. */
  readonly path: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

export interface RunEnded {
  readonly event: 'run-ended';
  readonly time: string;
  readonly verdict: 'passed' | 'failed' | 'bench';
  readonly reason: string;
  readonly durationMs: number;
}

export type RecordEvent =
  | RunStarted
  | BoardOpened
  | SuiteStarted
  | TestStarted
  | TestEnded
  | ConsolePrinted
  | SuiteEnded
  | SuiteFailed
  | ToolCalled
  | StepNoted
  | Booted
  | FaultSeen
  | Attached
  | RunEnded;
