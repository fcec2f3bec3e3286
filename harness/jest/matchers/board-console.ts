import type { BoardSession, ConsoleLine } from '../../session/index.js';

export interface WaitForLineOptions {
  /** In ms of the board's time, at least of the wall's. Default 5000. */
  readonly withinMs?: number;
}

/**
 * The console of the board as a suite reads it: line after line. What `waitFor` or `toPrint` has matched lies behind; a reset and the
 * start of a test bring the reader to what comes after them.
 */
export class BoardConsole {
  #next = 0;
  /** What the test has sent last without an end of a line behind it. */
  #unended: string | undefined;

  constructor(private readonly session: BoardSession) {}

  /** The lines that were not read yet, oldest first. */
  get lines(): readonly string[] {
    return this.unread().map(({ text }) => text);
  }

  /** Sends text as it is; the end of a line is yours to send: `console.send('go\r\n')`. */
  send(text: string): Promise<void> {
    this.#unended = text === '' || /[\r\n]$/.test(text) ? undefined : text;
    return this.session.console.send(text);
  }

  /**
   * The next line that matches, whether it has come already or is still to come. @throws HarnessError `console-unexpected` (subject) when
   * only others came, `console-silent` (bench) when none did
   */
  async waitFor(pattern: RegExp | string, options: WaitForLineOptions = {}): Promise<string> {
    return (await this.read(pattern, options.withinMs ?? 5000)).text;
  }

  /** The same with the line's number and time. */
  async read(pattern: RegExp | string, withinMs: number): Promise<ConsoleLine> {
    const matches = typeof pattern === 'string' ? ({ text }: ConsoleLine) => text.includes(pattern) : pattern;
    const line = await this.session.console.waitFor(matches, { from: this.#next, withinMs, what: String(pattern) });
    this.#next = line.number + 1;
    return line;
  }

  unread(): readonly ConsoleLine[] {
    return this.session.linesSince(this.#next);
  }

  /** The last text of this test, where it was sent without an end of a line: an application that reads lines waits for more. */
  get unended(): string | undefined {
    return this.#unended;
  }

  testBegan(): void {
    this.#unended = undefined;
    this.skip();
  }

  /** Goes to the end of what has come so far, or to a mark. */
  skip(mark: number = this.session.mark()): void {
    this.#next = mark;
  }
}
