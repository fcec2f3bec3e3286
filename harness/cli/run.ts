import { resolve } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../errors/index.js';
import { allowUnmodelledOption } from './allow-unmodelled.js';
import { displayPath } from './display-path.js';
import { noTranslateOption } from './no-translate.js';
import type { BoardArguments } from './board-options.js';
import { addBoardOptions, boardArgumentsOf } from './board-options.js';
import { closingOf } from './closing.js';
import { noMemoryCipherOption } from './configuration-options.js';
import { interruption } from './interruption.js';
import type { SuiteArguments } from './run-options.js';
import { addSuiteOptions } from './run-options.js';
import { wholeNumber } from './whole-number.js';
import type { RegisterCommand } from './register.js';
import type { ResolvedBoard } from './resolve-board.js';
import { action, ExitCode, log, print, printJson, reportError } from './io.js';

interface RunArguments extends SuiteArguments, BoardArguments {
  readonly oemurot?: string;
  readonly app?: string;
  readonly appVersion?: string;
  readonly mce?: 'on' | 'off';
  readonly seed: number;
  readonly allowUnmodelled?: readonly string[];
  readonly translate: boolean;
  readonly repeat: number;
  readonly timeout?: number;
}

/** `rot-hil run [suite…]` */
export const registerRun: RegisterCommand = (program) => {
  addSuiteOptions(addBoardOptions(program.command('run'), { board: 'kit name = a fresh virtual board; a bench of the lab file; name of a running virtual board; or, with --probe-sn and --console, a name for that bench (default: stm32h7s78-dk)' }), 'one')
    .description('run board suites on one board and report the verdict')
    .argument('[suite...]', 'shipped suites by name (boot, mpu, …) or *.hil.ts files; default: all shipped suites')
    .option('--oemurot <bin>', 'real bench, --boot-path stirot-oemurot: OEMiROT_Boot.bin, built with OEMUROT_ENABLE; it is signed with the keys of the run')
    .option('--app <elf>', 'application under test (default: the prebuilt fixture)')
    .option('--app-version <version>', 'version that --app is signed with, such as 1.0.0')
    .option('--seed <n>', 'what every key and random byte of the run follows from', wholeNumber(0, 0xffffffff), 1)
    .addOption(noMemoryCipherOption())
    .addOption(allowUnmodelledOption('fresh virtual board: '))
    .addOption(noTranslateOption('fresh virtual board: '))
    .option('--repeat <n>', 'run the suites n times', wholeNumber(1), 1)
    .option('--timeout <seconds>', 'end the run after so long, as a bench fault (default: 600; a real bench: 10800)', wholeNumber(1))
    .action(action((_suites: string[], options: RunArguments) => options.json === true, run));
};

/** What draws the reports: loaded while the tests run, so that none waits for it; what is wrong with it is told at the end. */
const loadReports = () => Promise.all([import('../report/index.js'), import('./summary-delivery.js'), import('./concluded-run.js')]);

