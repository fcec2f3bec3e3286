import { code, duration, oneLine, plain } from './markdown-text.js';
import { gist } from './message-text.js';
import { fullTitle, verdictOf, type RunSummary } from './run-summary.js';

export interface RunMarkdownOptions {
  /** Path of the run's folder, as it is shown. */
  readonly folder: string;
  /** Where a CI shows that folder; undefined: it is only named. */
  readonly link?: string;
}

/** Failures shown; the rest is counted. */
const maxReasons = 30;
/** A suite in which nothing ran is not green. */
const signs = { passed: '✅', failed: '❌', bench: '🔧', skipped: '⏸️' } as const;
const words = { failed: 'FAILED', bench: 'bench fault' } as const;

/** A run on one page for GitHub's step summary or a GitLab merge request: what is known about the firmware, and apart from it what the bench kept from being known. */
export function runMarkdown(run: RunSummary, { folder, link }: RunMarkdownOptions): string {
  const { started, ended, counts } = run;
  const { verdict, reason } = verdictOf(run);
  const lines = [`## ${signs[verdict]} ${verdict.toUpperCase()}${reason === '' ? '' : `: ${plain(reason)}`}`, ''];
  if (started !== undefined) {
    const { board, configuration, application } = started;
    lines.push(`${plain(board.name)} (${plain(board.kit)}${board.virtual ? ', virtual' : ''}), ${configuration.bootPath}, ${configuration.mode}, ${configuration.exec}, application ${plain(application.version)} (\`${code(application.sha256.slice(0, 12))}\`)${ended === undefined ? '' : `, ${duration(ended.durationMs)}`}`);
  }
  lines.push('', `${counts.passed} passed, ${counts.failed} failed, ${counts.bench} bench, ${counts.skipped} skipped; ${link === undefined ? `reports: \`${code(folder)}\`` : `[reports](${link})`}`, '');
  lines.push('| suite | | passed | failed | skipped | time |', '|---|---|--:|--:|--:|--:|');
  for (const { suite, repetition, tests, failures } of run.suites) {
    const of = (wanted: string): number => tests.filter((test) => test.verdict === wanted).length + failures.filter(({ kind }) => kind === wanted).length;
    const worst = of('failed') > 0 ? 'failed' : of('bench') > 0 ? 'bench' : of('passed') > 0 ? 'passed' : 'skipped';
    lines.push(`| ${plain(suite)}${repetition === 1 ? '' : ` (${repetition})`} | ${signs[worst]} | ${of('passed')} | ${of('failed')} | ${of('skipped')} | ${duration(tests.reduce((sum, { durationMs }) => sum + durationMs, 0))} |`);
  }
  const troubles = run.suites.flatMap(({ suite, tests, failures }) => [
    ...tests.map((test) => ({ kind: test.verdict, title: `${suite} › ${fullTitle(test)}`, message: test.messages[0] ?? '' })),
    ...failures.map(({ kind, message }) => ({ kind, title: suite, message })),
  ]);
  for (const [kind, title] of [['failed', 'Firmware'], ['bench', 'Bench']] as const) {
    const own = troubles.filter((one) => one.kind === kind);
    if (own.length === 0) continue;
    lines.push('', `### ${title}`, '');
    for (const one of own.slice(0, maxReasons)) lines.push(`- **${words[kind]}** ${plain(one.title)}: ${plain(oneLine(gist(one.message)))}`);
    if (own.length > maxReasons) lines.push(`- … and ${own.length - maxReasons} more`);
  }
  return lines.join('\n') + '\n';
}
