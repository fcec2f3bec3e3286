import type { Milliseconds } from '../units/index.js';

/** When the harness waited for the board: for its tool, or for lines of its console. What else a test takes is the harness' own, or the suite's. */
export class BoardWaits {
  #waits: { readonly from: Milliseconds; to: Milliseconds }[] = [];

  /** @param now by the same clock everywhere, such as `performance.now()` */
  constructor(private readonly now: () => Milliseconds) {}

  /** A wait has ended. */
  ended(durationMs: Milliseconds): void {
    const to = this.now();
    this.#waits.push({ from: to - durationMs, to });
  }

  /** How long there was at least one since `from`; those that ended before are forgotten. */
  since(from: Milliseconds): Milliseconds {
    let covered = from;
    let sum = 0;
    for (const wait of this.#waits.splice(0).sort((a, b) => a.from - b.from)) {
      sum += Math.max(0, wait.to - Math.max(covered, wait.from));
      covered = Math.max(covered, wait.to);
    }
    return sum;
  }
}
