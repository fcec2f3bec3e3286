import { openSync, writeSync } from 'node:fs';
import { headText } from '../units/board-time-file.js';
import { sharedClock } from '../units/shared-clock.js';
import type { Milliseconds } from '../units/index.js';
import { LineStamps } from './line-stamps.js';

/**
 * The board's own time, in milliseconds, told in a file (`units/board-time-file.ts`) to whoever waits on it. It is the machine's (`Machine.seconds`), but for one thing: the
 * machine stands still while the core sleeps until an event of its own, this clock goes by the wall then, up to that event. So a host that wakes a board too late costs it
 * no time. While the core sleeps without such an event, until something comes in from outside, there is nothing to measure: time stands still.
 */
export class BoardClock {
  readonly #file: number;
  readonly #stamps: LineStamps;
  /** Moments that belong together: of this clock, and of the machine. */
  #ms = 0;
  #machine: Milliseconds | undefined;
  #asleepSince = 0;
  #taken = 0;
  /** The event by which the core wakes by itself, and when that is on this clock: input in the meantime does not put it off. */
  #planned: { readonly machine: Milliseconds; readonly ms: Milliseconds } | undefined;

  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600);
    this.#stamps = new LineStamps(this.#file);
    this.tell();
  }

  /** This clock at a moment of the machine's, which is now or a moment ago; default: now. */
  at(machine?: Milliseconds): Milliseconds {
    if (machine !== undefined && this.#machine !== undefined) return this.#ms + Math.max(0, machine - this.#machine);
    if (this.#asleepSince === 0 || this.#planned === undefined) return this.#ms;
    return Math.max(this.#ms, Math.min(this.#ms + sharedClock() - this.#asleepSince, this.#planned.ms));
  }

  /** The core has worked up to there. */
  worked(machine: Milliseconds): void {
    if (machine === this.#machine) return;
    this.#asleepSince = 0;
    this.#ms = this.at(machine);
    this.#machine = machine;
    if (this.#planned !== undefined && machine > this.#planned.machine) this.#planned = undefined;
  }

  /** The core has slept up to there, an event of its own. */
  slept(machine: Milliseconds): void {
    const planned = this.#planned;
    if (planned === undefined || machine < planned.machine) return this.worked(machine);
    this.#asleepSince = 0;
    this.#ms = Math.max(this.#ms, planned.ms) + (machine - planned.machine);
    this.#machine = machine;
    this.#planned = undefined;
  }

  /** The core sleeps until an event of its own, or, without one, until something comes in from outside; or it is stopped. */
  sleeps(until?: Milliseconds): void {
    if (until === undefined || this.#machine === undefined) this.#planned = undefined;
    else if (this.#planned?.machine !== until) this.#planned = { machine: until, ms: this.#ms + Math.max(0, until - this.#machine) };
    if (this.#asleepSince === 0) this.#asleepSince = sharedClock();
    this.tell();
  }

  /** Something comes in from outside, for which the core is woken. */
  wakes(): void {
    this.#ms = this.at();
    this.#asleepSince = 0;
  }

  /** The machine became another one, whose time has nothing to do with what it was. */
  restart(machine: Milliseconds): void {
    this.wakes();
    this.#machine = machine;
    this.#planned = undefined;
  }

  /** Input has come. */
  takes(bytes: Uint8Array): void {
    this.#taken += bytes.length;
    this.tell();
  }

  /** For whoever waits. */
  tell(): void {
    writeSync(this.#file, headText({ ms: this.#ms, since: this.#asleepSince, until: this.#asleepSince !== 0 && this.#planned !== undefined ? this.#planned.ms : 0, taken: this.#taken }), 0);
  }

  /** Bytes that are about to go out. @param ends when each LF among them had been sent, on this clock */
  prints(bytes: Uint8Array, ends: readonly Milliseconds[]): void {
    this.#stamps.add(bytes, ends);
  }
}
