import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
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
    this.#descriptor = openSync(path, 'a', 0o644);
  }

  append(event: RecordEvent): void {
    if (this.#descriptor === undefined) throw new Error('the record is closed');
    const bytes = Buffer.from(JSON.stringify(bounded(event)) + '\n', 'utf8');
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
}

/** The event with the parts that a board or a test can make arbitrarily long cut to their limits. */
function bounded(event: RecordEvent): RecordEvent {
  if (event.event === 'test-ended') {
    return { ...event, messages: event.messages.map(cutMessage), console: boundedConsole(event.console) };
  }
  if (event.event === 'suite-failed') return { ...event, message: cutMessage(event.message) };
  return event;
}

function cutMessage(message: string): string {
  return cut(message, recordLimits.messageLength);
}

function boundedConsole(lines: readonly ConsoleLine[]): ConsoleLine[] {
  const half = recordLimits.consoleLines / 2;
  const left = lines.length - 2 * half;
  const kept: ConsoleLine[] =
    left <= 0 ? [...lines] : [...lines.slice(0, half), { at: lines[half].at, text: `… ${left} lines left out …` }, ...lines.slice(-half)];
  return kept.map(({ at, text }) => ({ at, text: cut(text, recordLimits.consoleLineLength) }));
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
