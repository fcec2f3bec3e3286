import type { Saved, SavedReader } from '../saved-state.js';

/** One of the counting directions and limits of a timer, as its registers are now. */
export interface Counting {
  /** Cycles of the core for one step of the counter; may be a fraction. */
  readonly cyclesPerStep: number;
  /** Auto-reload value in effect. */
  readonly reload: number;
  /** Highest value of the counter: 0xffff or 0xffffffff. */
  readonly highest: number;
  readonly down: boolean;
}

/**
 * The counter of a timer between two moments: nothing runs while nobody looks. Counting up goes 0 … reload and wraps to 0,
 * down reload … 0 and wraps to reload; a counter above its reload value runs up to its highest value first.
 */
export class TimerCounter {
  #value = 0;
  /** Cycle at which the counter took `#value`; a fraction, as a step need not be a whole number of cycles. */
  #since = 0;

  get value(): number {
    return this.#value;
  }

  saved(): Saved {
    return { value: this.#value, since: this.#since };
  }

  restore(state: SavedReader): void {
    this.#value = state.word('value');
    this.#since = state.number('since', 0);
  }

  /** Sets the counter; a step lasts from here. */
  set(value: number, now: number): void {
    this.#value = value;
    this.#since = now;
  }

  /** Steps that have passed by `now`. */
  steps(now: number, { cyclesPerStep }: Counting): number {
    return Math.floor((now - this.#since) / cyclesPerStep + 1e-9);
  }

  /** Lets so many steps pass; at most up to and including the next wrap. */
  advance(steps: number, counting: Counting): void {
    this.#since += steps * counting.cyclesPerStep;
    this.#value = steps < this.stepsToWrap(counting) ? this.#value + (counting.down ? -steps : steps) : counting.down ? counting.reload : 0;
  }

  /** Lets whole periods pass: the value stays, time goes on. */
  pass(steps: number, { cyclesPerStep }: Counting): void {
    this.#since += steps * cyclesPerStep;
  }

  stepsToWrap({ down, reload, highest }: Counting): number {
    if (down) return this.#value + 1;
    return (this.#value <= reload ? reload : highest) - this.#value + 1;
  }

  /** Steps until the counter next takes a value, the present one not counted; undefined where it never does. */
  stepsTo(value: number, counting: Counting): number | undefined {
    const { down, reload } = counting;
    const first = down ? this.#value - value : value - this.#value;
    if (first > 0 && first < this.stepsToWrap(counting)) return first;
    if (value > reload) return undefined;
    return this.stepsToWrap(counting) + (down ? reload - value : value);
  }

  /** Cycle at which so many more steps have passed. */
  cycleAfter(steps: number, { cyclesPerStep }: Counting): number {
    return Math.ceil(this.#since + steps * cyclesPerStep - 1e-6);
  }
}
