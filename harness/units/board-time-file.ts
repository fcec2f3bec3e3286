import type { Milliseconds } from './index.js';

/**
 * The file in which a virtual board keeps its own time for whoever waits on it: a head and behind it a ring of the ends of its last lines, all text of fixed
 * length, so that a reader sees an entry whole or not at all. Written by `harness/virtual-board/board-clock.ts`, read by `harness/console/board-time.ts`.
 */
export const headBytes = 80;
/** Lines of which the end is kept. */
export const stampPlaces = 512;
export const stampBytes = 40;

export interface BoardTimeHead {
  /** The board's time. */
  readonly ms: Milliseconds;
  /** 0 while the core works, else the time of `sharedClock` since which it sleeps. */
  readonly since: Milliseconds;
  /** When it wakes by itself: up to then its time goes by the wall. 0: it does not, and its time stands still until something comes in. */
  readonly until: Milliseconds;
  /** Bytes of input that it has taken since it was switched on. */
  readonly taken: number;
}

/** The end of one line. */
export interface LineStamp {
  /** From 1. */
  readonly number: number;
  /** When its line feed had been sent, on the board's clock. */
  readonly ms: Milliseconds;
  /** CRC-32 of the line without its line end: the bytes on the terminal carry no number, and some may be lost on their way. */
  readonly crc: number;
}

export const headText = ({ ms, since, until, taken }: BoardTimeHead): string => `${ms.toFixed(3)} ${since.toFixed(3)} ${until.toFixed(3)} ${taken}`.padEnd(headBytes);

export function parseHead(text: string): BoardTimeHead | undefined {
  const [ms, since, until, taken] = numbers(/^(\d{1,15}\.\d{3}) (\d{1,15}\.\d{3}) (\d{1,15}\.\d{3}) (\d{1,15}) *$/.exec(text));
  return ms === undefined || since === undefined || until === undefined || taken === undefined ? undefined : { ms, since, until, taken };
}

/** Place in the file of the stamp of this number. */
export const stampAt = (number: number): number => headBytes + (number % stampPlaces) * stampBytes;

export const stampText = ({ number, ms, crc }: LineStamp): string => `${number} ${ms.toFixed(3)} ${crc}`.padEnd(stampBytes - 1) + '\n';

export function parseStamp(text: string): LineStamp | undefined {
  const [number, ms, crc] = numbers(/^([1-9]\d{0,11}) (\d{1,12}\.\d{3}) (\d{1,10}) *\n$/.exec(text));
  return number === undefined || ms === undefined || crc === undefined ? undefined : { number, ms, crc };
}

const numbers = (found: RegExpExecArray | null): (number | undefined)[] => (found === null ? [] : found.slice(1).map(Number));
