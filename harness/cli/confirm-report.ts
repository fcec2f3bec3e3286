import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../lab/index.js';
import { fullTitle, type RunSummary, type TestRun } from '../report/index.js';

/** What became of a fact on this board. `confirmed`: as in the model · `differs`: see what was seen · `unknown`: the bench failed first. */
export type FactOutcome = 'confirmed' | 'differs' | 'unknown' | 'not-tried';

export interface FactResult {
  readonly id: string;
  readonly file: string;
  readonly fact: string;
  readonly probe: string | null;
  readonly outcome: FactOutcome;
  /** Why it was not tried, or how it differs. */
  readonly why: string;
  /** What the tests of the probe saw, one object each. */
  readonly seen: readonly unknown[];
}

/** Larger than anything that a probe keeps. */
const maxSeenBytes = 16 * 1024;

/** Sorts the tests of a run by fact: a test's title begins with the probe it belongs to. @param folder of the run */
export function resultsOf(facts: readonly Fact[], run: RunSummary, folder: string): FactResult[] {
  const tests = run.suites.flatMap((suite) => suite.tests);
  const broken = run.suites.flatMap((suite) => suite.failures).map(({ message }) => message);
  return facts.map(({ id, file, fact, code, probe, why }) => {
    const common = { id, file, fact: code === '' ? fact : `${fact} [${code}]`, probe };
    if (probe === null) return { ...common, outcome: 'not-tried', why: why ?? '', seen: [] };
    const own = tests.filter(({ title }) => title.startsWith(`${probe}:`));
    const seen = own.flatMap((test) => seenBy(test, folder));
    const of = (verdict: TestRun['verdict']): TestRun[] => own.filter((test) => test.verdict === verdict);
    const messages = (some: readonly TestRun[]): string => some.map((test) => `${fullTitle(test)}: ${test.messages.join(' ')}`).join('; ');
    if (of('failed').length > 0) return { ...common, outcome: 'differs', why: messages(of('failed')), seen };
    if (of('bench').length > 0 || (own.length === 0 && broken.length > 0)) return { ...common, outcome: 'unknown', why: messages(of('bench')) || broken.join('; '), seen };
    if (of('passed').length === 0) return { ...common, outcome: 'not-tried', why: messages(of('skipped')) || 'its test did not run', seen };
    return { ...common, outcome: 'confirmed', why: '', seen };
  });
}

function seenBy(test: TestRun, folder: string): unknown[] {
  return test.attachments.flatMap(({ path }) => {
    try {
      const file = join(folder, path);
      return statSync(file).size > maxSeenBytes ? [] : [JSON.parse(readFileSync(file, 'utf8')) as unknown];
    } catch {
      return [];
    }
  });
}

export interface ConfirmedBoard {
  readonly kit: string;
  readonly virtual: boolean;
  readonly configuration: string;
  readonly tool: string;
  readonly probe: string;
  readonly harness: string;
}

/** Characters of one object in the report. */
const maxSeenText = 2000;
const words: Readonly<Record<FactOutcome, string>> = { confirmed: 'as in the model', differs: '**differs**', unknown: 'bench fault', 'not-tried': 'not tried' };

/** Markdown to be pasted into an issue. It names no serial number. */
export function confirmMarkdown(board: ConfirmedBoard, results: readonly FactResult[], date: Date): string {
  const of = (outcome: FactOutcome): FactResult[] => results.filter((one) => one.outcome === outcome);
  const lines = [
    board.virtual ? '# Model, not hardware: facts as the virtual board has them' : `# Facts confirmed on ${board.kit}`,
    '',
    ...(board.virtual ? ['**This was a virtual board: everything below is what the model says of itself, and confirms nothing.**', ''] : []),
    `${board.kit}, ${board.configuration}, ${board.tool}, probe ${board.probe}, rot-hil ${board.harness}, ${date.toISOString().slice(0, 10)}`,
    '',
    `${of('confirmed').length} as in the model, ${of('differs').length} differ, ${of('unknown').length} unknown (bench), ${of('not-tried').length} not tried`,
  ];
  const tried = results.filter(({ outcome }) => outcome !== 'not-tried');
  if (tried.length > 0) lines.push('', '| fact | in | outcome | seen |', '|---|---|---|---|');
  for (const { id, file, fact, probe, outcome, why } of tried) lines.push(`| ${id}: ${cell(fact)} | \`${file}\` | ${words[outcome]}${why === '' ? '' : `: ${cell(why, 300)}`} | ${probe ?? ''} |`);
  const seen = new Map(tried.filter((one) => one.seen.length > 0).map((one) => [one.probe, one.seen]));
  if (seen.size > 0) lines.push('', '```');
  for (const [probe, objects] of seen) for (const one of objects) lines.push(`${probe ?? ''} ${JSON.stringify(one).replace(/`/g, '?').slice(0, maxSeenText)}`);
  if (seen.size > 0) lines.push('```');
  lines.push('', '<details><summary>Not tried</summary>', '', '| fact | in | why |', '|---|---|---|');
  for (const { id, file, fact, why } of of('not-tried')) lines.push(`| ${id}: ${cell(fact)} | \`${file}\` | ${cell(why)} |`);
  lines.push('', '</details>', '');
  return lines.join('\n');
}

function cell(text: string, longest = 400): string {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .replace(/[\\`*_{}[\]#|~<>&@]/g, (character) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '@': '&#64;' })[character] ?? `\\${character}`)
    .slice(0, longest);
}
