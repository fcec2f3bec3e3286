import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const name = /^rot-hil-secret-(\d{1,10})-/;

/**
 * A folder for files with keys that the tool is given, readable by this user alone. It goes with this process; what a process that was killed (kill -9) left
 * behind goes when the next one asks for a folder.
 * @returns its path, and what puts it away
 */
export function secretFolder(root = tmpdir()): { readonly path: string; readonly discard: () => void } {
  for (const entry of readdirSync(root)) {
    const pid = Number(name.exec(entry)?.[1] ?? 0);
    if (pid > 0 && !runs(pid)) remove(join(root, entry));
  }
  const path = mkdtempSync(join(root, `rot-hil-secret-${process.pid}-`));
  const atExit = (): void => remove(path);
  process.once('exit', atExit);
  return {
    path,
    discard: () => {
      process.off('exit', atExit);
      remove(path);
    },
  };
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Another user's: not ours to remove.
  }
}

/** EPERM: it runs, and is somebody else's. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
