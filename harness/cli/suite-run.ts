import { join } from 'node:path';
import process from 'node:process';
import { loadKit, rotConfiguration } from '../board/index.js';
import { boardEnvironmentModule, jestArguments, jestColours, jestCommand, runProcess, testTimeoutMs, type BoardLease, type RunProcessResult, type WaitingJest } from '../lab/index.js';
import { isHarnessError } from '../errors/index.js';
import { readRecord, type RecordWriter } from '../record/index.js';
import { summarize } from '../report/run-summary.js';
import { beginRun, writeRunFile, type BegunRun, type RunSetUp } from './begun-run.js';
import type { ConcludedRun } from './concluded-run.js';
import type { SuiteFile } from './find-suites.js';
import type { BoardCondition } from './resolve-board.js';
import { secretFolder } from './secret-folder.js';
import { stoppedFault } from './stopped-fault.js';

export interface SuiteRunOptions extends RunSetUp {
  readonly suites: readonly SuiteFile[];
  readonly repeat: number;
  /** For all repetitions together, milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** What the test process is part of. */
  readonly lease: Pick<BoardLease, 'environment' | 'addWorker'>;
  /** Started while the board did: the first repetition runs in it. */
  readonly waiting?: WaitingJest | undefined;
  /** What the board is doing after the last test, as far as it can tell. */
  readonly condition: () => Promise<BoardCondition | undefined>;
  /** Told once the record exists. */
  readonly onRecord?: (recordPath: string) => void;
}

export interface SuiteRunResult extends ConcludedRun {
  readonly condition: BoardCondition | undefined;
}

/** Runs the suites on a bench, writes the record and the reports drawn from it. A failure of a test is a result, not an exception. */
export async function runSuites(options: SuiteRunOptions): Promise<SuiteRunResult> {
  const run = beginRun(options);
  const { record, recordPath } = run;
  options.onRecord?.(recordPath);

  let left = options.deadlineMs;
  for (let repetition = 1; repetition <= options.repeat && !options.signal.aborted; repetition++) {
    const result = await oneRepetition(options, run, repetition, left);
    left -= result.durationMs;
    noteMissingSuites(record, recordPath, options, repetition, result);
    if (result.ended !== 'exit') break;
  }

  const condition = options.signal.aborted ? undefined : await options.condition();
  const interrupted = options.signal.aborted ? (isHarnessError(options.signal.reason) ? options.signal.reason.message : 'interrupted') : undefined;
  const fault = await stoppedFault(condition, loadKit(options.bench.kit), rotConfiguration(loadKit(options.bench.kit), options.configuration), options.applications);
  if (fault !== undefined) record.append(fault);
  const { concludeRun } = await import('./concluded-run.js');
  return { ...concludeRun(run, { condition, interrupted }), condition };
}

async function oneRepetition(options: SuiteRunOptions, run: BegunRun, repetition: number, deadlineMs: number): Promise<RunProcessResult> {
  // Images and OBKey files: many megabytes, and private keys among them, which never go into a report.
  const { path: workDirectory, discard } = secretFolder();
  const runFile = writeRunFile(run, options, { workDirectory, repetition, suites: Object.fromEntries(options.suites.map(({ path, name }) => [path, name])) });
  try {
    const jest = [{ runFolder: run.folder, environment: boardEnvironmentModule(), cacheFolder: join(workDirectory, 'jest'), testTimeoutMs }, options.suites.map((suite) => suite.path)] as const;
    const env = { ROT_HIL_RUN_FILE: runFile, ...options.lease.environment };
    const outputPath = join(run.folder, 'jest.log');
    const { waiting } = options;
    return await runProcess({
      command: jestCommand(...jest),
      cwd: process.cwd(),
      env: { ...env, ...jestColours },
      onStart: (pid) => options.lease.addWorker(pid),
      outputPath,
      ...(waiting === undefined || repetition > 1 ? {} : { started: () => waiting.release({ arguments: jestArguments(...jest), env }, outputPath) }),
      deadlineMs,
      signal: options.signal,
    });
  } finally {
    discard();
  }
}

/** A suite of which the record does not tell an end stands in it as without a result, so that it is missed in no report. */
function noteMissingSuites(record: RecordWriter, recordPath: string, options: SuiteRunOptions, repetition: number, result: RunProcessResult): void {
  const { suites } = summarize(readRecord(recordPath).events);
  const seen = new Map(suites.filter((suite) => suite.repetition === repetition).map((suite) => [suite.suite, suite.ended]));
  for (const { name } of options.suites) {
    if (seen.get(name) === true) continue;
    const where = seen.has(name) ? 'in the middle of it' : 'before it began';
    const why = {
      exit: `the test process ended ${where} (exit status ${result.exitCode}): see jest.log; a suite must not call process.exit`,
      deadline: 'the run took longer than its time-out: see jest.log and console.log; --timeout gives it more',
      interrupted: 'the run was interrupted',
      killed: `the test process was killed ${where}, by a signal: see the end of jest.log`,
    }[result.ended];
    record.append({ event: 'suite-failed', time: new Date().toISOString(), repetition, suite: name, kind: 'bench', message: why });
  }
}
