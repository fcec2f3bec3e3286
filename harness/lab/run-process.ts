import { closeSync, createWriteStream, openSync } from 'node:fs';
import process from 'node:process';
import { execa } from 'execa';
import { killTree, killTreeNow } from './process-tree.js';

export interface RunProcessOptions {
  /** argv[0] and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** Added to this process' environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where stdout and stderr of the process go, both appended. */
  readonly outputPath: string;
  /** After so many milliseconds the process and all its descendants are killed. */
  readonly deadlineMs: number;
  /** How long the process may take to end after it was asked to, milliseconds. Default 5000. */
  readonly graceMs?: number;
  /** Aborting asks the process to end (SIGTERM), and kills its tree after the grace. */
  readonly signal?: AbortSignal;
}

export interface RunProcessResult {
  readonly exitCode: number | null;
  /** What ended it. */
  readonly ended: 'exit' | 'deadline' | 'interrupted' | 'killed';
  readonly durationMs: number;
}

/**
 * Starts a process in a process group of its own (a Ctrl-C of the terminal reaches only us), and resolves once it and all
 * it started have ended. Throws if it cannot be started.
 */
export async function runProcess(options: RunProcessOptions): Promise<RunProcessResult> {
  const startedAt = Date.now();
  // The file itself, not a pipe of ours: nothing is lost, and nobody who inherits it can keep us waiting.
  const fd = openSync(options.outputPath, 'a');
  const output = createWriteStream(options.outputPath, { fd, autoClose: false });
  const child = execa(options.command[0], options.command.slice(1), {
    cwd: options.cwd,
    env: options.env,
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    buffer: false,
    reject: false,
    detached: process.platform !== 'win32',
    cleanup: false,
  });
  const { pid } = child;
  let ended: RunProcessResult['ended'] | undefined;
  let forced: Promise<void> | undefined;
  let grace: NodeJS.Timeout | undefined;

  const force = (): void => {
    if (pid !== undefined) forced ??= killTree(pid);
  };
  const deadline = setTimeout(() => {
    ended ??= 'deadline';
    force();
  }, options.deadlineMs);
  const interrupt = (): void => {
    ended ??= 'interrupted';
    child.kill('SIGTERM');
    grace ??= setTimeout(force, options.graceMs ?? 5000);
  };
  // Whatever ends this process must not leave the child behind, nor the tools that it runs in groups of their own.
  const onExit = (): void => {
    if (pid !== undefined) killTreeNow(pid);
  };
  process.once('exit', onExit);
  options.signal?.addEventListener('abort', interrupt, { once: true });
  if (options.signal?.aborted) interrupt();

  try {
    const result = await child;
    if (pid === undefined) throw result instanceof Error ? result : new Error(`${options.command[0]} could not be started`);
    await forced;
    return {
      exitCode: result.exitCode ?? null,
      ended: ended ?? (result.exitCode === undefined ? 'killed' : 'exit'),
      durationMs: Date.now() - startedAt,
    };
  } finally {
    closeSync(fd);
    clearTimeout(deadline);
    clearTimeout(grace);
    process.off('exit', onExit);
    options.signal?.removeEventListener('abort', interrupt);
  }
}
