import { sharedClock } from '../units/shared-clock.js';
import { openSync, writeSync } from 'node:fs';

/** Times are written in fixed length: a reader sees one whole or the other. */
const textBytes = 40;

/**
 * The board's own time, in milliseconds of its clock, in a file for whoever waits on it: `<ms> <since>`, where `since` is 0 while the core works, else
 * the time of the clock that processes share (`sharedClock`) since which it sleeps; a sleeping board's time goes by the wall.
 */
export class BoardClock {
  readonly #file: number;
  #ms = 0;
  #cycle: number | undefined;
  #asleepSince = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600);
    this.#write();
  }

  /** The core has run, or is about to: `cycle` of a clock of `frequency` Hz. What it slept before counts by the wall. */
  works(cycle: number, frequency: number): void {
    if (this.#asleepSince !== 0) this.#ms += Math.max(0, sharedClock() - this.#asleepSince);
    else if (this.#cycle !== undefined) this.#ms += (Math.max(0, cycle - this.#cycle) / frequency) * 1000;
    this.#cycle = cycle;
    this.#asleepSince = 0;
    this.#write();
  }

  /** The core sleeps, or is stopped. */
  sleeps(): void {
    if (this.#asleepSince !== 0) return;
    this.#asleepSince = sharedClock();
    this.#write();
  }

  #write(): void {
    writeSync(this.#file, `${this.#ms.toFixed(3)} ${String(this.#asleepSince)}`.padEnd(textBytes), 0);
  }
}
