import process from 'node:process';

/** A line on stderr that is written over, where a person looks on. The sweep itself never pauses, so the line is written at once. */
export class SweepProgress {
  readonly #live: boolean;
  #last = 0;
  #width = 0;

  constructor(
    private readonly title: string,
    wanted: boolean,
  ) {
    this.#live = wanted && process.stderr.isTTY;
  }

  show(done: number, boots: number): void {
    const now = performance.now();
    if (!this.#live || now - this.#last < 100) return;
    this.#last = now;
    const line = `${this.title}: operation ${done}, ${boots} boots`;
    this.#width = Math.max(this.#width, line.length);
    process.stderr.write(`\r${line.padEnd(this.#width)}`);
  }

  clear(): void {
    if (this.#width > 0) process.stderr.write(`\r${' '.repeat(this.#width)}\r`);
  }
}
