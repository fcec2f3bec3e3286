import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import type { RegisterCommand } from './register.js';
import { action, ExitCode, log, print, printJson } from './io.js';
import { prepareReportFolder } from './report-folder.js';
import { writeWhole } from './write-whole.js';

interface ReportArguments {
  readonly report: string;
  readonly junit?: boolean;
  readonly html?: boolean;
  readonly history?: boolean;
  readonly json?: boolean;
}

/** `rot-hil report <record…>` */
export const registerReport: RegisterCommand = (program) => {
  program
    .command('report')
    .description('draw the reports of finished runs from their records: JUnit and a page per run, or what is asked for')
    .argument('<record...>', 'record.jsonl files, folders of runs, or folders that hold such folders (reports/)')
    .option('--junit', 'junit.xml of all the runs, in the folder for reports')
    .option('--html', 'report.html of each run, beside its record')
    .option('--history', 'history.html and history.json: every test over the runs, flaky ones, durations, boot times per board')
    .option('--report <dir>', 'folder for reports', 'reports')
    .option('--json', 'print one JSON document')
    .action(action((_records: string[], options: ReportArguments) => options.json === true, report));
};

async function report(records: string[], options: ReportArguments): Promise<number> {
  const [{ readRuns }, { historyHtml, historyOf, junitXml, runHtml, textSummary, verdictOf, worstVerdict }] = await Promise.all([import('./report-records.js'), import('../report/index.js')]);
  const runs = readRuns(records, log);
  const choice = options.junit || options.html || options.history ? options : { junit: true, html: true };
  const folder = resolve(options.report);
  if (choice.junit || options.history) prepareReportFolder(folder);
  const pages = runs.map(({ path }) => join(resolve(dirname(path)), 'report.html'));
  const files: { junit?: string; html?: string[]; history?: { html: string; json: string } } = {};
  if (choice.junit) {
    files.junit = join(folder, 'junit.xml');
    writeWhole(files.junit, junitXml(runs.map(({ summary }) => summary)));
  }
  if (choice.html) {
    runs.forEach(({ summary }, index) => writeWhole(pages[index], runHtml(summary)));
    files.html = pages;
  }
  if (options.history) {
    const history = historyOf(runs.map(({ summary }, index) => ({ summary, page: relative(folder, pages[index]).replaceAll('\\', '/') })));
    files.history = { html: join(folder, 'history.html'), json: join(folder, 'history.json') };
    writeWhole(files.history.html, historyHtml(history));
    writeWhole(files.history.json, JSON.stringify(history) + '\n');
  }

  const verdicts = runs.map(({ summary }) => verdictOf(summary).verdict);
  const verdict = worstVerdict(verdicts);
  if (options.json) {
    printJson({
      verdict,
      ...files,
      runs: runs.map(({ path, summary }, index) => ({ record: path, verdict: verdicts[index], ...summary.counts, board: summary.started?.board, configuration: summary.started?.configuration })),
    });
  } else {
    const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
    if (options.history) print(`${runs.length} runs: ${['passed', 'failed', 'bench'].map((one) => `${verdicts.filter((own) => own === one).length} ${one}`).join(', ')}\n`);
    else for (const { summary } of runs) print(textSummary(summary, { colour }) + '\n');
    if (files.junit) print(`JUnit    ${files.junit}`);
    for (const path of files.html ?? []) print(`page     ${path}`);
    if (files.history) print(`history  ${files.history.html}\n         ${files.history.json}`);
  }
  return { passed: ExitCode.ok, failed: ExitCode.subject, bench: ExitCode.bench }[verdict];
}
