import Table from 'cli-table3';
import { createColors } from 'picocolors';
import { durationText } from './activity-text.js';
import { bootTimes } from './boot-times.js';
import { overhead } from './overhead.js';
import { brief, faultKey } from './message-text.js';
import { counted, fullTitle, verdictOf, type RunSummary } from './run-summary.js';

export interface TextSummaryOptions {
  readonly colour: boolean;
  /** Where the reports are, shown as given. */
  readonly files?: readonly string[];
}

/** Failures shown; the rest is counted. One page. */
const maxFailures = 20;
const maxMessageLines = 6;

/** One page for a terminal: what was tested on what, how it ended, each failure with its reason, and where to read on. */
export function textSummary(run: RunSummary, options: TextSummaryOptions): string {
  const paint = createColors(options.colour);
  const { started, ended, counts } = run;
  const { verdict, reason } = verdictOf(run);
  const lines: string[] = [];

  const facts = new Table({ chars: noBorders, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 } });
  if (started) {
    const { board, configuration, application, update } = started;
    facts.push(['board', `${board.name} (${board.kit}, probe ${board.probeSn}${board.virtual ? ', virtual' : ''})`]);
    facts.push(['boot path', `${configuration.bootPath}, ${configuration.mode}, ${configuration.exec}${configuration.mce === 'off' ? ', memory cipher engine off' : ''}`]);
    facts.push(['images', [application, update].flatMap((app) => (app ? [`${app.version} (${app.sha256.slice(0, 12)})`] : [])).join(', ')]);
    if (started.seed !== null) facts.push(['seed', String(started.seed)]);
  }
  const time = ended ? `${(ended.durationMs / 1000).toFixed(1)} s` : 'not finished';
  facts.push(['tests', `${counts.passed} passed, ${counts.failed} failed, ${counts.bench} bench, ${counts.skipped} skipped`]);
  facts.push(['time', time]);
  const untested = untestedSuites(run);
  if (untested.length > 0) facts.push(['untested', `${untested.join(', ')}: every test skipped`]);
  const boots = bootTimes(run);
  if (boots) facts.push(['starts', `${boots.count}: ${durationText(boots.min)} to ${durationText(boots.max)}, median ${durationText(boots.median)}`]);
  const own = overhead(run);
  if (own) facts.push(['overhead', `median ${durationText(own.median)} a test beyond the board and its tool, 95 % within ${durationText(own.p95)}, at most ${durationText(own.max)}`]);
  lines.push(facts.toString().replace(/ +$/gm, ''));

  const failures = run.suites.flatMap(({ suite, tests, failures: broken }) => [
    ...tests.filter((test) => test.verdict === 'failed' || test.verdict === 'bench').map((test) => ({ verdict: test.verdict, title: `${suite} › ${fullTitle(test)}`, messages: test.messages })),
    ...broken.map((failure) => ({ verdict: failure.kind, title: suite, messages: [failure.message] })),
  ]);
  // What follows a bench fault repeats its message: told once, the rest is counted.
  const told = new Set<string>();
  const distinct = failures.filter(({ verdict: own, messages }) => {
    const key = faultKey(messages.join('\n'));
    const again = told.has(key);
    told.add(key);
    return own === 'failed' || !again;
  });
  for (const failure of distinct.slice(0, maxFailures)) {
    const mark = failure.verdict === 'bench' ? paint.yellow('bench ') : paint.red('failed');
    const { lines: text, left: more } = brief(failure.messages.join('\n'), maxMessageLines);
    lines.push('', `${mark} ${failure.title}`, ...text.map((line) => `         ${line}`));
    if (more > 0) lines.push(`         … ${counted(more, 'more line')} in the reports`);
  }
  const left = failures.length - Math.min(distinct.length, maxFailures);
  if (left > 0) lines.push('', `… and ${left} more failed or could not run: see the reports`);

  const skips = new Map<string, number>();
  for (const test of run.suites.flatMap((suite) => suite.tests)) {
    if (test.verdict === 'skipped') skips.set(test.messages[0] ?? '', (skips.get(test.messages[0] ?? '') ?? 0) + 1);
  }
  if (skips.size > 0) lines.push('', ...[...skips].map(([why, count]) => `skipped ${count}: ${why}`));

  if (options.files && options.files.length > 0) lines.push('', ...options.files);
  const colour = verdict === 'passed' ? paint.green : verdict === 'bench' ? paint.yellow : paint.red;
  lines.push('', colour(paint.bold(`${verdict.toUpperCase()}${reason ? `: ${reason}` : ''}`)));
  return lines.join('\n');
}

/** Suites in which everything was skipped, though others ran: names without folder and ending. */
function untestedSuites({ suites }: RunSummary): string[] {
  const ran = new Set(suites.filter(({ tests, failures }) => failures.length > 0 || tests.some(({ verdict }) => verdict !== 'skipped')).map(({ suite }) => suite));
  if (ran.size === 0) return [];
  return [...new Set(suites.map(({ suite }) => suite).filter((suite) => !ran.has(suite)))].map((suite) => suite.replace(/^suites\//, '').replace(/\.hil\.[cm]?[jt]s$/, ''));
}

const noBorders = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'].map((name) => [name, '']),
);