async function run(words: string[], options: RunArguments): Promise<number> {
  const [{ findSuites }, { resolveBoard }, { runApplications }, { runSuites }, { RunProgress }, { startOfRun }, { Programmer }, { prepareReportFolder }, { namedRotKeys }, { WaitingJest }] = await Promise.all([
    import('./find-suites.js'),
    import('./resolve-board.js'),
    import('./run-applications.js'),
    import('./suite-run.js'),
    import('./run-progress.js'),
    import('./begun-run.js'),
    import('../programmer/index.js'),
    import('./report-folder.js'),
    import('./lab-keys.js'),
    import('../lab/waiting-jest.js'),
  ]);
  const say = options.json ? log : print;
  const suites = findSuites(words);
  const reports = resolve(options.report);
  prepareReportFolder(reports);
  const interrupted = interruption('putting the board away');
  let board: ResolvedBoard | undefined;
  let progress: InstanceType<typeof RunProgress> | undefined;
  let version: Promise<string> | undefined;
  let waiting: InstanceType<typeof WaitingJest> | undefined;
  try {
    const onTool = (path: string): void => {
      version = new Programmer({ path, signal: interrupted.signal }).version();
      // It is told where it is waited for, unless the board failed before.
      version.catch(() => undefined);
    };
    const onBoardStart = (): void => void (waiting = new WaitingJest(reports));
    board = await resolveBoard({ ...options, onTool, onBoardStart, configuration: options, command: ['rot-hil run', ...words].join(' '), leaseWaitMs: options.wait * 1000, signal: interrupted.signal });
    const { condition } = board;
    const closing = closingOf(board, boardArgumentsOf(options, board.bench.name));
    const { bootPath, mode, exec } = board.configuration;
    const signal = AbortSignal.any([interrupted.signal, board.lease.lost]);
    const { app } = board.labBench ?? {};
    const keys = namedRotKeys(board.labBench);
    const applications = runApplications(board.kit, board.configuration, options.app ?? app?.file, options.app === undefined ? (app?.version ?? options.appVersion) : options.appVersion);
    const { bench } = board;
    const toolVersion = await (version ?? new Programmer({ path: bench.programmerPath, sn: bench.probe.sn, signal }).version());
    say(`${bench.name} (${bench.kit}, probe ${bench.probe.sn}${board.virtual ? ', virtual' : ''}), ${bootPath}, ${mode}, ${exec}: ${suites.map((suite) => suite.name).join(', ')}`);
    const result = await runSuites({
      reports,
      started: startOfRun(board, applications, options.seed, toolVersion),
      suites,
      bench,
      configuration: { bootPath, mode, exec },
      applications,
      seed: options.seed,
      repeat: options.repeat,
      deadlineMs: (options.timeout ?? (board.virtual ? 600 : 10_800)) * 1000,
      signal,
      lease: board.lease,
      ...(keys === undefined ? {} : { keys }),
      ...(closing === undefined ? {} : { closing }),
      condition,
      waiting,
      onRecord: (path) => (progress = new RunProgress(path, say, process.stdout.isTTY === true && options.json !== true, () => void loadReports().catch(() => undefined))),
    });
    progress?.stop();
    const [{ bootTimes, overhead, runMarkdown, textSummary, verdictOf }, { artefactLinkOf, deliverMarkdown }] = await loadReports();
    const { summary } = result;
    const { verdict } = verdictOf(summary);
    say('');
    const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'] && options.json !== true;
    say(textSummary(summary, { colour, files: [`JUnit   ${displayPath(result.junit)}`, `page    ${displayPath(result.html)}`, `all     ${displayPath(result.folder)}/`] }));
    if (options.summary !== 'text') {
      const link = artefactLinkOf(options.summary, result.folder);
      deliverMarkdown(runMarkdown(summary, { folder: displayPath(result.folder), ...(link === undefined ? {} : { link }) }), options.summary, result.folder, say);
    }
    if (verdict === 'passed' && result.condition?.reason) say(`note    the board is ${result.condition.state}: ${result.condition.reason}`);
    if (options.json) {
      const { passed, failed, bench: benchFaults, skipped } = summary.counts;
      const boots = bootTimes(summary);
      const own = overhead(summary);
      printJson({
        verdict,
        passed,
        failed,
        bench: benchFaults,
        skipped,
        ...(boots === undefined ? {} : { boots: { count: boots.count, minMs: boots.min, medianMs: boots.median, maxMs: boots.max } }),
        ...(own === undefined ? {} : { overhead: { tests: own.count, medianMs: own.median, p95Ms: own.p95, maxMs: own.max } }),
        board: { ...summary.started?.board, ...result.condition },
        configuration: summary.started?.configuration,
        reportDir: result.folder,
        junit: result.junit,
      });
    }
    if (interrupted.exitCode !== undefined) return interrupted.exitCode;
    return { passed: ExitCode.ok, failed: ExitCode.subject, bench: ExitCode.bench }[verdict];
  } catch (error) {
    // Whatever a Ctrl-C made fail is not a fault of its own.
    if (interrupted.exitCode === undefined) throw error;
    reportError(new HarnessError({ code: 'interrupted', kind: 'bench', message: 'interrupted before the first test', nextStep: 'run it again' }), options.json === true);
    return interrupted.exitCode;
  } finally {
    progress?.stop();
    await waiting?.discard();
    await board?.dispose();
    interrupted.end();
  }
}
