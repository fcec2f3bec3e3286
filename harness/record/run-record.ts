import { ConsoleStream } from './console-stream.js';
import type { ConsoleLine, RecordEvent } from './events.js';
import { RecordWriter } from './writer.js';

/** The record of a run as the process that holds the board writes it: events and console lines in the order in which they happened. */
export class RunRecord {
  readonly #writer: RecordWriter;
  readonly #console: ConsoleStream;
  #closed = false;

  /** Opens (and creates) the file. Throws Node's file errors. */
  constructor(path: string) {
    this.#writer = new RecordWriter(path);
    this.#console = new ConsoleStream((event) => this.#writer.append(event));
  }

  append(event: RecordEvent): void {
    if (event.event === 'test-started' || event.event === 'test-ended' || event.event === 'suite-ended') this.#console.endSection();
    else this.#console.flush();
    this.#writer.append(event);
  }

  /** A line that the board printed. */
  printed(line: ConsoleLine): void {
    if (!this.#closed) this.#console.add(line);
  }

  /** Writes what is left, forces the file to the disk and closes it. Closing twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#console.endSection();
    this.#writer.close();
  }
}
