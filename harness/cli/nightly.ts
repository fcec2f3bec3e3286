import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../errors/index.js';
import type { BoardLease, Job, LabBench, LabFile, NightState, NightVerdict } from '../lab/index.js';
import type { SuiteArguments } from './run-options.js';
import { addSuiteOptions } from './run-options.js';
import { interruption } from './interruption.js';
import type { NightProgress } from './night-progress.js';
import { action, ExitCode, log, print, printJson } from './io.js';
import type { RegisterCommand } from './register.js';
import { displayPath } from './display-path.js';
import { wholeNumber } from './whole-number.js';

interface NightlyArguments extends SuiteArguments {
  readonly filter?: readonly string[];
  readonly repeat?: number;
  readonly retries?: number;
  readonly budget?: number;
  readonly parallel?: number;
  readonly timeout?: number;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
}

/** `rot-hil nightly` */
export const registerNightly: RegisterCommand = (program) => {
  addSuiteOptions(program.command('nightly'), 'filter')
    .description('run the matrix of the lab file: benches × boot paths × update modes × execution modes, benches beside each other')
    .argument('[suite...]', 'shipped suites by name or *.hil.ts files, instead of those of the lab file')
    .option('--lab <file>', 'lab file (default: rot-hil.lab.yaml of the working directory)')
    .option('--filter <word...>', 'only benches of this name or @tag; !word leaves some out')
    .option('--repeat <n>', 'runs of each configuration', wholeNumber(1, 10_000))
    .option('--retries <n>', 'further attempts after a bench fault', wholeNumber(0, 10))
    .option('--budget <minutes>', 'start no run later than this', wholeNumber(1, 10_080))
    .option('--parallel <n>', 'most boards at work at once', wholeNumber(1, 256))
    .option('--timeout <seconds>', 'end a run after so long, as a bench fault', wholeNumber(1, 86_400))
    .option('--resume', 'go on with the last night of this lab file, if it did not come to its end')
    .option('--dry-run', 'print the runs in their order, and run nothing')
    .action(action((_suites: string[], options: NightlyArguments) => options.json === true, nightly));
};

const exitCodes: Readonly<Record<NightVerdict, number>> = { passed: ExitCode.ok, failed: ExitCode.subject, guard: ExitCode.guard, configuration: ExitCode.usage, bench: ExitCode.bench };

