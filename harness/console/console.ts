import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';
// Not the package's entry, which loads ten parsers as well and takes twice the time.
import { SerialPort } from 'serialport/dist/serialport.js';
import type { Milliseconds } from '../units/index.js';
import { HarnessError, isHarnessError } from '../errors/index.js';
import type { BoardTime } from './board-time.js';
import { noteHolder, removeNote } from './holder.js';
import type { ConsoleLine, LineLogLimits } from './line-log.js';
import { LineLog } from './line-log.js';
import { openError } from './open-errors.js';

/** How a console is reached: here, a serial port of this machine, held for this process alone. @throws HarnessError `console-busy`, `console-missing` … (bench) */
export type ConsoleTransport = (path: string, baudRate: number) => Promise<SerialPort>;

export interface OpenConsoleOptions {
  /** Default: a serial port of this machine. */
  readonly transport?: ConsoleTransport;
  /** Path of the serial port. */
  readonly path: string;
  readonly baudRate: number;
  /** The board's time, closed with the console; default: the wall's. A wait then lasts until both have gone on by what it may take, or the board waits for input or does not go on any more; a line whose end came later than that by the board's time is late, however soon it came by the wall's. */
  readonly boardTime?: BoardTime;
  /** Called for every line, in order. It must not throw. */
  readonly onLine?: (line: ConsoleLine) => void;
  /** Called with the bytes as they come, before they are lines. It must not throw. */
  readonly onBytes?: (bytes: Buffer) => void;
  /** Called when somebody has waited for a line that was not there yet. It must not throw. */
  readonly onWaited?: (durationMs: Milliseconds) => void;
  readonly limits?: Partial<LineLogLimits>;
  /** Finds the port again after it has gone: an ST-LINK that enumerates anew may get another name. undefined: not there now. */
  readonly locate?: () => Promise<string | undefined>;
}

/** A time in which the port was given to somebody else: what the board printed then is in no log. */
export interface ConsoleGap {
  /** Number of the first line after it. */
  readonly before: ConsoleMark;
  /** On the console's clock. */
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

/** A point between two lines of the console: the number of the first line after it. */
export type ConsoleMark = number;

export interface WaitOptions {
  readonly withinMs: Milliseconds;
  /** Lines from this mark on count; default: from now on. */
  readonly from?: ConsoleMark;
  /** Look at an unfinished line too (a prompt without line end). */
  readonly partial?: boolean;
  readonly signal?: AbortSignal;
  /** What is waited for, in words, for the error; default: the pattern. */
  readonly what?: string;
}

export type LinePattern = RegExp | ((line: ConsoleLine) => boolean);

interface Waiter {
  readonly pattern: LinePattern;
  readonly partial: boolean;
  readonly resolve: (line: ConsoleLine) => void;
  readonly reject: (error: HarnessError) => void;
}

const LAST_LINES = 12;
const WRITE_DEADLINE_MS = 5000;
const WATCH_MS = 100;
const RETRY_MS = 200;
const QUIET_MS = 25;
/** Between two looks at the board's time. */
const LOOK_MS = 20;
/** A board whose time stands still for so long does not go on: its process has ended, or was stopped. */
const STALL_MS = 1000;

const matches = (pattern: LinePattern, line: ConsoleLine): boolean => {
  if (typeof pattern === 'function') return pattern(line);
  pattern.lastIndex = 0;
  return pattern.test(line.text);
};

const nameOf = (pattern: LinePattern, { what }: WaitOptions): string => what ?? (typeof pattern === 'function' ? 'the awaited line' : String(pattern));

/**
 * Opens the serial port of a board for this process alone and reads it from now on.
 * @throws HarnessError `console-busy`, `console-permission`, `console-missing`, `console-open` (bench)
 */
export async function openConsole(options: OpenConsoleOptions): Promise<Console> {
  try {
    const board = new Console(await (options.transport ?? openPort)(options.path, options.baudRate), options);
    board.watch();
    return board;
  } catch (error) {
    options.boardTime?.close();
    throw error;
  }
}

async function openPort(path: string, baudRate: number): Promise<SerialPort> {
  const port = new SerialPort({ path, baudRate, dataBits: 8, parity: 'none', stopBits: 1, lock: true, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(openError(path, error)) : resolve())));
  noteHolder(path);
  return port;
}

