import { readFileSync } from 'node:fs';
import process from 'node:process';

/** What tells one process from a later one with the same id; undefined where the system does not say (anything but Linux). */
export function birthOf(pid: number): string | undefined {
  return statusOf(pid)?.birth;
}

/** True where the process exists and is no zombie; with `birth`, only where it is still the same one. */
export function isAlive(pid: number, birth?: string): boolean {
  const status = statusOf(pid);
  if (status !== undefined) return status.state !== 'Z' && status.state !== 'X' && (birth === undefined || birth === status.birth);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** State letter and start time in clock ticks since the machine started (proc(5), /proc/pid/stat fields 3 and 22). */
function statusOf(pid: number): { readonly state: string; readonly birth: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in field 2 may hold blanks and brackets: count from its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', birth: fields[19] ?? '' };
}

/** Sends a signal; false where the process has gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
