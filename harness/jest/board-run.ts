import { appendFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { asHarnessError, HarnessError } from '../errors/index.js';
import { sharedClock } from '../units/shared-clock.js';
import { RunRecord, type TestVerdict } from '../record/index.js';
import { Attachments } from './attachments.js';
import { BoardWaits } from './board-waits.js';
import type { BoardMatchers } from './matchers/board-matchers.js';
import { readRunFile, type RunFile } from './run-file.js';

/** The board of a run as the environment sees it: `session` is what suites hold. */
export interface OpenBoard {
  readonly session: object;
  /** Of a real session. */
  readonly matchers?: BoardMatchers;
  /** Milliseconds on the board's own clock, where it has one. */
  readonly boardNow?: () => number | undefined;
  /** Closes the port and ends every tool still running. */
  close(): Promise<void>;
}

export type OpenBoardOf = (run: BoardRun) => Promise<OpenBoard>;

/** How long an interrupted run may take to put the board away. */
const closeTimeoutMs = 3000;
/** Outside any test file: Jest gives every file a module registry of its own, but there is one board per process. */
const key = Symbol.for('rot-hil.board-run');

/** The one board run of this Jest process: record, session, quarantine. */
export class BoardRun {
  readonly file: RunFile;
  readonly record: RunRecord;
  readonly #open: OpenBoardOf;
  readonly #attachments: Attachments;
  #board: Promise<OpenBoard> | undefined;
  #opened: OpenBoard | undefined;
  #fault: HarnessError | undefined;
  #interrupted = false;
  readonly counts: Record<TestVerdict, number> = { passed: 0, failed: 0, bench: 0, skipped: 0 };
  /** Errors of `afterAll` hooks, and others outside of every test. */
  readonly outsideTests: { readonly suitePath: string; readonly kind: 'failed' | 'bench'; readonly message: string }[] = [];
  /** By `performance.now()`. */
  readonly waits = new BoardWaits(() => performance.now());
  /** What suites tell the suites after them: the state in which they left the board. */
  readonly notes = new Map<string, string>();

  /** The run of this process; the first caller decides how its board is opened. */
  static ofThisProcess(open: OpenBoardOf): BoardRun {
    const holder = globalThis as { [key]?: BoardRun };
    return (holder[key] ??= new BoardRun(readRunFile(), open));
  }

  /** The run of this process, if one has begun. */
  static current(): BoardRun | undefined {
    return (globalThis as { [key]?: BoardRun })[key];
  }

  private constructor(file: RunFile, open: OpenBoardOf) {
    this.file = file;
    this.record = new RunRecord(file.recordPath);
    this.#open = open;
    this.#attachments = new Attachments(file.recordPath);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        this.#interrupted = true;
        this.quarantine(interruption());
        const late = setTimeout(() => process.exit(1), closeTimeoutMs);
        void this.close().finally(() => {
          clearTimeout(late);
          // There are private keys in it, and whoever made it may have been killed.
          rmSync(this.file.session.workDirectory, { recursive: true, force: true });
          process.exit(1);
        });
      });
    }
  }

  /** Whether the run was told to end. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Milliseconds since the start of the run. */
  now(): number {
    return Math.round(sharedClock() - this.file.startedAt);
  }

  /** Keeps a file beside the record and tells of it there. @returns its path below the run's folder */
  attach(name: string, content: string | Uint8Array, mediaType: string | undefined): string {
    const attached = this.#attachments.add(name, content, mediaType);
    this.record.append({ event: 'attachment', time: new Date().toISOString(), ...attached });
    return attached.path;
  }

  appendToolLog(text: string): void {
    appendFileSync(this.file.toolLogPath, text);
  }

  appendConsoleLog(text: string): void {
    appendFileSync(this.file.consoleLogPath, text);
  }

  /** Opens the board if that has not been tried yet. A failure quarantines it. */
  async ready(): Promise<void> {
    if (this.#fault) return;
    try {
      this.#board ??= this.#open(this);
      this.#opened = await this.#board;
    } catch (error) {
      this.quarantine(asHarnessError(error));
    }
  }

  /** The open board; undefined before `ready` or where it could not be opened. */
  get board(): OpenBoard | undefined {
    return this.#opened;
  }

  /** The bench fault that ended the use of the board. */
  get fault(): HarnessError | undefined {
    return this.#fault;
  }

  /** From now on the board is not touched; the first fault is the one that is told. */
  quarantine(fault: HarnessError): void {
    this.#fault ??= fault;
  }

  /** What suites get as `board`. Throws the bench fault once there was one. */
  session(): object {
    return this.#usable().session;
  }

  /** What `expect` and `console` work with. Throws the bench fault once there was one. */
  matchers(): BoardMatchers {
    const { matchers } = this.#usable();
    if (!matchers) throw new Error('this board has no matchers');
    return matchers;
  }

  #usable(): OpenBoard {
    if (this.#fault) {
      throw new HarnessError({
        code: 'board-quarantined',
        kind: 'bench',
        message: `the board is not used any more: ${this.#fault.message}`,
        nextStep: this.#fault.nextStep,
        cause: this.#fault,
      });
    }
    if (!this.#opened) throw new Error('the board has not been opened');
    return this.#opened;
  }

  async close(): Promise<void> {
    // A board that is being opened must be put away too.
    const board = this.#opened ?? (await this.#board?.catch(() => undefined));
    this.#board = undefined;
    this.#opened = undefined;
    await board?.close();
    this.record.close();
  }
}

function interruption(): HarnessError {
  return new HarnessError({ code: 'interrupted', kind: 'bench', message: 'the run was told to end', nextStep: 'run it again; --timeout gives it more time' });
}
