import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../../errors/index.js';
import { plainSerialNumber } from '../serial-number.js';
import type { HostIdentity, ProcessIdentity } from './process-identity.js';
import { stillRuns } from './process-identity.js';

/** What one contender for a board tells the others: one file each, written whole, whose name is never used again. */
export interface LeaseNote {
  readonly schema: 1;
  /** Tells this lease from every other. */
  readonly token: string;
  /** `asking` until no other has the board. */
  readonly state: 'asking' | 'holding';
  /** Serial number of the board's probe. */
  readonly board: string;
  /** What the board is called. */
  readonly name: string;
  /** User name. */
  readonly owner: string;
  /** The command that has it, for people: no secrets. */
  readonly command: string;
  readonly host: HostIdentity;
  readonly process: ProcessIdentity;
  /** Processes that use the board for it, and may outlive it for a moment. */
  readonly workers: readonly ProcessIdentity[];
  /** ISO 8601, UTC; for people only. */
  readonly since: string;
  /** Counts on while the holder lives: what another host goes by. */
  readonly beat: number;
  /** Milliseconds of the holder's monotonic clock at the last beat. */
  readonly monotonicMs: number;
}

/** A note as it was found. `note` is undefined where the file makes no sense. */
export interface FoundNote {
  readonly path: string;
  readonly text: string;
  readonly note: LeaseNote | undefined;
}

const maxNoteBytes = 16 * 1024;
const extension = '.lease';

/** Where this user's leases are. */
export function defaultLeaseFolder(): string {
  const root = process.env['ROT_HIL_RUNTIME_DIR'] || join(tmpdir(), `rot-hil-${process.getuid?.() ?? process.env['USERNAME'] ?? 'user'}`);
  return join(root, 'leases');
}

/** @throws HarnessError `lease-folder` (usage) */
export function prepareLeaseFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

export function newNotePath(folder: string, board: string): string {
  return join(folder, `${fileName(board)}.${process.pid}-${randomBytes(6).toString('hex')}${extension}`);
}

/** Writes a note so that a reader sees all of it or the one before. @throws HarnessError `lease-folder` (usage) */
export function writeNote(path: string, note: LeaseNote): void {
  try {
    writeFileSync(`${path}.partial`, JSON.stringify(note) + '\n', { mode: 0o644 });
    renameSync(`${path}.partial`, path);
  } catch (cause) {
    rmSync(`${path}.partial`, { force: true });
    throw unusable(path, cause);
  }
}

/** Puts away what a process that was killed in the middle of writing left in a folder of this machine alone. */
export function forgetHalfWritten(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(/\.(\d+)-[0-9a-f]+\.lease\.partial$/.exec(name)?.[1]);
    if (pid > 0 && !stillRuns({ pid, birth: null })) rmSync(join(folder, name), { force: true });
  }
}

/** The notes of everybody who has the board or asks for it, in the order of their names. */
export function findNotes(folder: string, board: string): FoundNote[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw unusable(folder, cause);
  }
  return names
    .filter((name) => name.startsWith(`${fileName(board)}.`) && name.endsWith(extension))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      try {
        const text = readFileSync(path, 'utf8').slice(0, maxNoteBytes);
        return [{ path, text, note: parse(text) }];
      } catch {
        return []; // given back meanwhile
      }
    });
}

function parse(text: string): LeaseNote | undefined {
  try {
    const note = JSON.parse(text) as Partial<LeaseNote> | null;
    const processes = [note?.process, ...(note?.workers ?? [])];
    const whole =
      note?.schema === 1 &&
      [note.token, note.name, note.owner, note.command, note.since, note.host?.name].every((one) => typeof one === 'string') &&
      processes.every((one) => Number.isSafeInteger(one?.pid) && Number(one?.pid) > 0 && (one?.birth === null || typeof one?.birth === 'string'));
    return whole ? (note as LeaseNote) : undefined;
  } catch {
    return undefined;
  }
}

/** Serial numbers that differ in padding are one board. */
function fileName(board: string): string {
  return plainSerialNumber(board).replace(/[^a-z0-9-]/g, '_').slice(0, 80) || '0';
}

function unusable(path: string, cause: unknown): HarnessError {
  return new HarnessError({
    code: 'lease-folder',
    kind: 'usage',
    message: `the lease of a board cannot be kept at ${path}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
    nextStep: 'set ROT_HIL_RUNTIME_DIR, or `leases` in the lab file, to a folder that you may write to',
    cause,
  });
}
