import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { HarnessError } from '../errors/index.js';
import type { Fact } from '../lab/index.js';
import type { BoardArguments } from './board-options.js';
import { addBoardOptions } from './board-options.js';
import type { ConfigurationArguments } from './configuration-options.js';
import { addConfigurationOptions } from './configuration-options.js';
import { interruption, parentVariable } from './interruption.js';
import { action, ExitCode, log, print, printJson } from './io.js';
import { packagePath } from './package-files.js';
import type { RegisterCommand } from './register.js';

interface ConfirmArguments extends ConfigurationArguments, BoardArguments {
  readonly model?: boolean;
  readonly list?: boolean;
  readonly report: string;
  readonly json?: boolean;
}

/** `rot-hil confirm-on-hardware` */
export const registerConfirm: RegisterCommand = (program) => {
  addConfigurationOptions(addBoardOptions(program.command('confirm-on-hardware'), { board: 'a bench of the lab file, or with --probe-sn and --console a name for that bench; a virtual board shows what would be tried' }))
    .description('try on a connected board what only silicon can tell, and print a report to paste into an issue; the board is provisioned in OPEN, its product state is not changed')
    .option('--list', 'only show what would be tried, and what would not and why')
    .option('--model', 'virtual board: try it all the same; the report is labelled as the model')
    .option('--report <dir>', 'folder for reports', 'reports')
    .option('--json', 'print one JSON document')
    .action(action((options: ConfirmArguments) => options.json === true, confirm));
};

async function confirm(options: ConfirmArguments): Promise<number> {
  const { facts } = JSON.parse(readFileSync(packagePath('dist', 'unverified.json'), 'utf8')) as { facts: Fact[] };
  const virtual = await isVirtual(options);
  if (options.list === true || (virtual && options.model !== true)) {
    if (options.json === true) printJson({ virtual, facts });
    else list(facts, virtual && options.list !== true);
    return ExitCode.ok;
  }
  const [{ runProcess }, { readRecord }, { summarize, verdictOf }, { confirmMarkdown, resultsOf }, { prepareReportFolder }] = await Promise.all([import('../lab/index.js'), import('../record/index.js'), import('../report/index.js'), import('./confirm-report.js'), import('./report-folder.js')]);
  const reports = resolve(options.report);
  prepareReportFolder(reports);
  const folder = mkdtempSync(join(reports, 'confirm-'));
  mkdirSync(join(folder, 'run'));
  const interrupted = interruption('putting the board away');
  const stopProgress = await follow(join(folder, 'run'), options.json === true ? log : print);
  let result;
  try {
    result = await runProcess({
      command: [process.execPath, fileURLToPath(new URL('main.js', import.meta.url)), 'run', packagePath('suites', 'confirm', 'hardware.hil.ts'), ...passedOn(options), '--report', join(folder, 'run'), '--json'],
      cwd: process.cwd(),
      env: { [parentVariable]: String(process.pid), NO_COLOR: '1', FORCE_COLOR: '0' },
      outputPath: join(folder, 'run.log'),
      stdoutPath: join(folder, 'run.json'),
      deadlineMs: 30 * 60_000,
      graceMs: 15_000,
      signal: interrupted.signal,
    });
  } finally {
    stopProgress();
    interrupted.end();
  }
  // A test stands in one file only, and these are no tests of firmware.
  rmSync(join(folder, 'run', 'junit.xml'), { force: true });
  const runFolder = recordFolder(join(folder, 'run'));
  const document = documentOf(join(folder, 'run.json'));
  if (runFolder === undefined) {
    const { code, kind, message, nextStep } = document?.error ?? {};
    if (interrupted.exitCode !== undefined) return interrupted.exitCode;
    throw new HarnessError({ code: code ?? 'confirm-failed', kind: kind === 'usage' || kind === 'guard' ? kind : 'bench', message: message ?? `the run ended with ${String(result.exitCode)} before it began`, nextStep: nextStep ?? `read ${join(folder, 'run.log')}` });
  }
  const summary = summarize(readRecord(join(runFolder, 'record.jsonl')).events);
  const results = resultsOf(facts, summary, runFolder);
  const { started, opened } = summary;
  const board = {
    kit: started?.board.kit ?? 'unknown kit',
    virtual: started?.board.virtual ?? virtual,
    configuration: started === undefined ? '' : `${started.configuration.bootPath}, ${started.configuration.mode}, ${started.configuration.exec}`,
    tool: started === undefined ? '' : `${started.tool.name} ${started.tool.version}`,
    probe: opened?.probeFirmware ?? 'unknown',
    harness: started?.harness.version ?? '',
  };
  const { verdict } = verdictOf(summary);
  if (options.json === true) printJson({ verdict, board, facts: results, reportDir: runFolder });
  else print(`\n${confirmMarkdown(board, results, new Date())}`);
  if (interrupted.exitCode !== undefined) return interrupted.exitCode;
  if (results.some(({ outcome }) => outcome === 'differs')) return ExitCode.subject;
  return verdict === 'bench' || results.some(({ outcome }) => outcome === 'unknown') ? ExitCode.bench : ExitCode.ok;
}

