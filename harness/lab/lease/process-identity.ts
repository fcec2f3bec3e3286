import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { execaSync } from 'execa';

/** A process as another one can tell it from a later process with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the system's own terms; null where the system does not say. It does not move when the clock is set. */
  readonly birth: string | null;
}

/** The machine that process ids belong to. */
export interface HostIdentity {
  readonly name: string;
  /** /etc/machine-id; null elsewhere. */
  readonly machine: string | null;
  /** Changes with every start of the machine; null where the system does not say. */
  readonly boot: string | null;
  /** Process ids of another namespace (a container) mean something else. */
  readonly namespace: string | null;
}

let host: HostIdentity | undefined;

export function thisHost(): HostIdentity {
  host ??= {
    name: hostname(),
    machine: textOf('/etc/machine-id'),
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    namespace: namespaceOf(),
  };
  return host;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, birth: statusOf(pid)?.birth ?? null };
}

/** Whether that very process still runs; one that has ended and was not collected does not. */
export function stillRuns({ pid, birth }: ProcessIdentity): boolean {
  const status = statusOf(pid);
  if (status !== undefined) return !/^[ZX]/.test(status.state) && (birth === null || birth === status.birth);
  if (process.platform === 'linux') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Processes of this user that have `name=value` in the environment they were started with. Linux only; elsewhere none are found. */
export function processesWith(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
  return pids
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(wanted);
      } catch {
        return false; // another user's, or ended meanwhile
      }
    })
    .map(Number)
    .filter((pid) => stillRuns({ pid, birth: null }));
}

/** State letter and start time: clock ticks since the machine started (proc(5), /proc/pid/stat fields 3 and 22), or what ps says. */
function statusOf(pid: number): { readonly state: string; readonly birth: string } | undefined {
  if (process.platform === 'linux') {
    const text = textOf(`/proc/${String(pid)}/stat`);
    if (text === null) return undefined;
    // The name in field 2 may hold blanks and brackets: count from its last bracket.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', birth: fields[19] ?? '' };
  }
  if (process.platform === 'win32') return undefined;
  const { stdout } = execaSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { reject: false, timeout: 2000, env: { LC_ALL: 'C' } });
  const match = /^\s*(\S+)\s+(.*\S)/.exec(stdout ?? '');
  return match === null ? undefined : { state: match[1]!, birth: match[2]! };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return null;
  }
}

function namespaceOf(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}
