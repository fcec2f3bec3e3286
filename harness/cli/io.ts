import process from 'node:process';
import { asHarnessError, ExitCode, exitCodeOf } from '../errors/index.js';

/** Prints the command's one JSON document. With `--json` nothing else may reach stdout. */
export function printJson(document: unknown): void {
  process.stdout.write(JSON.stringify(document) + '\n');
}

/** A line for a person, on stdout. Never called with `--json`. */
export function print(line: string): void {
  process.stdout.write(line + '\n');
}

/** A log or progress line: always stderr. */
export function log(line: string): void {
  process.stderr.write(line + '\n');
}

/**
 * Keeps a lost output from ending a command in the middle. A reader that has gone (`| head`) matters to nobody: the reports of a
 * run are what counts. Any other loss, such as a full disk, makes no command a success.
 */
export function watchOutput(): void {
  let lost = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      lost ||= error.code !== 'EPIPE';
    });
  }
  process.on('exit', () => {
    if (lost && (process.exitCode ?? 0) === 0) process.exitCode = ExitCode.usage;
  });
}

/** Reports an error with its next step and returns its exit code. With `--json` the document is `{"error":{…}}`. */
export function reportError(thrown: unknown, json: boolean): number {
  const error = asHarnessError(thrown);
  if (json) {
    printJson({ error: { code: error.code, kind: error.kind, message: error.message, nextStep: error.nextStep, fields: error.fields } });
  }
  log(`error: ${error.message}`);
  log(`  next: ${error.nextStep}`);
  if (error.code === 'unexpected' && process.env['ROT_HIL_DEBUG'] && error.cause instanceof Error) log(error.cause.stack ?? '');
  return exitCodeOf(error);
}

/** Wraps a command's action: its number is the exit code, its exception is reported. */
export function action<Arguments extends unknown[]>(
  json: (...args: Arguments) => boolean,
  body: (...args: Arguments) => Promise<number> | number,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await body(...args);
    } catch (error) {
      process.exitCode = reportError(error, json(...args));
    }
  };
}

export { ExitCode };
