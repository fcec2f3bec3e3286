import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Bench, Kit, RotConfiguration } from '../board/index.js';
import { recordSchema, RecordWriter, type RunStarted } from '../record/index.js';
import { speaksProtocol } from '../session/fixture-line.js';
import { sharedClock } from '../units/shared-clock.js';
import { closingFiles, type Closing } from './closing.js';
import { rotKeyFiles, type NamedRotKeys } from './lab-keys.js';
import { newRunFolder } from './report-folder.js';
import type { ResolvedBoard } from './resolve-board.js';
import { displayPath } from './display-path.js';
import type { RunApplications } from './run-applications.js';
import { packageVersion } from './version.js';
import { writeWhole } from './write-whole.js';

/** What a run is begun with. */
export interface RunSetUp {
  /** Absolute; it exists. */
  readonly reports: string;
  readonly started: Omit<RunStarted, 'event' | 'schema' | 'time' | 'run'>;
  readonly bench: Bench;
  readonly configuration: Pick<RotConfiguration, 'bootPath' | 'mode' | 'exec'>;
  readonly applications: RunApplications;
  readonly seed: number;
  /** Keys of the board instead of derived ones: both, or one of them. */
  readonly keys?: NamedRotKeys;
  /** On a boot path that closes the board. */
  readonly closing?: Closing;
}

/** A run whose record exists. */
export interface BegunRun {
  /** By the `sharedClock`, milliseconds. */
  readonly startedAt: number;
  /** Absolute folder of this run. */
  readonly folder: string;
  /** Absolute path of the merged JUnit file. */
  readonly junit: string;
  readonly recordPath: string;
  readonly record: RecordWriter;
}

/** What the record says of a run at its beginning. */
export function startOfRun({ bench, configuration, virtual }: Pick<ResolvedBoard, 'bench' | 'configuration' | 'virtual'> & { readonly kit: Kit }, applications: RunApplications, seed: number, toolVersion: string): RunSetUp['started'] {
  const { bootPath, mode, exec } = configuration;
  const named = (app: RunApplications['application']): RunApplications['application'] => ({ ...app, path: displayPath(app.path) });
  return {
    board: { name: bench.name, kit: bench.kit, probeSn: bench.probe.sn, virtual },
    configuration: { bootPath, mode, exec, ...(bench.memoryCipher === false ? { mce: 'off' } : {}) },
    application: named(applications.application),
    // For suites that talk to the fixture: beside an application of another kind it would only puzzle.
    ...(speaksProtocol(readFileSync(applications.application.path)) ? { update: named(applications.update) } : {}),
    seed,
    tool: { name: 'STM32CubeProgrammer', version: toolVersion },
    harness: { version: packageVersion(), node: process.version, platform: `${process.platform} ${process.arch}` },
  };
}

/** Makes the folder of a run and begins its record. */
export function beginRun({ reports, started, bench }: RunSetUp): BegunRun {
  const date = new Date();
  const startedAt = sharedClock();
  const folder = newRunFolder(reports, date, bench.name);
  const junit = join(reports, 'junit.xml');
  // An interrupted run must not leave the verdict of an earlier one behind.
  rmSync(junit, { force: true });
  const recordPath = join(folder.path, 'record.jsonl');
  const record = new RecordWriter(recordPath);
  record.append({ ...started, event: 'run-started', schema: recordSchema, time: date.toISOString(), run: folder.name });
  return { startedAt, folder: folder.path, junit, recordPath, record };
}

/** Writes what the process with the tests is told. @returns path of the file */
export function writeRunFile(run: BegunRun, setUp: RunSetUp, more: { readonly workDirectory: string; readonly repetition: number; readonly suites: Readonly<Record<string, string>>; readonly suitesRoot?: string }): string {
  const { workDirectory, ...others } = more;
  const path = join(run.folder, 'run.json');
  writeWhole(
    path,
    JSON.stringify({
      schema: 1,
      session: {
        bench: setUp.bench,
        configuration: setUp.configuration,
        seed: setUp.seed,
        applications: setUp.applications,
        toolVersion: setUp.started.tool.version,
        workDirectory,
        callLogPath: join(run.folder, 'tool-calls.jsonl'),
        ...(setUp.keys === undefined ? {} : { keyFiles: rotKeyFiles(setUp.keys, workDirectory) }),
        ...(setUp.closing === undefined ? {} : { closing: closingFiles(setUp.closing, workDirectory) }),
      },
      recordPath: run.recordPath,
      consoleLogPath: join(run.folder, 'console.log'),
      toolLogPath: join(run.folder, 'tool.log'),
      startedAt: run.startedAt,
      ...others,
    }),
  );
  return path;
}
