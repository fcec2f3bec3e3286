import { readdirSync, readlinkSync } from 'node:fs';
import process from 'node:process';

/**
 * Whether some process of this user other than the board itself has a serial port open: two programs on one port take each other's bytes, and the system refuses the
 * second one where the first asked for that. Linux only; elsewhere nobody seems to hold it.
 */
export function isHeld(path: string, boardPid: number): boolean {
  if (process.platform !== 'linux') return false;
  const port = target(path) ?? path;
  return list('/proc').some((entry) => /^\d+$/.test(entry) && Number(entry) !== boardPid && Number(entry) !== process.pid && list(`/proc/${entry}/fd`).some((fd) => target(`/proc/${entry}/fd/${fd}`) === port));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Another user's process, or one that has just ended.
    return [];
  }
}

function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
