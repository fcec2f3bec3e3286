import type { Scheduler } from '../ports.js';

interface Entry {
  readonly handle: number;
  readonly cycle: number;
  readonly callback: () => void;
}

/** Events in board time. The core tells it the time and fires what is due at instruction boundaries. */
export class EventQueue implements Scheduler {
  readonly #entries: Entry[] = [];
  #nextHandle = 1;

  /** `clock` gives the cycles since power-on; `onEarlier` is called when an event becomes the next one. */
  constructor(
    private readonly clock: () => number,
    private readonly onEarlier: () => void,
  ) {}

  get now(): number {
    return this.clock();
  }

  /** Cycle of the next event; Infinity when there is none. */
  get next(): number {
    return this.#entries[0]?.cycle ?? Infinity;
  }

  at(cycle: number, callback: () => void): number {
    const entry = { handle: this.#nextHandle++, cycle: Math.max(cycle, this.now), callback };
    let index = this.#entries.length;
    while (index > 0 && this.#entries[index - 1]!.cycle > entry.cycle) index -= 1;
    this.#entries.splice(index, 0, entry);
    if (index === 0) this.onEarlier();
    return entry.handle;
  }

  cancel(handle: number): void {
    const index = this.#entries.findIndex((entry) => entry.handle === handle);
    if (index >= 0) this.#entries.splice(index, 1);
  }

  cycleOf(handle: number): number | undefined {
    return this.#entries.find((entry) => entry.handle === handle)?.cycle;
  }

  /** Cycles of all events, in their order. */
  get cycles(): number[] {
    return this.#entries.map(({ cycle }) => cycle);
  }

  /** Fires every event due by now, in order of time, then of insertion. */
  fireDue(): void {
    while (this.#entries.length > 0 && this.#entries[0]!.cycle <= this.now) this.#entries.shift()!.callback();
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
