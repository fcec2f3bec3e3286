import type { Milliseconds } from '../units/index.js';

/** One line that a board printed. */
export interface ConsoleLine {
  /** Running number since the port was opened, from 0. */
  readonly number: number;
  /** When its first byte came, in ms since the port was opened (monotonic). */
  readonly at: Milliseconds;
  /** Without line end; bytes outside printable ASCII (but for tabs) stand as `\xNN`. */
  readonly text: string;
  /** When its line feed had been sent, by the board's own clock, where that is known (`BoardTime`). */
  readonly boardMs?: Milliseconds;
}

export interface LineLogLimits {
  /** Longest line in bytes; a longer one is cut into several. */
  readonly lineBytes: number;
  /** Most lines that are kept; older ones are dropped and counted. */
  readonly lines: number;
}

const defaultLimits: LineLogLimits = { lineBytes: 4096, lines: 20_000 };

/** Garbage on the wire must neither break a terminal nor a report. */
function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\t -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** What a board printed, as lines with time stamps, in bounded memory. Pure: fed with bytes, no port. */
export class LineLog {
  private readonly limits: LineLogLimits;
  private kept: ConsoleLine[] = [];
  private pending: Buffer = Buffer.alloc(0);
  private pendingAt = 0;
  private count = 0;

  constructor(
    private readonly onLine: (line: ConsoleLine) => void,
    limits: Partial<LineLogLimits> = {},
    /** The board's time of a line's end, asked for each that an LF ended. */
    private readonly endOf?: (line: Buffer) => Milliseconds | undefined,
  ) {
    this.limits = { ...defaultLimits, ...limits };
  }

  /** Takes bytes as they came, at time `at`. LF ends a line, a CR before it is dropped. */
  add(bytes: Buffer, at: Milliseconds): void {
    let rest = bytes;
    while (rest.length > 0) {
      // A full line is cut when its next byte is known: an LF ends it without leaving an empty line, however the bytes were cut on their way.
      if (this.pending.length >= this.limits.lineBytes && rest[0] !== 0x0a) this.finish(at);
      if (this.pending.length === 0) this.pendingAt = at;
      const end = rest.indexOf(0x0a);
      const room = this.limits.lineBytes - this.pending.length;
      const ended = end >= 0 && end <= room;
      const take = ended ? end : Math.min(rest.length, room);
      this.pending = Buffer.concat([this.pending, rest.subarray(0, take)]);
      rest = rest.subarray(take + (ended ? 1 : 0));
      if (ended) this.finish(at, true);
    }
  }

  /** Ends an unfinished line now, so that what comes later starts a line of its own. */
  cut(at: Milliseconds): void {
    if (this.pending.length > 0) this.finish(at);
  }

  private finish(at: Milliseconds, ended = false): void {
    let bytes = this.pending;
    if (bytes.at(-1) === 0x0d) bytes = bytes.subarray(0, -1);
    const boardMs = ended ? this.endOf?.(bytes) : undefined;
    const line: ConsoleLine = { number: this.count++, at: this.pending.length === 0 ? at : this.pendingAt, text: printable(bytes), ...(boardMs === undefined ? {} : { boardMs }) };
    this.pending = Buffer.alloc(0);
    this.kept.push(line);
    // Dropped in blocks: shifting one by one would be quadratic.
    if (this.kept.length >= this.limits.lines * 1.25) this.kept = this.kept.slice(-this.limits.lines);
    this.onLine(line);
  }

  /** Number that the next line will have. */
  get next(): number {
    return this.count;
  }

  /** Lines that were dropped to bound the memory. */
  get dropped(): number {
    return this.count - this.kept.length;
  }

  /** What came of the unfinished line; '' when there is none. */
  get partial(): string {
    return printable(this.pending);
  }

  /** The lines from number `from` on, as far as they are kept. */
  since(from = 0): readonly ConsoleLine[] {
    const first = this.kept[0]?.number ?? this.count;
    return this.kept.slice(Math.max(0, from - first));
  }
}
