import type { Scheduler } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Frequencies } from './clock-tree.js';

/**
 * The chip's clocks as they are now, and board time in seconds: cycles of the core divided by its clock, summed over
 * every change of that clock. What counts by another oscillator (the watchdog's LSI) keeps its time in seconds.
 */
export class Clock {
  #frequencies: Frequencies;
  #sinceCycle = 0;
  #sinceSeconds = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(
    private readonly scheduler: Scheduler,
    initial: Frequencies,
  ) {
    this.#frequencies = initial;
  }

  get frequencies(): Frequencies {
    return this.#frequencies;
  }

  /** Seconds of board time since power-on. */
  get seconds(): number {
    return this.#sinceSeconds + (this.scheduler.now - this.#sinceCycle) / this.#frequencies.cpu;
  }

  /** The cycle at which board time reaches `seconds`, as long as the core clock stays what it is. */
  cycleAt(seconds: number): number {
    return this.#sinceCycle + Math.ceil((seconds - this.#sinceSeconds) * this.#frequencies.cpu);
  }

  saved(): Saved {
    return { sinceCycle: this.#sinceCycle, sinceSeconds: this.#sinceSeconds, cpu: this.#frequencies.cpu };
  }

  /** @param frequencies as RCC's registers give them now; nobody is told */
  restore(state: SavedReader, frequencies: Frequencies): void {
    this.#sinceCycle = state.integer('sinceCycle');
    this.#sinceSeconds = state.number('sinceSeconds', 0);
    const lastCpu = state.number('cpu', 1, 1e9);
    this.#frequencies = { ...frequencies, cpu: frequencies.cpu > 0 ? frequencies.cpu : lastCpu };
  }

  /** Called after every change of a frequency. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** New register contents. A configuration that gives the core no clock at all leaves it on the one it had. */
  update(next: Frequencies): void {
    const cpu = next.cpu > 0 ? next.cpu : this.#frequencies.cpu;
    this.#sinceSeconds = this.seconds;
    this.#sinceCycle = this.scheduler.now;
    this.#frequencies = { ...next, cpu };
    for (const listener of this.#listeners) listener();
  }
}
