import type { StopReason } from '../emulator/ports.js';

/** Wall time after which the board looks at its sockets again. */
const sliceMs = 5;
/** Instructions between two looks at the clock; well below a slice. */
const batchInstructions = 100_000;
/** A sleeping core is woken for several events at once rather than a thousand times a second. */
const minimumSleepMs = 8;
/** Node's longest timer. */
const maximumSleepMs = 2 ** 31 - 1;

/** What the runner drives. */
export interface RunnableCore {
  run(maxInstructions: number): StopReason;
  advanceTo(cycle: number): void;
  readonly scheduler: { readonly now: number };
}

export interface RunnerEvents {
  /** True while console output is on its way: then a sleeping core is not worth waiting for. */
  isSending(): boolean;
  /** After every slice: what the core printed can go out. */
  onSlice(): void;
  /** The core sleeps, behind its slice, until that cycle if nothing comes in from outside, or was stopped: its time goes by the wall. */
  onSleep?(until?: number): void;
  /** Something came in from outside, or the core is started: it goes on from here. */
  onWake?(): void;
  /** The core cannot go on by itself. The runner has stopped. */
  onEnd(reason: Exclude<StopReason, { kind: 'budget' | 'idle' }>): void;
  /** The core threw. The runner has stopped. */
  onDefect(error: unknown): void;
}

/**
 * Runs the core in slices between which the process serves its sockets, and paces a sleeping core by the wall clock so
 * that an idle board costs nothing. Board time moves only by executed instructions and to scheduled events, never by the
 * moment at which something happens outside: equal input gives equal board time. A slice ends in front of an event, not behind it: whoever answers what
 * the event printed finds the core asleep again, however long the board's process was kept waiting in between.
 */
export class Runner {
  #active = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** A moment in wall time and in cycles that belong together. */
  #wall = 0;
  #cycle = 0;

  constructor(
    private readonly core: RunnableCore,
    /** Core clock in Hz. */
    private readonly frequency: () => number,
    private readonly events: RunnerEvents,
  ) {}

  get active(): boolean {
    return this.#active;
  }

  start(): void {
    this.#active = true;
    this.events.onWake?.();
    this.#anchor();
    this.#schedule();
  }

  stop(): void {
    if (this.#active) this.events.onSleep?.();
    this.#active = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  /** Something came in from outside: a sleeping core looks at it now. */
  wake(): void {
    if (!this.#active || this.#immediate !== undefined) return;
    this.events.onWake?.();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
  }

  #schedule(): void {
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#slice();
    });
  }

  #slice(): void {
    try {
      this.#run();
    } catch (error) {
      this.stop();
      this.events.onDefect(error);
    }
  }

  #run(): void {
    const end = performance.now() + sliceMs;
    let sleepMs: number | undefined = 0;
    let reason: StopReason;
    do {
      reason = this.core.run(batchInstructions);
      if (reason.kind === 'budget') {
        this.#anchor();
      } else if (reason.kind === 'idle') {
        sleepMs = this.#idle(reason.until, end);
      } else {
        this.stop();
        this.events.onSlice();
        this.events.onEnd(reason);
        return;
      }
    } while (sleepMs === 0 && performance.now() < end);
    this.events.onSlice();
    // What a slice printed may have led to a halt.
    if (!this.#active) return;
    if (sleepMs !== 0) this.events.onSleep?.(reason.kind === 'idle' ? reason.until : undefined);
    if (sleepMs === 0) this.#schedule();
    else if (sleepMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#slice();
      }, Math.min(Math.max(sleepMs, minimumSleepMs), maximumSleepMs));
    }
  }

  /** Milliseconds to sleep, 0 to go on at once, undefined to wait for input. */
  #idle(until: number | undefined, end: number): number | undefined {
    if (until === undefined) return undefined;
    if (performance.now() >= end) return 0;
    if (this.events.isSending()) {
      this.core.advanceTo(until);
      this.#anchor();
      return 0;
    }
    const waitMs = this.#wall + ((until - this.#cycle) / this.frequency()) * 1000 - performance.now();
    if (waitMs > 0) return waitMs;
    this.core.advanceTo(until);
    return 0;
  }

  #anchor(): void {
    this.#wall = performance.now();
    this.#cycle = this.core.scheduler.now;
  }
}
