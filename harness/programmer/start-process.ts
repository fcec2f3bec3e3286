import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';

/** How a process ended: `error` when it could not be started, null for the exit code then and after a signal. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly error?: NodeJS.ErrnoException;
}

export interface StartedProcess {
  /** Undefined when it could not even be asked for; without `pid` when it could not be started. */
  readonly child: ChildProcess | undefined;
  /** Once it has ended and nobody holds its pipes any more. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

type Spawn = (file: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

/** Windows starts neither scripts nor names without an extension by itself. */
const start: Spawn = process.platform === 'win32' ? (createRequire(import.meta.url)('cross-spawn') as Spawn) : spawn;

/**
 * Starts a process without a window of its own; what keeps it from starting is a result as well. Not execa's: of the time from a command to its first
 * test a tenth went into loading that.
 */
export function startProcess(file: string, args: readonly string[], options: SpawnOptions): StartedProcess {
  let child: ChildProcess;
  try {
    child = start(file, args, { windowsHide: true, ...options });
  } catch (error) {
    return { child: undefined, ended: Promise.resolve({ exitCode: null, error: error as NodeJS.ErrnoException }) };
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    // Later ones (a signal that could not be sent) change nothing: the end still comes.
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ exitCode: null, error });
    });
    child.once('close', (exitCode) => resolve({ exitCode }));
  });
  return { child, ended };
}
