import type { ChildProcess } from 'node:child_process';
import { execa, type Options } from 'execa';

/** How a process ended: `error` when it could not be started, null for the exit code then and after a signal. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly error?: NodeJS.ErrnoException;
}

export interface StartedProcess {
  /** Without `pid` when it could not be started. */
  readonly child: ChildProcess;
  /** Once it has ended and nobody holds its pipes any more. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

type Output = 'ignore' | 'pipe' | number;

export interface StartOptions {
  readonly cwd?: string;
  /** On top of this process' own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors are files that the process writes itself. */
  readonly stdio: readonly ['ignore' | 'pipe', Output, Output];
  /** A process group of its own, which outlives us. */
  readonly detached?: boolean;
}

/** Starts a process without a window of its own; what keeps it from starting is a result as well. */
export function startProcess(file: string, args: readonly string[], { cwd, env = {}, stdio, detached = false }: StartOptions): StartedProcess {
  // Any descriptor will do; execa's types know 0 to 2.
  const streams = [...stdio] as unknown as NonNullable<Options['stdio']>;
  const subprocess = execa(file, args, { ...(cwd === undefined ? {} : { cwd }), env, stdio: streams, detached, cleanup: !detached, windowsHide: true, reject: false, buffer: false });
  const ended = subprocess.then((result): ProcessEnd => (subprocess.pid === undefined ? { exitCode: null, error: result as unknown as NodeJS.ErrnoException } : { exitCode: result.exitCode ?? null }));
  return { child: subprocess as unknown as ChildProcess, ended };
}
