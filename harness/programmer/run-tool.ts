import process from 'node:process';
import { ToolOutput } from './output.js';
import { startProcess } from './start-process.js';

/** What became of one process: `missing` it could not be started at all. */
export type ToolOutcome = 'exited' | 'timeout' | 'aborted' | 'missing';

export interface ToolResult {
  readonly outcome: ToolOutcome;
  /** null when it was ended by a signal or never ran. */
  readonly exitCode: number | null;
  readonly output: ToolOutput;
  readonly durationMs: number;
  /** Operating system's reason when `missing`: `ENOENT`, `EACCES`. */
  readonly reason?: string;
}

export interface RunToolOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** Time between the polite and the hard end of the process tree; default 1000 ms. */
  readonly graceMs?: number;
  /** Set in addition. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onStart?: (pid: number) => void;
}

/** How long output is still awaited when the tool itself has gone but a child of it holds its pipes. */
const DRAIN_MS = 1000;

/** Leaders of the process groups that run now, ended hard should this process leave before them. */
const running = new Set<number>();
let exitHook = false;

function endGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    // No process groups there: the system's own tool walks the tree.
    startProcess('taskkill', ['/pid', String(leader), '/t', '/f'], { stdio: ['ignore', 'ignore', 'ignore'] });
    return;
  }
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: the group is gone, which is what was wanted.
  }
}

function endGroupsAtExit(): void {
  if (exitHook) return;
  exitHook = true;
  process.on('exit', () => {
    for (const leader of running) endGroup(leader, 'SIGKILL');
  });
}

/**
 * Runs one tool in a process group of its own, reads what it prints, and ends the whole group at the deadline or on abort:
 * SIGTERM, then SIGKILL. Never throws for what the tool does; returns when the process has been reaped.
 */
export async function runTool(file: string, args: readonly string[], options: RunToolOptions): Promise<ToolResult> {
  const output = new ToolOutput();
  const started = performance.now();
  const elapsed = (): number => Math.round(performance.now() - started);
  if (options.signal?.aborted) return { outcome: 'aborted', exitCode: null, output, durationMs: 0 };

  const { child, ended: end } = startProcess(file, args, {
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.environment === undefined ? {} : { env: options.environment }),
  });
  const leader = child.pid;
  for (const name of ['stdout', 'stderr'] as const) {
    const pipe = child[name];
    pipe?.setEncoding('utf8');
    pipe?.on('data', (text: string) => output.add(name, text));
    // A destroyed pipe reports here; what matters was read before.
    pipe?.on('error', () => undefined);
  }

  let ended: 'timeout' | 'aborted' | undefined;
  const timers: NodeJS.Timeout[] = [];
  const later = (ms: number, body: () => void): void => void timers.push(setTimeout(body, ms));
  const dropPipes = (): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const stop = (reason: 'timeout' | 'aborted'): void => {
    if (ended !== undefined || leader === undefined) return;
    ended = reason;
    endGroup(leader, 'SIGTERM');
    later(options.graceMs ?? 1000, () => {
      endGroup(leader, 'SIGKILL');
      later(DRAIN_MS, dropPipes);
    });
  };
  const onAbort = (): void => stop('aborted');
  if (leader !== undefined) {
    running.add(leader);
    options.onStart?.(leader);
    endGroupsAtExit();
    later(options.deadlineMs, () => stop('timeout'));
    options.signal?.addEventListener('abort', onAbort, { once: true });
    child.once('exit', () => later(DRAIN_MS, () => {
      endGroup(leader, 'SIGKILL');
      dropPipes();
    }));
  }

  const { exitCode, error } = await end;
  timers.forEach(clearTimeout);
  options.signal?.removeEventListener('abort', onAbort);
  if (leader !== undefined) {
    running.delete(leader);
    // A member that outlived its leader's polite end must not stay.
    if (ended !== undefined) endGroup(leader, 'SIGKILL');
  }
  output.end();
  if (leader === undefined) return { outcome: 'missing', exitCode: null, output, durationMs: elapsed(), reason: error?.code ?? 'unknown' };
  return { outcome: ended ?? 'exited', exitCode, output, durationMs: elapsed() };
}

/** Where and how a tool is run: here, as a process of this machine. */
export type ToolRunner = typeof runTool;
