import { createColors } from 'picocolors';
import { RecordReader, type RecordEvent } from '../record/index.js';
import { fullTitle } from '../report/run-summary.js';

const pollMs = 100;
const words = { passed: 'passed ', failed: 'FAILED ', bench: 'BENCH  ', skipped: 'skipped' } as const;
const signs = { passed: '✓', failed: '✗', bench: '!', skipped: '-' } as const;

/** Tells each test as it ends, by following the record that the Jest process writes. */
export class RunProgress {
  readonly #reader: RecordReader;
  readonly #write: (line: string) => void;
  readonly #tty: boolean;
  readonly #timer: NodeJS.Timeout;
  readonly #onTest: () => void;
  #suite = '';

  /** @param tty signs and a heading per suite instead of one complete line per test @param onTest told of each test that begins */
  constructor(recordPath: string, write: (line: string) => void, tty: boolean, onTest: () => void = () => undefined) {
    this.#reader = new RecordReader(recordPath);
    this.#write = write;
    this.#tty = tty;
    this.#onTest = onTest;
    this.#timer = setInterval(() => this.#follow(), pollMs);
  }

  /** Tells what is left and ends. */
  stop(): void {
    clearInterval(this.#timer);
    this.#follow();
  }

  #follow(): void {
    for (const event of this.#reader.next().events) this.#tell(event);
  }

  #tell(event: RecordEvent): void {
    if (event.event === 'test-started') this.#onTest();
    else if (event.event === 'suite-started' && this.#tty) {
      if (event.suite !== this.#suite) this.#write(event.suite);
      this.#suite = event.suite;
    } else if (event.event === 'suite-failed') {
      this.#write(`${words[event.kind]} ${event.suite}: ${event.message.split('\n', 1)[0]}`);
    } else if (event.event === 'test-ended') {
      const { verdict, suite, durationMs } = event;
      const title = fullTitle(event);
      if (!this.#tty) return this.#write(`${words[verdict]} ${suite} › ${title} (${Math.round(durationMs)} ms)`);
      const paint = createColors();
      const colour = { passed: paint.green, failed: paint.red, bench: paint.yellow, skipped: paint.dim }[verdict];
      this.#write(`  ${colour(signs[verdict])} ${title} ${paint.dim(`${Math.round(durationMs)} ms`)}`);
    }
  }
}
