import type { Bench, BootPathName, ExecutionMode, UpdateMode } from '../board/index.js';
import type { ConsoleLine } from '../console/index.js';
import type { ToolCall } from '../programmer/index.js';
import type { Milliseconds } from '../units/index.js';
import type { ClosingOptions } from './closed-board.js';
import type { ExplainedFault } from './fault-watch.js';
import type { RotKeyFiles } from './session-keys.js';

/** An application that a run was given. */
export interface NamedApplication {
  /** Absolute path of an ELF file, or of a .bin that starts at the run address. */
  readonly path: string;
  /** Version that its image gets: `1.0.0`. */
  readonly version: string;
}

/** The applications of a run: the one under test and the one that updates it. */
export interface SessionApplications {
  readonly application: NamedApplication;
  readonly update: NamedApplication;
}

/** What happens while a session lives. */
export type SessionEvent =
  | { readonly event: 'tool'; readonly call: ToolCall }
  | { readonly event: 'console'; readonly line: ConsoleLine }
  /** A wait for a line of the console, for a command of the bench, or for the device to settle between two calls of the tool, has ended. */
  | { readonly event: 'waited'; readonly durationMs: Milliseconds }
  /** A start that ended as it was expected; `durationMs` from its first line to the one that decided. */
  | { readonly event: 'booted'; readonly durationMs: Milliseconds; readonly version: string | null; readonly starts: number; readonly jumped: boolean }
  /** Comes behind the console line that told of it. */
  | ({ readonly event: 'fault' } & ExplainedFault)
  | { readonly event: 'step'; readonly name: string; readonly detail: string };

/** Everything that a session is opened with; all but `signal` and `onEvent` can travel as JSON. */
export interface SessionOptions {
  readonly bench: Bench;
  readonly configuration: { readonly bootPath: BootPathName; readonly mode: UpdateMode; readonly exec: ExecutionMode };
  /** Keys and random bytes of the run are derived from it: the same seed, the same images. */
  readonly seed: number | string;
  /** PEM files of the board's keys instead of derived ones: both, or one of them. */
  readonly keyFiles?: RotKeyFiles;
  readonly applications?: SessionApplications;
  /** What the tool has told of its version to whoever opens the session; default: it is asked. */
  readonly toolVersion?: string;
  /** Boot paths of product state CLOSED: what the owner of the board allows; default: nothing. */
  readonly closing?: ClosingOptions;
  /** Folder for the files that the tool is given; must exist. */
  readonly workDirectory: string;
  /** Durable log of every tool call, one JSON document a line; default: none. */
  readonly callLogPath?: string;
  /** Ends running tools and waits, and refuses later ones (Ctrl-C). */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: SessionEvent) => void;
}
