import Table from 'cli-table3';
import pc from 'picocolors';
import type { SweepResult } from '../rot/sweep/index.js';
import { print } from './io.js';
import { cutRanges, worstPerColumn } from './sweep-ranges.js';
import type { OutcomeKind } from './sweep-ranges.js';

/** Ranges shown; the rest is counted. */
const mostRows = 40;
const pictureWidth = 72;

const colours: Readonly<Record<OutcomeKind, (text: string) => string>> = { 'as-uncut': pc.green, other: pc.cyan, nothing: pc.red };
const marks: Readonly<Record<OutcomeKind, string>> = { 'as-uncut': '█', other: '▒', nothing: 'X' };
const words: Readonly<Record<OutcomeKind, string>> = { 'as-uncut': 'as without a cut', other: 'another image boots', nothing: 'nothing boots' };

/** The outcome of a whole sweep for a person. @param replay command for one cut, its number left out at the end */
export function printSweep(title: string, result: SweepResult, bootsPerSecond: number, replay: string, mce: boolean): void {
  print(pc.bold(title));
  print(`  without a cut   ${result.operations} operations, boots ${result.uncut.join(', ')}${result.norViolations > 0 ? pc.yellow(`, ${result.norViolations} operations that want to set a bit`) : ''}`);
  print(`  picture         ${worstPerColumn(result, pictureWidth).map((kind) => (kind === undefined ? ' ' : colours[kind](marks[kind]))).join('')}`);
  print(`                  ${(['as-uncut', 'other', 'nothing'] as const).map((kind) => `${colours[kind](marks[kind])} ${words[kind]}`).join('   ')}`);
  const ranges = cutRanges(result);
  const table = new Table({ head: ['cut at', 'in boot', 'then the next three boots: what they do and start', ''], style: { head: [], border: [], compact: true } });
  for (const { first, last, cut, kind } of ranges.slice(0, mostRows)) {
    const [boot, ...starts] = cut.split('|');
    table.push([first === last ? `${first}` : `${first}–${last}`, boot ?? '', starts.join('  '), colours[kind](words[kind])]);
  }
  print(table.toString());
  if (ranges.length > mostRows) print(`  and ${ranges.length - mostRows} more ranges (--json has them all)`);
  print(`  ${result.outcomes.length} cuts, ${result.boots} boots, ${bootsPerSecond} boots a second`);
  const [first] = result.bricked;
  if (first === undefined) {
    print(pc.green('  after every cut something boots'));
    return;
  }
  print(pc.red(`  ${result.bricked.length} cuts after which nothing boots${mce ? ' (result of the model of the memory cipher engine, not seen on a board)' : ''}`));
  print(`  replay one with:  ${replay} --cut ${first}`);
}

/** One cut: what the boot loader prints after it. */
export function printCut(title: string, result: SweepResult): void {
  const [outcome] = result.outcomes;
  print(pc.bold(title));
  if (outcome === undefined) {
    print(`  there is no such operation: the update has ${result.operations}`);
    return;
  }
  print(`  cut at operation ${outcome.after} of ${result.operations}: ${outcome.cut}`);
  for (const line of outcome.log ?? []) print(`    ${line}`);
}
