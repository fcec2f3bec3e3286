import type { CutOutcome, SweepResult } from '../rot/sweep/index.js';

/** Neighbouring cuts with one outcome. */
export interface CutRange {
  readonly first: number;
  readonly last: number;
  readonly cut: string;
  readonly end: string;
  readonly kind: OutcomeKind;
}

/** What boots in the end: the image the uncut update ends with, another one, or nothing. */
export type OutcomeKind = 'as-uncut' | 'other' | 'nothing';

function outcomeKind(end: string, result: SweepResult): OutcomeKind {
  if (end === 'noimage' || end === 'halt' || end === 'resetloop') return 'nothing';
  const bare = (text: string | undefined): string => (text ?? '').replace(/\*$/, '');
  return bare(end) === bare(result.uncut.at(-1)) ? 'as-uncut' : 'other';
}

export function cutRanges(result: SweepResult): CutRange[] {
  const ranges: (Omit<CutRange, 'last'> & { last: number })[] = [];
  for (const outcome of result.outcomes) {
    const last = ranges.at(-1);
    if (last !== undefined && last.cut === outcome.cut) last.last = outcome.after;
    else ranges.push({ first: outcome.after, last: outcome.after, cut: outcome.cut, end: outcome.end, kind: outcomeKind(outcome.end, result) });
  }
  return ranges;
}

/** The outcome that is worst in each of so many equal parts of the cuts; undefined for a part without a cut. */
export function worstPerColumn(result: SweepResult, columns: number): (OutcomeKind | undefined)[] {
  const rank: readonly OutcomeKind[] = ['as-uncut', 'other', 'nothing'];
  const out = new Array<OutcomeKind | undefined>(columns).fill(undefined);
  const place = ({ after }: CutOutcome): number => Math.min(columns - 1, Math.floor(((after - 1) / Math.max(1, result.operations)) * columns));
  for (const outcome of result.outcomes) {
    const column = place(outcome);
    const kind = outcomeKind(outcome.end, result);
    if (out[column] === undefined || rank.indexOf(kind) > rank.indexOf(out[column])) out[column] = kind;
  }
  return out;
}
