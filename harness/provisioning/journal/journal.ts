import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../../errors/index.js';
import { plainSerialNumber } from '../../programmer/index.js';
import type { JournalEvent } from './entries.js';
import { firstHash, hashOfLine, judgeJournal, parseJournal, readJournalText } from './read-journal.js';
import type { JournalReport } from './read-journal.js';

/** Where journals lie: `ROT_HIL_STATE_DIR`, else the state folder of the user. They must outlive a restart of the machine, so no temporary folder. */
export function journalFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = environment['ROT_HIL_STATE_DIR'];
  if (named !== undefined && named !== '') return join(named, 'journals');
  if (platform() === 'win32') return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'rot-hil', 'journals');
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'rot-hil', 'journals');
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'rot-hil', 'journals');
}

/** The journal of the board behind a probe: one file, by serial number without leading zeros and case. */
export function journalPath(probeSn: string, folder = journalFolder()): string {
  const plain = plainSerialNumber(probeSn).replace(/[^a-z0-9-]/g, '_');
  return join(folder, `${plain.slice(0, 80)}.jsonl`);
}

/**
 * A device that has only just come into being has no past: what another one left under its serial number
 * is put aside, as `….jsonl.earlier`. @throws HarnessError `journal` (usage)
 */
export function beginJournalAnew(probeSn: string, folder = journalFolder()): void {
  const path = journalPath(probeSn, folder);
  try {
    renameSync(path, `${path}.earlier`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cannotWrite(path, cause);
  }
}

/**
 * The journal of one board: append-only, each line on the disk before the call that it announces is made. A line that a crash tore is cut off when the
 * journal is opened again; what stands before it is never changed.
 */
export class Journal {
  private seq: number;
  private previous: string;
  private fd: number | undefined;
  /** What it told when it was opened. */
  readonly before: JournalReport;

  /** @throws HarnessError `journal` (usage): without a journal nothing that changes a board is begun */
  constructor(readonly path: string) {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const text = readJournalText(path);
      this.before = judgeJournal(text);
      const { lines, torn } = parseJournal(text ?? '');
      const last = lines.at(-1);
      this.seq = last?.entry.seq ?? 0;
      this.previous = last === undefined ? firstHash : hashOfLine(last.text);
      this.fd = openSync(path, 'a', 0o600);
      if (torn) this.dropTornLine(text ?? '');
      syncFolder(dirname(path));
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  /** @throws HarnessError `journal` (usage) */
  append(event: JournalEvent): void {
    const line = JSON.stringify({ seq: this.seq + 1, previous: this.previous, time: new Date().toISOString(), ...event });
    try {
      if (this.fd === undefined) throw new Error('closed');
      writeSync(this.fd, line + '\n');
      fsyncSync(this.fd);
    } catch (cause) {
      throw cannotWrite(this.path, cause);
    }
    this.seq += 1;
    this.previous = hashOfLine(line);
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  private dropTornLine(text: string): void {
    const fd = openSync(this.path, 'r+');
    try {
      // The journal may be longer than what was read of it: count from its end.
      const tail = Buffer.byteLength(text.slice(text.lastIndexOf('\n') + 1));
      ftruncateSync(fd, fstatSync(fd).size - tail);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** A new file is on the disk only when its folder is. */
function syncFolder(folder: string): void {
  // Windows opens no folders.
  if (platform() === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function cannotWrite(path: string, cause: unknown): HarnessError {
  return new HarnessError({ code: 'journal', kind: 'usage', message: `cannot write the journal ${path}`, nextStep: 'check the folder and the space on its disk, or name another one with ROT_HIL_STATE_DIR', cause });
}