async function nightly(words: string[], options: NightlyArguments): Promise<number> {
  const [labRoom, { findSuites }, { prepareReportFolder }] = await Promise.all([import('../lab/index.js'), import('./find-suites.js'), import('./report-folder.js')]);
  const { chooseBenches, planJobs, NightLog, nightLogName, readNight, runNight, unfinishedNight, judgeNight } = labRoom;
  const lab = withOptions(labRoom.findLabFile(options.lab) ?? missingLab(), words, options);
  const benches = chooseBenches(lab, options.filter ?? []);
  const jobs = planJobs(lab, benches).filter(({ configuration }) => (['bootPath', 'mode', 'exec'] as const).every((key) => options[key] === undefined || options[key] === configuration[key]));
  if (jobs.length === 0) throw new HarnessError({ code: 'nothing-to-run', kind: 'usage', message: 'no run of the lab file fits what was asked for', nextStep: 'see what there is: rot-hil nightly --dry-run, without --filter, --boot-path, --mode and --exec' });
  for (const suites of new Set(jobs.map((job) => job.suites))) findSuites(suites);
  if (options.dryRun === true) return dryRun(lab, jobs, options);

  const reports = resolve(options.report);
  prepareReportFolder(reports);
  let progress: NightProgress | undefined;
  const tell = (line: string): void => (progress === undefined ? log(line) : progress.note(line));
  const interrupted = interruption('putting every board away', tell);
  const leases: BoardLease[] = [];
  const temporary = newTemporaryFolder(labRoom.stillRuns);
  try {
    for (const bench of benches) leases.push(await nightLease(lab, bench));
    const unfinished = unfinishedNight(reports, lab.path);
    if (unfinished !== undefined && options.resume !== true) log(`note: the night ${basename(unfinished.folder)} did not come to its end; --resume goes on with it`);
    const resumed = options.resume === true ? unfinished : undefined;
    const folder = resumed?.folder ?? newNightFolder(reports);
    const nightLog = new NightLog(join(folder, nightLogName));
    const time = (): string => new Date().toISOString();
    if (resumed === undefined) nightLog.append({ event: 'night-started', schema: 1, time: time(), night: basename(folder), lab: lab.path, jobs });
    else nightLog.append({ event: 'night-resumed', time: time() });
    const state = readNight(join(folder, nightLogName))!;
    const verdictOf = (): { state: NightState; verdict: NightVerdict } => {
      const now = readNight(join(folder, nightLogName))!;
      return { state: now, verdict: judgeNight(now.jobs.values()) };
    };

    const [{ NightProgress: View }, { runJobOnce }, reporting] = await Promise.all([import('./night-progress.js'), import('./night-job.js'), import('./night-reports.js')]);
    const screen = process.stdout.isTTY === true && options.json !== true;
    if (options.json !== true) print(`${basename(folder)}: ${[...state.jobs.values()].filter(({ verdict }) => verdict === undefined).length} of ${state.jobs.size} runs on ${benches.length} ${benches.length === 1 ? 'bench' : 'benches'}${resumed === undefined ? '' : ', resumed'}`);
    progress = new View(options.json === true ? 'json' : screen ? 'screen' : 'lines', options.json === true ? process.stderr : process.stdout, folder, state);
    const startedAt = performance.now();
    try {
      await runNight({
        state,
        settings: lab.nightly,
        signal: interrupted.signal,
        runJob: (job, attempt) => runJobOnce(job, attempt, { lab: lab.path, folder, temporary, timeoutSeconds: timeoutSeconds(lab, job), waitSeconds: options.wait, signal: interrupted.signal }),
        beforeRetry: (job) => powerCycle(lab, job, folder, interrupted.signal, tell),
        onEvent: (event) => {
          nightLog.append(event);
          progress?.tell(event);
        },
      });
      if (interrupted.exitCode === undefined) {
        const event = { event: 'night-ended', time: time(), verdict: verdictOf().verdict } as const;
        nightLog.append(event);
        progress.tell(event);
      }
    } finally {
      progress.stop();
      progress = undefined;
      nightLog.close();
    }

    const end = verdictOf();
    const junit = join(reports, 'junit.xml');
    reporting.writeMergedJunit(junit, reports, end.state);
    const page = join(reports, 'report.html');
    const summary = { ...reporting.summarizeNight(end.state, lab, end.verdict, performance.now() - startedAt, displayPath(junit)), page: displayPath(page) };
    reporting.writeNightPage(page, reports, summary);
    reporting.deliverSummary(summary, options.summary, folder, options.json === true ? log : print, screen && !process.env['NO_COLOR']);
    if (interrupted.exitCode !== undefined) log(`interrupted: rot-hil nightly --lab ${lab.path} --resume goes on with ${basename(folder)}`);
    if (options.json === true) {
      const of = (verdict: string): number => summary.rows.filter((row) => row.verdict === verdict).length;
      printJson({ ...summary, passed: of('passed'), failed: of('failed'), bench: of('bench'), notRun: of('not-run'), interrupted: interrupted.exitCode !== undefined, reportDir: folder, junit, page });
    }
    return interrupted.exitCode ?? exitCodes[end.verdict];
  } finally {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
    for (const lease of leases) lease.release();
    interrupted.end();
  }
}

/** Installing an image takes a minute on a real board, and all suites install some 70. */
function timeoutSeconds({ nightly, benches }: LabFile, job: Job): number {
  return nightly.runTimeoutSeconds ?? (benches.find(({ name }) => name === job.bench)?.virtual === true ? 900 : 10_800);
}

function missingLab(): never {
  throw new HarnessError({ code: 'lab-file', kind: 'usage', message: 'there is no rot-hil.lab.yaml here', nextStep: 'name a lab file with --lab; `rot-hil boards` prints one for what is attached' });
}

