import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * A note beside the lock of a port: who holds it. The lock itself is the operating system's (flock, exclusive open), so a note that
 * a killed process left behind never blocks anybody.
 */
function noteFile(path: string): string {
  let real = path;
  try {
    real = realpathSync(path);
  } catch {
    // A Windows port name is no file.
  }
  const root = process.env['ROT_HIL_RUNTIME_DIR'] || join(tmpdir(), `rot-hil-${process.getuid?.() ?? process.env['USERNAME'] ?? 'user'}`);
  return join(root, 'consoles', `${createHash('sha256').update(real).digest('hex').slice(0, 16)}.json`);
}

/** Writes the note; a failure is not worth failing the run. */
export function noteHolder(path: string): void {
  const file = noteFile(path);
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
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
  try {
    const note = JSON.parse(readFileSync(noteFile(path), 'utf8').slice(0, 4096)) as { pid?: unknown; command?: unknown; since?: unknown };
    if (typeof note.pid !== 'number' || !Number.isSafeInteger(note.pid) || note.pid <= 0) return undefined;
    process.kill(note.pid, 0);
    return `process ${note.pid} (${String(note.command).replace(/[^ -~]/g, '?')}) since ${String(note.since).replace(/[^ -~]/g, '?').slice(0, 40)}`;
  } catch {
    return undefined;
  }
}
