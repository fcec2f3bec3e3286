import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * A note beside the lock of a port: who holds it. The lock itself is the operating system's (flock, exclusive open), so a note that
 * a killed process left behind never blocks anybody.
 */
function noteFile(path: string): string {
  return join(notesFolder(), `${createHash('sha256').update(realPath(path)).digest('hex').slice(0, 16)}.json`);
}

function notesFolder(): string {
  const root = process.env['ROT_HIL_RUNTIME_DIR'] || join(tmpdir(), `rot-hil-${process.getuid?.() ?? process.env['USERNAME'] ?? 'user'}`);
  return join(root, 'consoles');
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // A Windows port name is no file.
    return path;
  }
}

interface Note {
  readonly pid: number;
  readonly command: string;
  readonly since: string;
}

/** The note of a process that runs. */
function readNote(file: string): Note | undefined {
  try {
    const note = JSON.parse(readFileSync(file, 'utf8').slice(0, 4096)) as { pid?: unknown; command?: unknown; since?: unknown };
    if (typeof note.pid !== 'number' || !Number.isSafeInteger(note.pid) || note.pid <= 0) return undefined;
    process.kill(note.pid, 0);
    return { pid: note.pid, command: String(note.command), since: String(note.since) };
  } catch {
    return undefined;
  }
}

/** Notes of processes that were killed are put away by the next one that takes a port. */
function forgetTheDead(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
    const file = join(folder, name);
    if (readNote(file) === undefined) rmSync(file, { force: true });
  }
}

/** Writes the note; a failure is not worth failing the run. */
export function noteHolder(path: string): void {
  const file = noteFile(path);
  try {
    mkdirSync(notesFolder(), { recursive: true, mode: 0o700 });
    forgetTheDead(notesFolder());
    writeFileSync(file, JSON.stringify({ pid: process.pid, command: process.argv.slice(1, 5).join(' ').slice(0, 200), since: new Date().toISOString() }), { mode: 0o600 });
  } catch {
    // Only the name in somebody else's error message is lost.
  }
}

export function removeNote(path: string): void {
  try {
    rmSync(noteFile(path), { force: true });
  } catch {
    // As above.
  }
}

/** Who holds the port, in words, as far as a note of a running process says. */
export function describeHolder(path: string): string | undefined {
  const note = readNote(noteFile(path));
  if (note === undefined) return undefined;
  return `process ${note.pid} (${note.command.replace(/[^ -~]/g, '?')}) since ${note.since.replace(/[^ -~]/g, '?').slice(0, 40)}`;
}
