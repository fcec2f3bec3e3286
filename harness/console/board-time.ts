import { closeSync, openSync, readSync } from 'node:fs';
import { headBytes, parseHead } from '../units/board-time-file.js';
import type { BoardTimeHead } from '../units/board-time-file.js';
import { sharedClock } from '../units/shared-clock.js';
import type { Milliseconds } from '../units/index.js';
import { LineEnds } from './line-ends.js';

export interface BoardMoment {
  /** Milliseconds that have gone by for the board; only differences mean something. */
  readonly ms: Milliseconds;
  /** The board waits for something from outside: its time stands still, and only the wall's tells whoever waits for it that nothing will come. */
  readonly idle: boolean;
  /** Bytes of input that it has taken so far; only differences mean something. */
  readonly taken: number;
}

/** The time of a board whose time is not that of the wall. */
export interface BoardTime {
  now(): BoardMoment;
  /** When the board had sent the end of a line, given without it; asked for each line in its order. undefined: not known. */
  endOf(line: Uint8Array): Milliseconds | undefined;
  close(): void;
}

/** The time of a board as it tells it in a file. Where the file was never there, that of the wall; one that is gone stands still. */
export function boardTimeOf(file: string): BoardTime {
  let last: BoardMoment | undefined;
  let ends: LineEnds | undefined;
  try {
    ends = new LineEnds(file);
  } catch {
    // Lines then count when they come.
  }
  return {
    now() {
      const head = readHead(file);
      if (head !== undefined) last = momentOf(head);
      return last ?? { ms: sharedClock(), idle: false, taken: 0 };
    },
    endOf: (line) => ends?.of(line),
    close: () => ends?.close(),
  };
}

function momentOf({ ms, since, until, taken }: BoardTimeHead): BoardMoment {
  if (since === 0 || until === 0) return { ms, idle: since !== 0, taken };
  return { ms: Math.max(ms, Math.min(ms + sharedClock() - since, until)), idle: false, taken };
}

function readHead(path: string): BoardTimeHead | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(headBytes);
    readSync(file, bytes, 0, headBytes, 0);
    return parseHead(bytes.toString('latin1'));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
