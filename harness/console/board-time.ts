import { readFileSync } from 'node:fs';
import { sharedClock } from '../units/shared-clock.js';
import type { Milliseconds } from '../units/index.js';

/** Milliseconds that have gone by for the board; only differences mean something. */
export type BoardTime = () => Milliseconds;

/**
 * The time of a board whose time is not that of the wall: a file with its milliseconds, and, where its time goes by the wall from then on, since when
 * (on the clock that processes share, `sharedClock`; else 0). Where the file was never there, by the wall; one that is gone stands still.
 */
export function boardTimeOf(file: string): BoardTime {
  let last: number | undefined;
  return () => {
    try {
      const [ms, since] = readFileSync(file, 'latin1').trim().split(' ').map(Number);
      if (ms !== undefined && since !== undefined && Number.isFinite(ms) && Number.isFinite(since)) return (last = since === 0 ? ms : ms + Math.max(0, sharedClock() - since));
    } catch {
      // Told below.
    }
    return last ?? sharedClock();
  };
}
