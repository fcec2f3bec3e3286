import type { Scheduler } from './ports.js';

interface Event {
  readonly cycle: number;
  readonly handle: number;
  readonly callback: () => void;
}

/**
 * Board time of one core. Events of the same cycle are called in the order in which they were asked for, so that a run is
 * reproducible.
 */
export class CycleScheduler implements Scheduler {
  readonly #events: Event[] = [];
  #nextHandle = 1;

  /**
   * @param clock the core's cycle counter
   * @param onEarlier called when an event now stands before every other: the core has to look up
   */
  constructor(
    private readonly clock: () => number,
    private readonly onEarlier: () => void,
  ) {}

  get now(): number {
    return this.clock();
  }

  /** The cycle of the next event, Infinity without one. */
  get next(): number {
    return this.#events.length === 0 ? Infinity : this.#events[0].cycle;
  }

  at(cycle: number, callback: () => void): number {
    const event = { cycle: Math.max(Math.ceil(cycle), this.now), handle: this.#nextHandle++, callback };
    let index = this.#events.length;
    while (index > 0 && this.#events[index - 1].cycle > event.cycle) index -= 1;
    this.#events.splice(index, 0, event);
    if (index === 0) this.onEarlier();
    return event.handle;
  }

  cancel(handle: number): void {
    const index = this.#events.findIndex((event) => event.handle === handle);
    if (index >= 0) this.#events.splice(index, 1);
  }

  /** Calls what is due. An event that schedules another one for now has that called too. */
  runDue(): void {
    while (this.#events.length > 0 && this.#events[0].cycle <= this.now) (this.#events.shift() as Event).callback();
  }
}
