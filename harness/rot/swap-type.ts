import type { TrailerState } from './trailer.js';

export type SwapType = 'none' | 'test' | 'perm' | 'revert';

/** boot_swap_tables of MCUboot's bootutil_misc.c: the first row whose fields all match decides; an absent field matches anything. */
const table: readonly {
  readonly type: SwapType;
  readonly primary: Partial<TrailerState>;
  readonly secondary: Partial<TrailerState>;
}[] = [
  { type: 'test', primary: {}, secondary: { magic: 'good', imageOk: 'unset' } },
  { type: 'perm', primary: {}, secondary: { magic: 'good', imageOk: 'set' } },
  { type: 'revert', primary: { magic: 'good', imageOk: 'unset', copyDone: 'set' }, secondary: { magic: 'unset' } },
];

const matches = (state: TrailerState, wanted: Partial<TrailerState>): boolean =>
  (Object.keys(wanted) as (keyof TrailerState)[]).every((field) => state[field] === wanted[field]);

/** What the two trailers ask for. Overwrite and swap use the same table; overwrite treats test and perm alike. */
export function swapType(primary: TrailerState, secondary: TrailerState): SwapType {
  return table.find((row) => matches(primary, row.primary) && matches(secondary, row.secondary))?.type ?? 'none';
}
