import { renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../errors/index.js';
import type { RunSummary } from '../report/index.js';
import type { RegisterCommand } from './register.js';
import { action, ExitCode, log, print, printJson } from './io.js';
import { prepareReportFolder } from './report-folder.js';

interface ReportArguments {
  readonly report: string;
  readonly json?: boolean;
}

/** `rot-hil report <record…>` */
export const registerReport: RegisterCommand = (program) => {
  program
    .command('report')
    .description('draw the reports of finished runs from their records')
    .argument('<record...>', 'record.jsonl files, or the run folders that hold them')
    .option('--report <dir>', 'folder for the merged junit.xml', 'reports')
    .option('--json', 'print one JSON document')
    .action(action((_records: string[], options: ReportArguments) => options.json === true, report));
};

async function report(records: string[], options: ReportArguments): Promise<number> {
  const [{ readRecord }, { judge, junitXml, summarize, textSummary }] = await Promise.all([import('../record/index.js'), import('../report/index.js')]);
  const runs: { path: string; summary: RunSummary }[] = [];
  for (const name of records) {
    const path = statSync(name, { throwIfNoEntry: false })?.isDirectory() ? join(name, 'record.jsonl') : name;
    const { events, problems } = readRecord(path);
    for (const problem of problems) log(`${path}:${problem.line}: ${problem.message}`);
    const summary = summarize(events);
    if (!summary.started) {
      throw new HarnessError({
        code: 'no-record',
        kind: 'usage',
        message: `${path} is no run record${problems[0] ? `: ${problems[0].message}` : ''}`,
        nextStep: 'give record.jsonl of a run folder below reports/',
      });
    }
    runs.push({ path, summary });
  }
  const folder = resolve(options.report);
  const junit = join(folder, 'junit.xml');
  prepareReportFolder(folder);
  writeFileSync(`${junit}.partial`, junitXml(runs.map(({ summary }) => summary)));
  renameSync(`${junit}.partial`, junit);

  const verdictOf = (summary: RunSummary): 'passed' | 'failed' | 'bench' => (summary.ended ?? { ...judge(summary), verdict: 'bench' as const }).verdict;
  const verdicts = runs.map(({ summary }) => verdictOf(summary));
  const verdict = verdicts.includes('bench') ? 'bench' : verdicts.includes('failed') ? 'failed' : 'passed';
  if (options.json) {
    printJson({
      verdict,
      junit,
      runs: runs.map(({ path, summary }) => ({ record: path, verdict: verdictOf(summary), ...summary.counts, board: summary.started?.board, configuration: summary.started?.configuration })),
    });
  } else {
    const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
    for (const { summary } of runs) print(textSummary(summary, { colour }) + '\n');
    print(`JUnit   ${junit}`);
  }
  return { passed: ExitCode.ok, failed: ExitCode.subject, bench: ExitCode.bench }[verdict];
}
