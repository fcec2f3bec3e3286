import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Bench, RotConfiguration } from '../board/index.js';
import { boardEnvironmentModule, jestCommand, readSecret, runProcess, type BoardLease, type LabKeys, type RunProcessResult, type SecretReference } from '../lab/index.js';
import { isHarnessError } from '../errors/index.js';
import { readRecord, recordSchema, RecordWriter, type RunStarted } from '../record/index.js';
import { judge, junitXml, runHtml, summarize, type RunSummary } from '../report/index.js';
import type { SuiteFile } from './find-suites.js';
import { newRunFolder } from './report-folder.js';
import type { BoardCondition } from './resolve-board.js';
import type { RunApplications } from './run-applications.js';
import { writeWhole } from './write-whole.js';

export interface SuiteRunOptions {
  /** Absolute; it exists. */
  readonly reports: string;
  readonly started: Omit<RunStarted, 'event' | 'schema' | 'time' | 'run'>;
  readonly suites: readonly SuiteFile[];
  readonly bench: Bench;
  readonly configuration: Pick<RotConfiguration, 'bootPath' | 'mode' | 'exec'>;
  readonly applications: RunApplications;
  readonly seed: number;
  readonly repeat: number;
  /** For all repetitions together, milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** What the test process is part of. */
  readonly lease: Pick<BoardLease, 'environment' | 'addWorker'>;
  /** Keys of the board instead of derived ones. */
  readonly keys?: Required<Pick<LabKeys, 'authentication' | 'encryption'>>;
  /** What the board is doing after the last test, as far as it can tell. */
  readonly condition: () => Promise<BoardCondition | undefined>;
  /** Told once the record exists. */
  readonly onRecord?: (recordPath: string) => void;
}

export interface SuiteRunResult {
  readonly summary: RunSummary;
  readonly condition: BoardCondition | undefined;
  /** Absolute folder of this run. */
  readonly folder: string;
  /** Absolute path of the merged JUnit file. */
  readonly junit: string;
  /** Absolute path of the page of this run. */
  readonly html: string;
}

/** Every wait on a board has a shorter time-out of its own. */
const testTimeoutMs = 120_000;

/** Runs the suites on a bench, writes the record and the reports drawn from it. A failure of a test is a result, not an exception. */
export async function runSuites(options: SuiteRunOptions): Promise<SuiteRunResult> {
  const startedAt = new Date();
  const began = performance.now();
  const folder = newRunFolder(options.reports, startedAt, options.bench.name);
  const junit = join(options.reports, 'junit.xml');
  // An interrupted run must not leave the verdict of an earlier one behind.
  rmSync(junit, { force: true });
  const recordPath = join(folder.path, 'record.jsonl');
  const record = new RecordWriter(recordPath);
  record.append({ ...options.started, event: 'run-started', schema: recordSchema, time: startedAt.toISOString(), run: folder.name });
  options.onRecord?.(recordPath);

  let left = options.deadlineMs;
  for (let repetition = 1; repetition <= options.repeat && !options.signal.aborted; repetition++) {
    const result = await oneRepetition(options, folder.path, recordPath, startedAt, repetition, left);
    left -= result.durationMs;
    noteMissingSuites(record, recordPath, options, repetition, result);
    if (result.ended !== 'exit') break;
  }

  const judgement = judge(summarize(readRecord(recordPath).events));
  const condition = options.signal.aborted ? undefined : await options.condition();
  const why = judgement.verdict === 'passed' || !condition?.reason ? '' : `; the board is ${condition.state}: ${condition.reason}`;
  const ended = options.signal.aborted ? ({ verdict: 'bench', reason: isHarnessError(options.signal.reason) ? options.signal.reason.message : 'interrupted' } as const) : { verdict: judgement.verdict, reason: judgement.reason + why };
  record.append({ ...ended, event: 'run-ended', time: new Date().toISOString(), durationMs: Math.round(performance.now() - began) });
  record.close();
  const summary = summarize(readRecord(recordPath).events);
  const xml = junitXml([summary]);
  writeWhole(junit, xml);
  // This board's own file. Not *.xml: a test stands in one file only of those that a dashboard collects.
  writeWhole(join(folder.path, 'board.junit'), xml);
  const html = join(folder.path, 'report.html');
  writeWhole(html, runHtml(summary));
  return { summary, condition, folder: folder.path, junit, html };
}

async function oneRepetition(options: SuiteRunOptions, folder: string, recordPath: string, startedAt: Date, repetition: number, deadlineMs: number): Promise<RunProcessResult> {
  // Images and OBKey files: many megabytes, and private keys among them, which never go into a report.
  const workDirectory = mkdtempSync(join(tmpdir(), 'rot-hil-run-'));
  const discard = (): void => rmSync(workDirectory, { recursive: true, force: true });
  // A second Ctrl-C waits for nothing, but leaves no keys either.
  process.once('exit', discard);
  const runFile = join(folder, 'run.json');
  writeWhole(
    runFile,
    JSON.stringify({
      schema: 1,
      session: {
        bench: options.bench,
        configuration: options.configuration,
        seed: options.seed,
        applications: options.applications,
        workDirectory,
        callLogPath: join(folder, 'tool-calls.jsonl'),
        ...(options.keys === undefined ? {} : { keyFiles: keyFiles(options.keys, workDirectory) }),
      },
      recordPath,
      consoleLogPath: join(folder, 'console.log'),
      toolLogPath: join(folder, 'tool.log'),
      repetition,
      startedAt: startedAt.getTime(),
      suites: Object.fromEntries(options.suites.map(({ path, name }) => [path, name])),
    }),
  );
  try {
    return await runProcess({
      command: jestCommand({ runFolder: folder, environment: boardEnvironmentModule(), cacheFolder: join(workDirectory, 'jest'), testTimeoutMs }, options.suites.map((suite) => suite.path)),
      cwd: process.cwd(),
      // Jest prints for a log file here, whatever the terminal of the caller can show.
      env: { ROT_HIL_RUN_FILE: runFile, NO_COLOR: '1', FORCE_COLOR: '0', ...options.lease.environment },
      onStart: (pid) => options.lease.addWorker(pid),
      outputPath: join(folder, 'jest.log'),
      deadlineMs,
      signal: options.signal,
    });
  } finally {
    process.off('exit', discard);
    discard();
  }
}

/** The session reads keys from files: those of the environment get one in the work folder, which no run leaves behind. */
function keyFiles(keys: NonNullable<SuiteRunOptions['keys']>, workDirectory: string): Record<'authentication' | 'encryption', string> {
  const fileOf = (name: 'authentication' | 'encryption', reference: SecretReference): string => {
    if ('file' in reference) return reference.file;
    const path = join(workDirectory, `${name}.pem`);
    writeFileSync(path, readSecret(reference, `keys.${name}`), { mode: 0o600 });
    return path;
  };
  return { authentication: fileOf('authentication', keys.authentication), encryption: fileOf('encryption', keys.encryption) };
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
