import Table from 'cli-table3';
import { createColors } from 'picocolors';
import { code, duration, oneLine, plain } from './markdown-text.js';

/** How one run of a night ended: see the lab's JobVerdict. */
export type NightRowVerdict = 'passed' | 'failed' | 'bench' | 'configuration' | 'guard' | 'not-run';

/** One row: a board in one configuration. */
export interface NightRow {
  readonly board: string;
  readonly kit: string;
  readonly virtual: boolean;
  /** `oemirot, swap, xip` */
  readonly configuration: string;
  readonly verdict: NightRowVerdict;
  readonly reason: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly attempts: number;
  readonly durationMs: number;
  /** Path of the run's folder, relative to the folder that is kept as artefacts; null where there is none. */
  readonly folder: string | null;
}

/** How a bench did, apart from what was tested on it. */
export interface BenchRow {
  readonly board: string;
  readonly runs: number;
  /** Attempts without a result. */
  readonly faults: number;
  /** Why it was left alone; null where it was not. */
  readonly quarantined: string | null;
}

export interface NightSummary {
  readonly night: string;
  readonly lab: string;
  readonly verdict: 'passed' | 'failed' | 'guard' | 'configuration' | 'bench';
  readonly rows: readonly NightRow[];
  readonly benches: readonly BenchRow[];
  readonly durationMs: number;
  /** Path of the merged JUnit file. */
  readonly junit: string;
  /** Path of the night's page. */
  readonly page?: string;
}

export type SummaryFormat = 'github' | 'gitlab' | 'text';

export interface NightSummaryOptions {
  readonly colour?: boolean;
  /** Makes a link of a run's folder; undefined: the folder is only named. */
  readonly link?: (folder: string) => string | undefined;
}

export const nightVerdictWords: Readonly<Record<NightRowVerdict, string>> = { passed: 'passed', failed: 'FAILED', bench: 'bench fault', configuration: 'not possible', guard: 'refused', 'not-run': 'not run' };
const signs: Readonly<Record<NightRowVerdict, string>> = { passed: '✅', failed: '❌', bench: '🔧', configuration: '⚠️', guard: '🛑', 'not-run': '⏸️' };

