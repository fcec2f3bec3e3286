import { isatty } from 'node:tty';
import { SerialPort } from 'serialport';
import type { Milliseconds } from '../units/index.js';
import { HarnessError } from '../errors/index.js';
import { noteHolder, removeNote } from './holder.js';
import type { ConsoleLine, LineLogLimits } from './line-log.js';
import { LineLog } from './line-log.js';
import { openError } from './open-errors.js';

export interface OpenConsoleOptions {
  /** Path of the serial port. */
  readonly path: string;
  readonly baudRate: number;
  /** Called for every line, in order. It must not throw. */
  readonly onLine?: (line: ConsoleLine) => void;
  /** Called with the bytes as they come, before they are lines. It must not throw. */
  readonly onBytes?: (bytes: Buffer) => void;
  readonly limits?: Partial<LineLogLimits>;
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

const matches = (pattern: LinePattern, line: ConsoleLine): boolean => {
  if (typeof pattern === 'function') return pattern(line);
  pattern.lastIndex = 0;
  return pattern.test(line.text);
};

/**
 * Opens the serial port of a board for this process alone and reads it from now on.
 * @throws HarnessError `console-busy`, `console-permission`, `console-missing`, `console-open` (bench)
 */
export async function openConsole(options: OpenConsoleOptions): Promise<Console> {
  const port = new SerialPort({ path: options.path, baudRate: options.baudRate, dataBits: 8, parity: 'none', stopBits: 1, lock: true, autoOpen: false });
  const board = new Console(port, options);
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(openError(options.path, error)) : resolve())));
  noteHolder(options.path);
  board.watch();
  return board;
}

/**
 * The console of a board: every line with the time of its arrival. Once the port is lost (`console-lost`) or closed (`console-closed`) every
 * waiter and every later call fails at once with that bench error.
 */
export class Console {
  readonly path: string;
  /** Wall-clock time at which `at` is 0. */
  readonly openedAt = new Date();
  private readonly start = performance.now();
  private readonly log: LineLog;
  private readonly waiters = new Set<Waiter>();
  private ended: HarnessError | undefined;
  private closing: Promise<void> | undefined;
  private readonly endListeners: ((error: HarnessError) => void)[] = [];
  private watchdog: NodeJS.Timeout | undefined;

  /** Use `openConsole`. */
  constructor(
    private readonly port: SerialPort,
    options: OpenConsoleOptions,
  ) {
    this.path = options.path;
    this.log = new LineLog((line) => this.deliver(line, options.onLine), options.limits);
    port.on('data', (bytes: Buffer) => {
      options.onBytes?.(bytes);
      this.log.add(bytes, this.now());
      this.offerPartial();
    });
    port.on('error', (error: Error) => this.lose(error));
    port.on('close', (error: Error | null) => this.lose(error));
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
   * @throws HarnessError `console-silent` (bench) when nothing at all came, `console-unexpected` (subject) when other lines came,
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
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', onAbort);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        pattern,
        partial: options.partial ?? false,
        resolve: (line) => {
          done();
          resolve(line);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.reject(interrupted());
      const timer = setTimeout(() => waiter.reject(this.timeout(pattern, from, options)), options.withinMs);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(waiter);
      this.offerPartial();
    });
    // The caller may be busy elsewhere when the port is lost: that must not end the process.
    promise.catch(() => undefined);
    return promise;
  }

  /** Sends text as Latin-1 bytes; resolves when the operating system has taken all of it. */
  async send(text: string): Promise<void> {
    if (this.ended !== undefined) throw this.ended;
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

  private timeout(pattern: LinePattern, from: ConsoleMark, options: WaitOptions): HarnessError {
    const came = this.since(from);
    const partial = this.log.partial;
    const what = options.what ?? (typeof pattern === 'function' ? 'the awaited line' : String(pattern));
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
