import process from 'node:process';
import { execa } from 'execa';
import { ToolOutput } from './output.js';

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
    void execa('taskkill', ['/pid', String(leader), '/t', '/f'], { reject: false, stdio: 'ignore', windowsHide: true });
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

  const child = execa(file, args, {
    detached: process.platform !== 'win32',
    windowsHide: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    ...(options.environment === undefined ? {} : { env: options.environment }),
  });
  const leader = child.pid;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => output.add(name, text));
    // A destroyed pipe reports here; what matters was read before.
    child[name].on('error', () => undefined);
  }

  let ended: 'timeout' | 'aborted' | undefined;
  const timers: NodeJS.Timeout[] = [];
  const later = (ms: number, body: () => void): void => void timers.push(setTimeout(body, ms));
  const dropPipes = (): void => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const end = (reason: 'timeout' | 'aborted'): void => {
    if (ended !== undefined || leader === undefined) return;
    ended = reason;
    endGroup(leader, 'SIGTERM');
    later(options.graceMs ?? 1000, () => {
      endGroup(leader, 'SIGKILL');
      later(DRAIN_MS, dropPipes);
    });
  };
  const onAbort = (): void => end('aborted');
  if (leader !== undefined) {
    running.add(leader);
    options.onStart?.(leader);
    endGroupsAtExit();
    later(options.deadlineMs, () => end('timeout'));
    options.signal?.addEventListener('abort', onAbort, { once: true });
    child.once('exit', () => later(DRAIN_MS, () => {
      endGroup(leader, 'SIGKILL');
      dropPipes();
    }));
  }

  const result = await child;
  timers.forEach(clearTimeout);
  options.signal?.removeEventListener('abort', onAbort);
  if (leader !== undefined) {
    running.delete(leader);
    // A member that outlived its leader's polite end must not stay.
    if (ended !== undefined) endGroup(leader, 'SIGKILL');
  }
  output.end();
  const exitCode = result.exitCode ?? null;
  if (leader === undefined) {
    const reason = (result as { code?: string }).code ?? 'unknown';
    return { outcome: 'missing', exitCode: null, output, durationMs: elapsed(), reason };
  }
  return { outcome: ended ?? 'exited', exitCode, output, durationMs: elapsed() };
}

/** Where and how a tool is run: here, as a process of this machine. */
export type ToolRunner = typeof runTool;
