import type { SweepResult } from '../rot/sweep/index.js';
import { cutRanges } from './sweep-ranges.js';
import type { OutcomeKind } from './sweep-ranges.js';

const width = 960;
const left = 24;
const plot = width - 2 * left;
const rowHeight = 22;
const fills: Readonly<Record<OutcomeKind, string>> = { 'as-uncut': '#2e7d32', other: '#1565c0', nothing: '#c62828' };

/** The outcome over the cuts as a bar, with its ranges below. */
export function sweepSvg(title: string, result: SweepResult): string {
  const ranges = cutRanges(result);
  const x = (k: number): number => left + ((k - 1) / Math.max(1, result.operations)) * plot;
  const bars = ranges.map(({ first, last, kind, cut }) => {
    const barWidth = Math.max(1, x(last + 1) - x(first));
    return `<rect x="${x(first).toFixed(2)}" y="64" width="${barWidth.toFixed(2)}" height="48" fill="${fills[kind]}"><title>${escaped(`${first}–${last}: ${cut}`)}</title></rect>`;
  });
  const rows = ranges.slice(0, 60).map(({ first, last, kind, cut }, index) => {
    const y = 160 + index * rowHeight;
    return `<rect x="${left}" y="${y - 12}" width="12" height="12" fill="${fills[kind]}"/><text x="${left + 20}" y="${y}">${first === last ? first : `${first}–${last}`}</text><text x="${left + 130}" y="${y}">${escaped(cut)}</text>`;
  });
  const height = 180 + rows.length * rowHeight;
  const ticks = Array.from({ length: 5 }, (_, index) => Math.round(1 + (index / 4) * Math.max(0, result.operations - 1)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, monospace" font-size="13">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${left}" y="28" font-size="16" font-weight="bold">${escaped(title)}</text>`,
    `<text x="${left}" y="50">${result.operations} operations, ${result.outcomes.length} cuts, ${result.bricked.length} after which nothing boots</text>`,
    ...legend(),
    ...bars,
    ...ticks.map((k) => `<text x="${x(k).toFixed(2)}" y="130" text-anchor="middle">${k}</text>`),
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function legend(): string[] {
  const words: readonly (readonly [OutcomeKind, string])[] = [['as-uncut', 'as without a cut'], ['other', 'another image boots'], ['nothing', 'nothing boots']];
  return words.map(([kind, text], index) => {
    const x = width - left - 520 + index * 180;
    return `<rect x="${x}" y="39" width="12" height="12" fill="${fills[kind]}"/><text x="${x + 18}" y="50">${text}</text>`;
  });
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/[^\x20-\x7e–]/g, '?');
}