/**
 * The console of a board: every line with the time of its arrival. Once the port is lost (`console-lost`) or closed (`console-closed`) every
 * waiter and every later call fails at once with that bench error.
 */
export class Console {
  /** Path of the port now; it changes when the port was found again under another name. */
  path: string;
  /** Wall-clock time at which `at` is 0. */
  private readonly start = performance.now();
  private readonly log: LineLog;
  private readonly waiters = new Set<Waiter>();
  private ended: HarnessError | undefined;
  private closing: Promise<void> | undefined;
  private readonly endListeners: ((error: HarnessError) => void)[] = [];
  private watchdog: NodeJS.Timeout | undefined;
  private received = 0;
  /** Bytes sent, on the count of those that the board has taken. */
  private sent: number;
  private releasedAt: Milliseconds | undefined;
  private readonly givenAway: ConsoleGap[] = [];

  /** Use `openConsole`. @param port open */
  constructor(
    private port: SerialPort,
    private readonly options: OpenConsoleOptions,
  ) {
    this.path = options.path;
    this.sent = options.boardTime?.now().taken ?? 0;
    this.log = new LineLog((line) => this.deliver(line, options.onLine), options.limits, (line) => options.boardTime?.endOf(line));
    this.attach(port);
  }

  private attach(port: SerialPort): void {
    port.on('data', (bytes: Buffer) => {
      this.received += bytes.length;
      this.options.onBytes?.(bytes);
      this.log.add(bytes, this.now());
      this.offerPartial();
    });
    // A port that was given up and closes late says nothing about the one that is held now.
    const mine = (): boolean => this.port === port && this.releasedAt === undefined;
    port.on('error', (error: Error) => mine() && this.lose(error));
    port.on('close', (error: Error | null) => mine() && this.lose(error));
  }

  /** When the port was given away, oldest first. */
  get gaps(): readonly ConsoleGap[] {
    return this.givenAway;
  }