/** The settings of the lab file, with those of the command line in their place. */
function withOptions(lab: LabFile, words: readonly string[], options: NightlyArguments): LabFile {
  const { repeat, retries, budget, parallel, timeout } = options;
  return {
    ...lab,
    ...(words.length === 0 ? {} : { benches: lab.benches.map((bench) => ({ ...bench, cover: { ...bench.cover, suites: words } })) }),
    nightly: {
      ...lab.nightly,
      ...(repeat === undefined ? {} : { repeat }),
      ...(retries === undefined ? {} : { retries }),
      ...(budget === undefined ? {} : { budgetMinutes: budget }),
      ...(parallel === undefined ? {} : { parallel }),
      ...(timeout === undefined ? {} : { runTimeoutSeconds: timeout }),
    },
  };
}

/** The night has its benches to itself, beside the lease that each of its runs takes: two nights do not take turns on a board. */
async function nightLease(lab: LabFile, bench: LabBench): Promise<BoardLease> {
  const [{ localBackend }, { probeSerialNumber }] = await Promise.all([import('../lab/index.js'), import('../virtual-board/index.js')]);
  const sn = bench.virtual ? probeSerialNumber(bench.name) : bench.probeSn;
  return localBackend(lab).lease({ board: `night-${sn.toLowerCase().replace(/^0+/, '')}`, name: `the night of ${bench.name}`, command: `rot-hil nightly --lab ${lab.path}` });
}

const temporaryPrefix = 'rot-hil-night-';

/** A folder for what the runs of this night keep while they last. Those of nights that were killed are removed: there are keys in them. */
function newTemporaryFolder(runs: (one: { pid: number; birth: null }) => boolean): string {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^rot-hil-night-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !runs({ pid, birth: null })) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `${temporaryPrefix}${process.pid}-`));
}

function newNightFolder(reports: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  for (let number = 1; ; number++) {
    const path = join(reports, `night-${stamp}${number === 1 ? '' : `-${number}`}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      // Whoever creates it has it: two nights may start in the same second.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function powerCycle(lab: LabFile, job: Job, folder: string, signal: AbortSignal, tell: (line: string) => void): Promise<void> {
  const bench = lab.benches.find(({ name }) => name === job.bench);
  if (bench === undefined || bench.virtual || bench.powerCycle === undefined) return;
  const { runProcess } = await import('../lab/index.js');
  try {
    const { exitCode, ended } = await runProcess({ command: bench.powerCycle, cwd: folder, env: {}, outputPath: join(folder, `${bench.name}.power-cycle.log`), deadlineMs: 60_000, signal });
    if (ended !== 'exit' || exitCode !== 0) tell(`note: the power cycle of ${bench.name} ended with ${exitCode ?? ended}`);
  } catch (error) {
    tell(`note: the power cycle of ${bench.name} could not be started: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function dryRun(lab: LabFile, jobs: readonly Job[], options: NightlyArguments): Promise<number> {
  const [{ orderJobs, checkBenchFiles }, { jobArguments }] = await Promise.all([import('../lab/index.js'), import('./night-job.js')]);
  const ordered = [...new Set(jobs.map(({ bench }) => bench))].flatMap((bench) => orderJobs(jobs.filter((job) => job.bench === bench), undefined));
  const runs = ordered.map((job) => ({ ...job, command: ['rot-hil', ...jobArguments(job, { lab: lab.path, timeoutSeconds: timeoutSeconds(lab, job), waitSeconds: options.wait }, join(options.report, 'night-…', job.id))] }));
  const problems = lab.benches
    .filter(({ name }) => ordered.some(({ bench }) => bench === name))
    .flatMap((bench) => {
      try {
        checkBenchFiles(lab, bench);
        return [];
      } catch (error) {
        return [{ bench: bench.name, message: (error as HarnessError).message, nextStep: (error as HarnessError).nextStep }];
      }
    });
  if (options.json === true) printJson({ lab: lab.path, runs, problems });
  else for (const { command } of runs) print(command.join(' '));
  for (const { message, nextStep } of problems) log(`error: ${message}\n  next: ${nextStep}`);
  return problems.length === 0 ? ExitCode.ok : ExitCode.usage;
}

