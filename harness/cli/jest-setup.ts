/** Jest's globalSetup of the preset: `npx jest` in a project with board suites. It does what `rot-hil run` does before its first test. */
import { resolve } from 'node:path';
import process from 'node:process';
import { asHarnessError } from '../errors/index.js';
import { Programmer } from '../programmer/index.js';
import { beginRun, startOfRun, writeRunFile, type RunSetUp } from './begun-run.js';
import { closingOf } from './closing.js';
import { keepJestRun } from './jest-run.js';
import { namedRotKeys } from './lab-keys.js';
import { readJestOptions, type JestBoardOptions } from './jest-options.js';
import { prepareReportFolder } from './report-folder.js';
import { resolveBoard, type ResolvedBoard } from './resolve-board.js';
import { runApplications } from './run-applications.js';
import { secretFolder } from './secret-folder.js';

interface GlobalConfig {
  readonly rootDir: string;
  readonly maxWorkers?: number;
  readonly listTests?: boolean;
}

export default async function setUp(globalConfig: GlobalConfig, { testEnvironmentOptions }: { readonly testEnvironmentOptions: Readonly<Record<string, unknown>> }): Promise<void> {
  let board: ResolvedBoard | undefined;
  try {
    const options = readJestOptions(testEnvironmentOptions);
    board = await resolveBoard({ ...options, configuration: options, command: 'jest', seed: options.seed ?? 1 });
    await begin(board, options, globalConfig.rootDir);
  } catch (thrown) {
    await board?.dispose();
    const error = asHarnessError(thrown);
    // Jest shows message and stack of what a set-up throws: no stack tells its reader more than the next step does.
    const shown = new Error(`${error.message}\n  next: ${error.nextStep}`);
    shown.stack = `rot-hil: ${shown.message}`;
    throw shown;
  }
}

async function begin(board: ResolvedBoard, options: JestBoardOptions, rootDir: string): Promise<void> {
  const { bench, kit, configuration, labBench } = board;
  const reports = resolve(rootDir, options.report ?? 'reports');
  prepareReportFolder(reports);
  const app = options.app === undefined ? labBench?.app?.file : resolve(rootDir, options.app);
  const applications = runApplications(kit, configuration, app, options.appVersion ?? labBench?.app?.version);
  const seed = options.seed ?? 1;
  const toolVersion = await new Programmer({ path: bench.programmerPath, sn: bench.probe.sn }).version();
  const keys = namedRotKeys(labBench);
  const { bootPath, mode, exec } = configuration;
  const closing = closingOf(board, `--board ${bench.name}`);
  const setUp: RunSetUp = {
    reports,
    started: startOfRun(board, applications, seed, toolVersion),
    bench,
    configuration: { bootPath, mode, exec },
    applications,
    seed,
    ...(keys === undefined ? {} : { keys }),
    ...(closing === undefined ? {} : { closing }),
  };
  const run = beginRun(setUp);
  const { path: workDirectory, discard } = secretFolder();
  process.env['ROT_HIL_RUN_FILE'] = writeRunFile(run, setUp, { workDirectory, repetition: 1, suites: {}, suitesRoot: rootDir });
  keepJestRun({ board, run, applications: setUp.applications, discard });
}
