import { closeSync, fsyncSync, ftruncateSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../../errors/index.js';
import type { NightEvent } from './night-events.js';
import { stateOf, type NightState } from './night-events.js';

/** Name of the log in a night's folder. */
export const nightLogName = 'night.jsonl';

const maxLogBytes = 64 * 1024 * 1024;

/** The log of a night: each event is on the disk before anything follows from it. */
export class NightLog {
  readonly #fd: number;
  #closed = false;

  /** Goes on behind the last whole line of what is there. @throws HarnessError `night-log` (usage) */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, 'a+', 0o644);
      // A line that a crash cut short would spoil the next one.
      const text = readFileSync(this.#fd);
      ftruncateSync(this.#fd, text.lastIndexOf(10) + 1);
      syncFolder(dirname(path));
    } catch (cause) {
      throw new HarnessError({ code: 'night-log', kind: 'usage', message: `the log of the night cannot be written: ${path}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`, nextStep: 'name a folder that you may write to with --report', cause });
    }
  }

  append(event: NightEvent): void {
    if (this.#closed) return;
    writeSync(this.#fd, JSON.stringify(event) + '\n');
    fsyncSync(this.#fd);
  }

  close(): void {
    if (!this.#closed) closeSync(this.#fd);
    this.#closed = true;
  }
}

/** A night by its log; undefined where the file is none. A last line without an end is left out. */
export function readNight(path: string): NightState | undefined {
  try {
    if (statSync(path).size > maxLogBytes) return undefined;
    const text = readFileSync(path, 'utf8');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line !== '');
    return stateOf(lines.map((line) => JSON.parse(line) as NightEvent));
  } catch {
    return undefined;
  }
}

/** Folder of the latest night of this lab file that did not end, below the reports; undefined for none. */
export function unfinishedNight(reports: string, lab: string): { readonly folder: string; readonly state: NightState } | undefined {
  let names: string[];
  try {
    names = readdirSync(reports);
  } catch {
    return undefined;
  }
  // By name, which begins with the time: the clock may have been set back, but then every one of them still gets its turn.
  for (const name of names.filter((one) => one.startsWith('night-')).sort().reverse()) {
    const folder = join(reports, name);
    const state = readNight(join(folder, nightLogName));
    if (state !== undefined && !state.ended && state.lab === lab) return { folder, state };
  }
  return undefined;
}

function syncFolder(folder: string): void {
  // Windows cannot, and does not need it.
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