  /**
   * Gives the port up for a while, after everything that has come was read: the boot loader speaks over the same one. Lines and waiters stay.
   * Never fails; without effect while it is given up.
   */
  async release(): Promise<void> {
    if (this.ended !== undefined || this.releasedAt !== undefined) return;
    await this.quiet();
    if (this.ended !== undefined) return;
    this.releasedAt = this.now();
    clearInterval(this.watchdog);
    this.log.cut(this.now());
    removeNote(this.path);
    const { port } = this;
    await new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve()));
  }

  /**
   * Takes the port back, under another name if it enumerated anew.
   * @throws HarnessError `console-lost` (bench) when it does not come back in time, `console-busy` … (bench)
   */
  async takeBack(withinMs: Milliseconds = 10_000): Promise<void> {
    if (this.ended !== undefined) throw this.ended;
    if (this.releasedAt === undefined) return;
    const deadline = this.now() + withinMs;
    for (;;) {
      const found = (await this.options.locate?.().catch(() => undefined)) ?? this.path;
      try {
        this.port = await (this.options.transport ?? openPort)(found, this.options.baudRate);
        this.path = found;
        break;
      } catch (error) {
        if (this.now() >= deadline) {
          const cause = error instanceof Error ? error : null;
          this.end(lost(this.path, cause));
          throw this.ended ?? error;
        }
        await sleep(RETRY_MS);
      }
    }
    if (this.closing !== undefined) {
      this.port.close(() => undefined);
      throw this.ended ?? lost(this.path, null);
    }
    this.givenAway.push({ before: this.log.next, from: this.releasedAt, to: this.now() });
    this.releasedAt = undefined;
    this.attach(this.port);
    this.watch();
  }

  /**
   * Looks whether the port still exists, for as long as it is open. A port that vanishes while it is being read gives an endless row of
   * empty reads on Linux, which serialport repeats without telling anybody. Started by `openConsole`.
   */
  watch(): void {
    this.watchdog = setInterval(() => {
      const fd = (this.port.port as { fd?: unknown } | undefined)?.fd;
      // Windows has no descriptor here and reports the loss itself.
      if (typeof fd === 'number' && !isatty(fd)) this.lose(null);
    }, WATCH_MS).unref();
  }

  /** Milliseconds since the port was opened. */
  now(): Milliseconds {
    return performance.now() - this.start;
  }

  /** The point after everything that has been read so far; an unfinished line counts as after it. */
  mark(): ConsoleMark {
    return this.log.next;
  }

  /** Ends an unfinished line and gives the point after it: set before a reset, nothing printed earlier stands behind it. */
  cut(): ConsoleMark {
    this.log.cut(this.now());
    return this.log.next;
  }

  /** The lines since a mark, oldest first, as far as they are still kept (the last 20000). */
  since(mark: ConsoleMark = 0): readonly ConsoleLine[] {
    return this.log.since(mark);
  }

  /** Lines dropped so far to bound the memory. */
  get dropped(): number {
    return this.log.dropped;
  }

  /**
   * The first line from `from` on that matches.
   * @throws HarnessError `console-silent` (bench) when nothing at all came, `console-unexpected` (subject) when other lines came, or this one too late,
   *   `console-lost`, `console-closed`, `interrupted` (bench)
   */
  waitFor(pattern: LinePattern, options: WaitOptions): Promise<ConsoleLine> {
    const from = options.from ?? this.mark();
    const promise = new Promise<ConsoleLine>((resolve, reject) => {
      const seen = this.since(from).find((line) => matches(pattern, line));
      if (seen !== undefined) return resolve(seen);
      if (this.ended !== undefined) return reject(this.ended);
      if (options.signal?.aborted) return reject(interrupted());
      const done = (): void => {
        this.options.onWaited?.(this.now() - beganAt);
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', onAbort);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        pattern,
        partial: options.partial ?? false,
        resolve: (line) => {
          const tookMs = line.boardMs === undefined ? 0 : line.boardMs - began;
          if (tookMs > options.withinMs) return waiter.reject(this.late(pattern, line, tookMs, options));
          done();
          resolve(line);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.reject(interrupted());
      const { boardTime } = this.options;
      const began = boardTime?.now().ms ?? 0;
      const beganAt = this.now();
      let gone = Number.NEGATIVE_INFINITY;
      let moved = beganAt;
      const due = (): void => {
        const before = gone;
        const { ms, idle: sleeps, taken } = boardTime?.now() ?? { ms: 0, idle: true, taken: Infinity };
        const now = this.now();
        // A board that has not taken yet what was sent to it is not done.
        const idle = sleeps && taken >= this.sent;
        gone = idle ? Math.max(ms - began, now - beganAt) : ms - began;
        if (gone > before) moved = now;
        // What a board with a clock of its own printed in time may still be on its way here: a look later it has come, with its time.
        const over = gone >= options.withinMs && (boardTime === undefined || before >= options.withinMs);
        if (over || now - moved > STALL_MS) waiter.reject(this.timeout(pattern, from, options));
        else timer = setTimeout(due, Math.max(LOOK_MS, options.withinMs - gone));
      };
      let timer = setTimeout(due, options.withinMs);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(waiter);
      this.offerPartial();
    });
    // The caller may be busy elsewhere when the port is lost: that must not end the process.
    promise.catch(() => undefined);
    return promise;
  }

  /** Lets so much time go by while lines come in. @throws HarnessError `console-lost`, `console-closed`, `interrupted` (bench) */
  async listen(forMs: Milliseconds, signal?: AbortSignal): Promise<void> {
    try {
      await this.waitFor(() => false, { withinMs: forMs, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (!isHarnessError(error) || (error.code !== 'console-silent' && error.code !== 'console-unexpected')) throw error;
    }
  }

  /** Sends text as Latin-1 bytes; resolves when the operating system has taken all of it. */
  async send(text: string): Promise<void> {
    if (this.ended !== undefined) throw this.ended;
    if (this.releasedAt !== undefined) throw new HarnessError({ code: 'console-released', kind: 'bench', message: `${this.path} is given to the boot loader`, nextStep: 'wait until it is taken back' });
    this.sent += text.length;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new HarnessError({ code: 'console-blocked', kind: 'bench', message: `${this.path} took no more bytes for ${WRITE_DEADLINE_MS} ms`, nextStep: 'check flow control and the cable of the console' }));
      }, WRITE_DEADLINE_MS);
      this.port.write(Buffer.from(text, 'latin1'), (error) => {
        clearTimeout(timer);
        if (error) reject(this.ended ?? lost(this.path, error));
        else resolve();
      });
    });
  }

  /** What the board's clock shows, where it has one of its own; only differences mean something. */
  boardNow(): Milliseconds | undefined {
    return this.options.boardTime?.now().ms;
  }

  /** Calls back once the port is lost or closed; at once if it is. */
  onEnd(listener: (error: HarnessError) => void): void {
    if (this.ended !== undefined) listener(this.ended);
    else this.endListeners.push(listener);
  }

  /** Frees the port. Waiters fail with `console-closed`. Never fails; may be called twice. */
  close(): Promise<void> {
    this.closing ??= new Promise<void>((resolve) => {
      this.end(new HarnessError({ code: 'console-closed', kind: 'bench', message: `the console ${this.path} was closed`, nextStep: 'open it again' }));
      removeNote(this.path);
      if (!this.port.isOpen) return resolve();
      // An error here means that the port is gone already, which frees it too.
      this.port.close(() => resolve());
    });
    return this.closing;
  }

  /** Until the board has said nothing for a moment: what lies in the operating system's buffer is lost with the port. */
  private async quiet(): Promise<void> {
    let last = -1;
    for (let left = 10; left > 0 && last !== this.received; left--) {
      last = this.received;
      await sleep(QUIET_MS);
    }
  }

  private lose(cause: Error | null): void {
    if (this.ended !== undefined) return;
    this.log.cut(this.now());
    this.end(lost(this.path, cause));
    removeNote(this.path);
    if (this.port.isOpen) this.port.close(() => undefined);
  }

  private end(error: HarnessError): void {
    this.ended ??= error;
    clearInterval(this.watchdog);
    this.options.boardTime?.close();
    for (const waiter of [...this.waiters]) waiter.reject(this.ended);
    for (const listener of this.endListeners.splice(0)) listener(this.ended);
  }

  private deliver(line: ConsoleLine, onLine: OpenConsoleOptions['onLine']): void {
    onLine?.(line);
    for (const waiter of [...this.waiters]) if (matches(waiter.pattern, line)) waiter.resolve(line);
  }

  private offerPartial(): void {
    const text = this.log.partial;
    if (text === '') return;
    const line = { number: this.log.next, at: this.now(), text };
    for (const waiter of [...this.waiters]) if (waiter.partial && matches(waiter.pattern, line)) waiter.resolve(line);
  }

  private late(pattern: LinePattern, line: ConsoleLine, tookMs: Milliseconds, options: WaitOptions): HarnessError {
    return new HarnessError({
      code: 'console-unexpected',
      kind: 'subject',
      message: `${nameOf(pattern, options)} came after ${tookMs.toFixed(1)} ms of the board's time, later than within ${options.withinMs} ms`,
      nextStep: 'read how long the board may take and why it takes longer, or wait longer',
      fields: { withinMs: options.withinMs, tookMs, lines: [line.text] },
    });
  }

  private timeout(pattern: LinePattern, from: ConsoleMark, options: WaitOptions): HarnessError {
    const came = this.since(from);
    const partial = this.log.partial;
    const what = nameOf(pattern, options);
    const lines = [...came.slice(-LAST_LINES).map(({ text }) => text), ...(partial === '' ? [] : [partial])];
    if (lines.length === 0) {
      return new HarnessError({
        code: 'console-silent',
        kind: 'bench',
        message: `nothing came over ${this.path} within ${options.withinMs} ms while waiting for ${what}`,
        nextStep: 'check the console port and its baud rate, that the board is powered and that it was reset (rot-hil boards)',
        fields: { path: this.path, withinMs: options.withinMs },
      });
    }
    return new HarnessError({
      code: 'console-unexpected',
      kind: 'subject',
      message: `${what} did not come within ${options.withinMs} ms; the last of ${came.length} lines: ${lines.at(-1)!.slice(0, 200)}`,
      nextStep: 'read the last lines of the console in the fields of this error',
      fields: { path: this.path, withinMs: options.withinMs, lines },
    });
  }
}

function lost(path: string, cause: Error | null): HarnessError {
  return new HarnessError({
    code: 'console-lost',
    kind: 'bench',
    message: `the console ${path} was lost while it was open`,
    nextStep: 'check the USB cable and the power of the board, then start again',
    ...(cause === null ? {} : { cause }),
  });
}

function interrupted(): HarnessError {
  return new HarnessError({ code: 'interrupted', kind: 'bench', message: 'interrupted while waiting for the console', nextStep: 'run the command again' });
}
