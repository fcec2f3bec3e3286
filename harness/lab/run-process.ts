import { closeSync, openSync } from 'node:fs';
import process from 'node:process';
import { startProcess, type StartedProcess } from '../programmer/start-process.js';
import { descendantsOf, killAll, killTree, killTreeNow } from './process-tree.js';

export interface RunProcessOptions {
  /** argv[0] and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** Added to this process' environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where stdout and stderr of the process go, both appended. */
  readonly outputPath: string;
  /** Where stdout goes instead. */
  readonly stdoutPath?: string;
  /** After so many milliseconds the process is asked to end (SIGTERM). */
  readonly deadlineMs: number;
  /** How long the process may take to end after it was asked to, milliseconds; then its tree is killed. Default 5000. */
  readonly graceMs?: number;
  /** Told the id of the process. */
  readonly onStart?: (pid: number) => void;
  /** One that was started before, in a process group of its own, instead of a new one. */
  readonly started?: () => StartedProcess;
  /** Aborting asks the process to end, as the deadline does. */
  readonly signal?: AbortSignal;
}

export interface RunProcessResult {
  readonly exitCode: number | null;
  /** What ended it. */
  readonly ended: 'exit' | 'deadline' | 'interrupted' | 'killed';
  readonly durationMs: number;
}

function start({ command, cwd, env, outputPath, stdoutPath }: RunProcessOptions): StartedProcess {
  // The file itself, not a pipe of ours: nothing is lost, and nobody who inherits it can keep us waiting.
  const fd = openSync(outputPath, 'a');
  const ownFd = stdoutPath === undefined ? undefined : openSync(stdoutPath, 'a');
  try {
    return startProcess(command[0], command.slice(1), { cwd, env, stdio: ['ignore', ownFd ?? fd, fd], detached: process.platform !== 'win32' });
  } finally {
    closeSync(fd);
    if (ownFd !== undefined) closeSync(ownFd);
  }
}

/**
 * Starts a process in a process group of its own (a Ctrl-C of the terminal reaches only us), and resolves once it and all
 * it started have ended. Throws if it cannot be started.
 */
export async function runProcess(options: RunProcessOptions): Promise<RunProcessResult> {
  const startedAt = performance.now();
  const { child, ended: end } = options.started?.() ?? start(options);
  const pid = child.pid;
  if (pid !== undefined) options.onStart?.(pid);
  let ended: RunProcessResult['ended'] | undefined;
  let forced: Promise<void> | undefined;
  let grace: NodeJS.Timeout | undefined;
  let descendants: number[] = [];

  /** Asked first: whoever holds a board puts it away, and tells what it was doing. */
  const stop = (why: 'deadline' | 'interrupted'): void => {
    if (ended !== undefined || pid === undefined) return;
    ended = why;
    descendants = descendantsOf(pid);
    child.kill('SIGTERM');
    grace = setTimeout(() => {
      forced = killTree(pid);
    }, options.graceMs ?? 5000);
  };
  const deadline = setTimeout(() => stop('deadline'), options.deadlineMs);
  const interrupt = (): void => stop('interrupted');
  // Whatever ends this process must not leave the child behind, nor the tools that it runs in groups of their own.
  const onExit = (): void => {
    if (pid !== undefined) killTreeNow(pid);
  };
  process.once('exit', onExit);
  options.signal?.addEventListener('abort', interrupt, { once: true });
  if (options.signal?.aborted) interrupt();

  try {
    const { exitCode, error } = await end;
    if (pid === undefined) throw error ?? new Error(`${options.command[0]} could not be started`);
    await forced;
    // What it had started and left to itself.
    killAll(descendants);
    return {
      exitCode,
      ended: ended ?? (exitCode === null ? 'killed' : 'exit'),
      durationMs: Math.round(performance.now() - startedAt),
    };
  } finally {
    clearTimeout(deadline);
    clearTimeout(grace);
    process.off('exit', onExit);
    options.signal?.removeEventListener('abort', interrupt);
  }
}
