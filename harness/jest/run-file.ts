import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { SessionOptions } from '../session/index.js';
import { HarnessError } from '../errors/index.js';

/** Environment variable that carries the path of the run file to the Jest process. */
export const runFileVariable = 'ROT_HIL_RUN_FILE';

/** What the Jest process of a run is told, as JSON in a file. */
export interface RunFile {
  readonly schema: 1;
  readonly session: Omit<SessionOptions, 'signal' | 'onEvent'>;
  /** Absolute path of the run record, appended to. */
  readonly recordPath: string;
  /** Absolute path of the console log, appended to. */
  readonly consoleLogPath: string;
  /** Absolute path of the log of tool calls, appended to. */
  readonly toolLogPath: string;
  /** 1 … n of `--repeat n`. */
  readonly repetition: number;
  /** Start of the run by the `sharedClock` of this machine: the zero of every time in the record. */
  readonly startedAt: number;
  /** Name in reports of each suite file, by absolute path; in the order in which they run. */
  readonly suites: Readonly<Record<string, string>>;
  /** Absolute folder from which suite files that are not among `suites` are named, in the order of their names. */
  readonly suitesRoot?: string;
}

/** Name of a suite file in reports, with forward slashes. */
export function suiteName(file: RunFile, path: string): string {
  return file.suites[path] ?? relative(file.suitesRoot ?? '', path).replaceAll('\\', '/');
}

/** Reads the run file that the environment variable names. Throws a usage error outside of `rot-hil run`. */
export function readRunFile(path = process.env[runFileVariable]): RunFile {
  if (path === undefined) {
    throw new HarnessError({
      code: 'not-in-a-run',
      kind: 'usage',
      message: 'board suites were started without a run',
      nextStep: "start them with `rot-hil run`, or with Jest and its `preset: 'rot-hil'`",
    });
  }
  return JSON.parse(readFileSync(path, 'utf8')) as RunFile;
}
