import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { ConsoleLine, RecordEvent } from './events.js';
import { recordLimits } from './limits.js';

/**
 * Appends events to a run record. Each event reaches the operating system with one write before `append` returns, so a
 * process that dies loses nothing it has told. Several processes may append one after the other.
 */
export class RecordWriter {
  #descriptor: number | undefined;

  /** Opens (and creates) the file. Throws Node's file errors. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'a+', 0o644);
  }

  append(event: RecordEvent): void {
    if (this.#descriptor === undefined) throw new Error('the record is closed');
    const torn = this.#endsInsideLine(this.#descriptor);
    const bytes = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(bounded(event))}\n`, 'utf8');
    // A full disk or a signal may cut a write short.
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
  }

  /** Forces the file to the disk and closes it. Closing twice does nothing. */
  close(): void {
    if (this.#descriptor === undefined) return;
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** Another writer died inside a line: what comes now must not be lost with it. */
  #endsInsideLine(descriptor: number): boolean {
    const { size } = fstatSync(descriptor);
    if (size === 0) return false;
    const last = Buffer.alloc(1);
    return readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
  }
}

/** The event with the parts that a board, a tool or a test can make arbitrarily long cut to their limits. */
function bounded(event: RecordEvent): RecordEvent {
  switch (event.event) {
    case 'test-ended':
      return { ...event, messages: event.messages.map(cutMessage), ...(event.console === undefined ? {} : { console: boundedConsole(event.console) }) };
    case 'console':
      return { ...event, lines: event.lines.map(cutLine) };
    case 'suite-failed':
      return { ...event, message: cutMessage(event.message) };
    case 'step':
      return { ...event, detail: cutMessage(event.detail) };
    case 'tool-called':
      return { ...event, arguments: event.arguments.map(cutMessage) };
    case 'fault': {
      const { explanation, ...rest } = event;
      const kept = explanation !== undefined && JSON.stringify(explanation).length <= recordLimits.explanationLength;
      return { ...rest, summary: cutMessage(event.summary), report: event.report.slice(0, recordLimits.reportLines).map(cutText), ...(kept ? { explanation } : {}) };
    }
    default:
      return event;
  }
}

function boundedConsole(lines: readonly ConsoleLine[]): ConsoleLine[] {
  const half = recordLimits.consoleLines / 2;
  const left = lines.length - 2 * half;
  const kept: ConsoleLine[] =
    left <= 0 ? [...lines] : [...lines.slice(0, half), { at: lines[half].at, text: `… ${left} lines left out …` }, ...lines.slice(-half)];
  return kept.map(cutLine);
}

function cutLine(line: ConsoleLine): ConsoleLine {
  return { ...line, text: cutText(line.text) };
}

function cutText(text: string): string {
  return cut(text, recordLimits.consoleLineLength);
}

function cutMessage(message: string): string {
  return cut(message, recordLimits.messageLength);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
