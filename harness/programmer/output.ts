/** Longest line that is kept, in characters: the tool prints no longer one, a broken tool may. */
const LINE_LIMIT = 4096;
/** Lines kept from the start and from the end of an output; the middle of a runaway output is dropped. */
const HEAD_LINES = 2000;
const TAIL_LINES = 2000;
const ERROR_LINES = 50;

/** CSI and OSC sequences, then single-character escapes. */
const ANSI = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
/** `14:50:52:908 ` or `14:50:52.908 : `, which some versions put before every line. */
const TIME_STAMP = /^\s*\d{1,2}:\d{2}:\d{2}[:.,]\d{1,6}\s+(?::\s+)?/;
/** A line that is nothing but a progress bar. */
const PROGRESS = /^[\s█▉▊▋▌▍▎▏▒░#=>.[\]|]*\d{1,3}\s*%[\s\]|]*$|^[\s█▉▊▋▌▍▎▏▒░]+$|^={3,}$/;
/** A bar that was drawn in front of other text. */
const BAR = /^[\s]*[█▉▊▋▌▍▎▏▒░]+\s*(?:\d{1,3}\s*%)?\s*/;
/** Echoes of file names, which may contain anything. */
const FILE_ECHO = /^\s*(?:File\s*:|Opening and parsing file|Reading file|.*OBK Input file\s*:)/i;
/** `Error:`, `ERROR :`, and the probe's own `ST-LINK error (…)`. */
const ERROR = /\berror\s*:|\bST-?LINK error\b|^\s*error\b(?=\s*[!(]|\s+occurred)/i;

/** One printed line without time stamp, colours, bars and trailing blanks; undefined for what carries no text. */
export function cleanLine(raw: string): string | undefined {
  let text = raw.length > LINE_LIMIT ? raw.slice(0, LINE_LIMIT) : raw;
  text = text.replace(ANSI, '').replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '').replace(TIME_STAMP, '');
  if (PROGRESS.test(text)) return undefined;
  text = text.replace(BAR, '').trimEnd();
  return text === '' ? undefined : text;
}

/** Whether the tool reports a failure by this (clean) line, whatever it prints afterwards and whatever its exit status. */
export function isErrorLine(line: string): boolean {
  return ERROR.test(line) && !FILE_ECHO.test(line);
}

/**
 * The output of one call of the tool, read while it runs: bounded in memory however much is printed, and every line is seen by
 * the error test even when it is not kept. CR and LF both end a line, since bars are redrawn with CR and an error may follow one.
 */
export class ToolOutput {
  private readonly head: string[] = [];
  private tail: string[] = [];
  private readonly errors: string[] = [];
  private readonly pending = new Map<string, string>();
  private droppedLines = 0;

  /** Takes decoded text of one stream (`stdout`, `stderr`); lines of different streams do not mix. */
  add(stream: string, text: string): void {
    const parts = ((this.pending.get(stream) ?? '') + text).split(/[\r\n]/);
    const rest = parts.pop() ?? '';
    for (const part of parts) this.line(part);
    if (rest.length > LINE_LIMIT) {
      this.line(rest);
      this.pending.set(stream, '');
    } else {
      this.pending.set(stream, rest);
    }
  }

  /** The stream ended: what is left without a line end is a line too. */
  end(): void {
    for (const rest of this.pending.values()) this.line(rest);
    this.pending.clear();
  }

  private line(raw: string): void {
    const text = cleanLine(raw);
    if (text === undefined) return;
    if (isErrorLine(text) && this.errors.length < ERROR_LINES) this.errors.push(text);
    if (this.head.length < HEAD_LINES) {
      this.head.push(text);
      return;
    }
    this.tail.push(text);
    if (this.tail.length >= 2 * TAIL_LINES) {
      this.droppedLines += this.tail.length - TAIL_LINES;
      this.tail = this.tail.slice(-TAIL_LINES);
    }
  }

  /** The clean lines in the order printed; the middle of a runaway output is missing (`dropped`). */
  get lines(): readonly string[] {
    return [...this.head, ...this.tail];
  }

  get dropped(): number {
    return this.droppedLines;
  }

  /** Every line by which the tool reported a failure (the first 50). */
  get errorLines(): readonly string[] {
    return this.errors;
  }

  /** Whether the tool printed such a line by itself: the echo of a file name says nothing, whatever the file is called. */
  has(pattern: RegExp): boolean {
    const said = (line: string): boolean => pattern.test(line) && !FILE_ECHO.test(line);
    return this.head.some(said) || this.tail.some(said);
  }
}
