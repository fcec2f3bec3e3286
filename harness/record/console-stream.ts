import type { ConsoleLine, ConsolePrinted } from './events.js';
import { recordLimits } from './limits.js';

/**
 * Brings console lines into a record as they come, so that a run that is killed has told them. Of a test in which the board
 * prints without end the first half of the limit is written at once and the last half at its end.
 */
export class ConsoleStream {
  readonly #append: (event: ConsolePrinted) => void;
  readonly #half = recordLimits.consoleLines / 2;
  #waiting: ConsoleLine[] = [];
  #scheduled = false;
  #written = 0;
  #tail: ConsoleLine[] = [];
  #omitted = 0;

  constructor(append: (event: ConsolePrinted) => void) {
    this.#append = append;
  }

  /** Takes a line. Lines of one turn of the event loop become one event. */
  add(line: ConsoleLine): void {
    if (this.#written < this.#half) {
      this.#written++;
      this.#waiting.push(line);
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => this.flush());
      return;
    }
    this.#tail.push(line);
    // In blocks: shifting one by one would be quadratic.
    if (this.#tail.length < 2 * this.#half) return;
    this.#omitted += this.#tail.length - this.#half;
    this.#tail = this.#tail.slice(-this.#half);
  }

  /** Writes what has come; called before any other event, so that the order in the record is the one in which things happened. */
  flush(): void {
    this.#scheduled = false;
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#append({ event: 'console', lines });
  }

  /** Ends a section (a test, or what lies between two): the limit counts anew. */
  endSection(): void {
    this.flush();
    const left = Math.max(0, this.#tail.length - this.#half);
    const omitted = this.#omitted + left;
    const lines = this.#tail.slice(left);
    if (lines.length > 0) this.#append({ event: 'console', lines, ...(omitted > 0 ? { omitted } : {}) });
    this.#tail = [];
    this.#omitted = 0;
    this.#written = 0;
  }
}