/** A board that this machine would have to start, or has started, is no hardware. */
async function isVirtual(options: ConfirmArguments): Promise<boolean> {
  if (options.probeSn !== undefined || options.console !== undefined || options.tool !== undefined) return false;
  const { benchNamed, findLabFile, soleBench } = await import('../lab/index.js');
  const lab = findLabFile(options.lab);
  const bench = lab === undefined ? undefined : options.board !== undefined ? benchNamed(lab, options.board) : options.lab === undefined ? undefined : soleBench(lab);
  return bench?.virtual ?? true;
}

function passedOn(options: ConfirmArguments): string[] {
  const { board, lab, probeSn, console, tool, kit, rot, bootPath, mode, exec } = options;
  const given = { '--board': board, '--lab': lab, '--probe-sn': probeSn, '--console': console, '--tool': tool, '--kit': kit, '--rot': rot, '--boot-path': bootPath, '--mode': mode, '--exec': exec };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

function list(facts: readonly Fact[], onlyVirtual: boolean): void {
  const tried = facts.filter(({ probe }) => probe !== null);
  print(`${facts.length} facts are marked as not confirmed on hardware; ${tried.length} can be tried without a change of the product state`);
  print('\nwould be tried');
  for (const { id, probe, fact, file } of tried) print(`  ${id} ${probe!.padEnd(16)} ${fact}\n      ${file}`);
  print('\nwould not be tried');
  for (const { id, why, fact, file } of facts.filter(({ probe }) => probe === null)) print(`  ${id} ${fact}\n      ${file}\n      ${why ?? ''}`);
  if (onlyVirtual) print('\nThis is a virtual board: nothing was tried. --model tries it, and labels the report as the model.');
}

function recordFolder(reports: string): string | undefined {
  return readdirSync(reports)
    .map((name) => join(reports, name))
    .find((path) => existsSync(join(path, 'record.jsonl')));
}

function documentOf(path: string): { error?: { code?: string; kind?: string; message?: string; nextStep?: string } } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as object;
  } catch {
    return undefined;
  }
}

/** Tells each test as it ends, once the run has begun to write. */
async function follow(reports: string, say: (line: string) => void): Promise<() => void> {
  const { RunProgress } = await import('./run-progress.js');
  let progress: InstanceType<typeof RunProgress> | undefined;
  const timer = setInterval(() => {
    const folder = recordFolder(reports);
    if (folder === undefined) return;
    clearInterval(timer);
    progress = new RunProgress(join(folder, 'record.jsonl'), say, false);
  }, 200);
  return () => {
    clearInterval(timer);
    progress?.stop();
  };
}