/** Where the artefacts of a CI job are looked at; undefined outside of that CI. */
export function artefactLink(format: SummaryFormat, environment: Readonly<Record<string, string | undefined>>): ((folder: string) => string | undefined) | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run, CI_JOB_URL: job } = environment;
  const safe = (url: string): string | undefined => (/^https?:\/\/[\w.:/%@~+-]+(#\w+)?$/.test(url) ? url : undefined);
  if (format === 'github' && server !== undefined && repository !== undefined && run !== undefined) return () => safe(`${server}/${repository}/actions/runs/${run}#artifacts`);
  if (format === 'gitlab' && job !== undefined) return (folder) => safe(`${job}/artifacts/browse/${folder.split('/').map(encodeURIComponent).join('/')}/`);
  return undefined;
}

/**
 * A night on one page: what is known about the firmware, and apart from it how the benches did. `github` and `gitlab` are Markdown
 * (GitHub's step summary, a note on a GitLab merge request), `text` is for a terminal or a mail.
 */
export function nightSummary(night: NightSummary, format: SummaryFormat, options: NightSummaryOptions = {}): string {
  return format === 'text' ? asText(night, options) : asMarkdown(night, options);
}

/** One sentence for the head of a page. */
export function nightHeadline({ verdict, rows, benches }: NightSummary): string {
  const of = (...wanted: NightRowVerdict[]): number => rows.filter((row) => wanted.includes(row.verdict)).length;
  const incomplete = of('bench', 'not-run', 'configuration', 'guard');
  const parts = [`${of('passed')} of ${rows.length} runs passed`];
  if (of('failed') > 0) parts.push(`${of('failed')} failed`);
  if (incomplete > 0) parts.push(`${incomplete} without a verdict about the firmware`);
  const bad = benches.filter(({ quarantined }) => quarantined !== null).length;
  if (bad > 0) parts.push(`${bad} ${bad === 1 ? 'bench' : 'benches'} quarantined`);
  const head = { passed: 'PASSED', failed: 'FAILED', guard: 'REFUSED by the brick guard', configuration: 'CONFIGURATION', bench: 'BENCH' }[verdict];
  return `${head}: ${parts.join(', ')}`;
}

function asMarkdown(night: NightSummary, { link }: NightSummaryOptions): string {
  const lines = [`## ${plain(nightHeadline(night))}`, '', `Night \`${code(night.night)}\`, lab \`${code(night.lab)}\`, ${duration(night.durationMs)}, JUnit \`${code(night.junit)}\``, ''];
  lines.push('### Firmware', '', '| board | configuration | verdict | passed | failed | skipped | time | run |', '|---|---|---|--:|--:|--:|--:|---|');
  for (const row of night.rows) {
    const url = row.folder === null ? undefined : link?.(row.folder);
    const where = row.folder === null ? '' : url === undefined ? `\`${code(row.folder)}\`` : `[${plain(row.folder.split('/').at(-1) ?? row.folder)}](${url})`;
    lines.push(`| ${plain(row.board)}${row.virtual ? ' (virtual)' : ''} | ${plain(row.configuration)} | ${signs[row.verdict]} ${nightVerdictWords[row.verdict]} | ${row.passed} | ${row.failed} | ${row.skipped} | ${duration(row.durationMs)} | ${where} |`);
  }
  const without = night.rows.filter(({ verdict }) => verdict !== 'passed');
  if (without.length > 0) lines.push('', ...without.slice(0, maxReasons).map((row) => `- **${plain(row.board)}**, ${plain(row.configuration)}: ${nightVerdictWords[row.verdict]}${row.reason === '' ? '' : `: ${plain(row.reason)}`}`));
  if (without.length > maxReasons) lines.push(`- … and ${without.length - maxReasons} more`);
  lines.push('', '### Benches', '', '| board | runs | attempts without a result | state |', '|---|--:|--:|---|');
  for (const bench of night.benches) lines.push(`| ${plain(bench.board)} | ${bench.runs} | ${bench.faults} | ${bench.quarantined === null ? 'in use' : `quarantined: ${plain(bench.quarantined)}`} |`);
  return lines.join('\n') + '\n';
}

const maxReasons = 30;

function asText(night: NightSummary, { colour = false }: NightSummaryOptions): string {
  const paint = createColors(colour);
  const tint: Readonly<Record<NightRowVerdict, (text: string) => string>> = { passed: paint.green, failed: paint.red, bench: paint.yellow, configuration: paint.yellow, guard: paint.red, 'not-run': paint.yellow };
  const table = new Table({ chars: noBorders, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 }, head: ['board', 'configuration', 'verdict', 'tests', 'time', ''].map((title) => paint.dim(title)) });
  for (const row of night.rows) {
    const tests = row.passed + row.failed + row.skipped === 0 ? '' : `${row.passed} passed, ${row.failed} failed, ${row.skipped} skipped`;
    table.push([row.board, row.configuration, tint[row.verdict](nightVerdictWords[row.verdict]), tests, duration(row.durationMs), row.attempts > 1 ? `${row.attempts} attempts` : '']);
  }
  const lines = [table.toString().replace(/ +$/gm, '')];
  const without = night.rows.filter(({ verdict }) => verdict !== 'passed');
  if (without.length > 0) lines.push('');
  for (const row of without.slice(0, maxReasons)) lines.push(`${tint[row.verdict](nightVerdictWords[row.verdict])}  ${row.board}, ${row.configuration}: ${oneLine(row.reason)}${row.folder === null ? '' : `  (${row.folder}/)`}`);
  if (without.length > maxReasons) lines.push(`… and ${without.length - maxReasons} more`);
  const troubled = night.benches.filter(({ faults, quarantined }) => faults > 0 || quarantined !== null);
  if (troubled.length > 0) lines.push('', 'benches');
  for (const { board, runs, faults, quarantined } of troubled) lines.push(`  ${board}: ${faults} of ${runs} attempts without a result${quarantined === null ? '' : `; quarantined: ${oneLine(quarantined)}`}`);
  lines.push('', `JUnit   ${night.junit}`, ...(night.page === undefined ? [] : [`page    ${night.page}`]), '', paint.bold(tint[night.verdict](nightHeadline(night))));
  return lines.join('\n') + '\n';
}

const noBorders = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'].map((name) => [name, '']),
);
