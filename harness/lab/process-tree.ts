import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { execa, execaSync } from 'execa';

/** Parent of each process now running; empty where the system does not tell. */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const parent = parentFromProc(name);
      if (parent !== undefined) found.set(Number(name), parent);
    }
    if (found.size > 0) return found;
  } catch {
    // No /proc: macOS.
  }
  const { stdout } = execaSync('ps', ['-A', '-o', 'pid=,ppid='], { reject: false, timeout: 2000 });
  for (const line of (stdout ?? '').split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid > 0) found.set(pid, parent);
  }
  return found;
}

function parentFromProc(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // "pid (name) state ppid …": the name may hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // ended meanwhile
  }
}

/** The descendants of a process, children before grandchildren. Children that have left its process group count too. */
export function descendantsOf(root: number): number[] {
  const parentOf = parents();
  const found = [root];
  for (let i = 0; i < found.length; i++) {
    for (const [pid, parent] of parentOf) if (parent === found[i] && !found.includes(pid)) found.push(pid);
  }
  return found.slice(1);
}

/** Time for a parent to collect its ended children, so that no zombie is left where the system's init does not. */
const collectMs = 50;

/** Kills a process and all its descendants, the youngest first. Processes that are gone already are no error. */
export async function killTree(root: number): Promise<void> {
  if (process.platform === 'win32') {
    await execa('taskkill', ['/T', '/F', '/PID', String(root)], { reject: false, timeout: 5000 });
    return;
  }
  // Before the root: its orphans would be adopted by init and no longer be found through their parent.
  killAll(descendantsOf(root).reverse());
  await delay(collectMs);
  // What was started meanwhile.
  killAll([root, ...descendantsOf(root)].reverse());
}

/** The same at once, for a process that is about to exit. */
export function killTreeNow(root: number): void {
  if (process.platform === 'win32') execaSync('taskkill', ['/T', '/F', '/PID', String(root)], { reject: false, timeout: 5000 });
  else killAll([root, ...descendantsOf(root)].reverse());
}

/** Kills processes by their ids, in this order. Processes that are gone already are no error. */
export function killAll(pids: readonly number[]): void {
  pids.forEach(kill);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended meanwhile.
  }
}
