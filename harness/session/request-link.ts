import type { Milliseconds } from '../units/index.js';
import { HarnessError, isHarnessError } from '../errors/index.js';
import type { Console } from '../console/index.js';
import type { FaultReport } from './fault-report.js';
import { readFault } from './fault-report.js';
import { rotStart } from './boot-report.js';
import type { FixtureLine } from './fixture-line.js';
import { lineCrc, parseFixtureLine } from './fixture-line.js';

/** Answer of the application to one request. */
export type Answer =
  | { readonly kind: 'ok'; readonly fields: Readonly<Record<string, string>>; readonly interrupts: readonly Readonly<Record<string, string>>[] }
  | { readonly kind: 'error'; readonly code: string; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'fault'; readonly fault: FaultReport; readonly fields: Readonly<Record<string, string>> };

export interface RequestOptions {
  /** Until the answer is there; default 5000 ms. */
  readonly withinMs?: Milliseconds;
}

const DEFAULT_MS = 5000;
const LAST_SEQ = 999_999;
const LAST_LINES = 12;

/** The request protocol of the firmware fixtures over a console: one request at a time, answers matched by sequence number, CRCs checked. */
export class RequestLink {
  private seq = 0;
  /** The request that is being served. */
  private serving: { readonly seq: number; readonly command: string } | undefined;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly console: Console,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Sends one request and waits for its answer.
   * @throws HarnessError `board-silent`, `console-corrupt`, `board-restarted`, `console-lost`, `interrupted` (bench)
   */
  request(command: string, args: readonly (string | number)[] = [], options: RequestOptions = {}): Promise<Answer> {
    const next = this.queue.then(() => this.exchange(command, args, options.withinMs ?? DEFAULT_MS));
    this.queue = next.catch(() => undefined);
    return next;
  }

  /** Whether a fault reported for this sequence number is what its request asks for. */
  provokes(seq: number): boolean {
    return this.serving?.seq === seq && this.serving.command === 'fault';
  }

  private async exchange(command: string, args: readonly (string | number)[], withinMs: Milliseconds): Promise<Answer> {
    this.seq = this.seq === LAST_SEQ ? 1 : this.seq + 1;
    const { seq } = this;
    const words = [command, ...args.map((word) => (typeof word === 'number' ? `0x${(word >>> 0).toString(16)}` : word))];
    const text = `${seq} ${words.join(' ')}`;
    if (!/^[ -)+-~]{1,190}$/.test(text)) {
      throw new HarnessError({ code: 'request-text', kind: 'usage', message: 'a request is at most 190 printable characters without *', nextStep: 'shorten the request' });
    }
    const from = this.console.mark();
    this.serving = { seq, command };
    await this.console.send(`${text}*${lineCrc(text)}\n`);
    const interrupts: Readonly<Record<string, string>>[] = [];
    const seen: { answer?: FixtureLine; trouble?: HarnessError } = {};
    const decisive = (line: { readonly text: string }): boolean => {
      const parsed = parseFixtureLine(line.text);
      if (parsed === 'corrupt') seen.trouble = corrupt(line.text);
      else if (parsed?.kind === 'interrupt') interrupts.push(parsed.fields);
      // A fault outside of any request, seq 0, ends this one too: the application is not where it was.
      else if (parsed !== undefined && parsed.kind !== 'banner' && (parsed.seq === seq || parsed.kind === 'fault')) seen.answer = parsed;
      else if (parsed?.kind === 'banner' || rotStart.test(line.text)) seen.trouble = restarted(words.join(' '));
      return seen.answer !== undefined || seen.trouble !== undefined;
    };
    try {
      await this.console.waitFor(decisive, { withinMs, from, ...(this.signal === undefined ? {} : { signal: this.signal }) });
    } catch (error) {
      if (!isHarnessError(error) || (error.code !== 'console-silent' && error.code !== 'console-unexpected')) throw error;
      throw this.silent(words.join(' '), withinMs, from);
    }
    if (seen.trouble !== undefined) throw seen.trouble;
    const { kind, fields } = seen.answer!;
    if (kind === 'fault') return { kind, fault: readFault(fields), fields };
    // The request itself was damaged on its way: the wire's fault, not the application's.
    if (kind === 'error' && (fields['code'] === 'bad-crc' || fields['code'] === 'overrun')) throw corrupt(`${seq} error code=${fields['code']}`);
    if (kind === 'error') return { kind, code: fields['code'] ?? 'unknown', fields };
    return { kind: 'ok', fields, interrupts };
  }

  private silent(request: string, withinMs: Milliseconds, from: number): HarnessError {
    const lines = this.console.since(from).map(({ text }) => text);
    return new HarnessError({
      code: 'board-silent',
      kind: 'bench',
      message: `the application did not answer "${request}" within ${withinMs} ms${lines.length === 0 ? ' and printed nothing' : ''}`,
      nextStep: 'check that the application runs (reset it and look for its banner), that it speaks the console protocol, and that TX of the probe is connected',
      fields: { lines: lines.slice(-LAST_LINES) },
    });
  }
}

function corrupt(line: string): HarnessError {
  return new HarnessError({
    code: 'console-corrupt',
    kind: 'bench',
    message: `a line came with a wrong checksum: ${line.slice(0, 200)}`,
    nextStep: 'check the baud rate and the wiring of the console, and that no other program reads the port',
    fields: { lines: [line] },
  });
}

function restarted(request: string): HarnessError {
  return new HarnessError({
    code: 'board-restarted',
    kind: 'bench',
    message: `the board started again instead of answering "${request}"`,
    nextStep: 'look for a watchdog, a reset loop of the application or an unstable supply; the console log shows what came before',
  });
}
