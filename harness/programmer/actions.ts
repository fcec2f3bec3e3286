import type { ToolAction } from './request.js';

export type ActionName = ToolAction['do'] | 'list-probes' | 'version';

export interface ActionRule {
  /** Whether the board's state may have changed when the call fails: such a call is never repeated. */
  readonly changesState: boolean;
  /** Each of them must be printed, else the call did not do what was asked. Empty: only a read-back can tell. */
  readonly positive: readonly RegExp[];
  /** Time the call may take, in ms. */
  readonly deadlineMs: number;
  /** A read that hung may be tried again. */
  readonly retryAfterTimeout?: true;
}

/**
 * What the tool prints when it did what it was asked: an exit status of 0 says nothing by itself. Lines as in public transcripts
 * of STM32CubeProgrammer 2.4 … 2.23 (they differ slightly by version, hence the loose forms). No transcript shows what `-obrss` and `-psrss`
 * print on this device, so nothing they print counts as success: plans read the option bytes, or the discovery, afterwards.
 */
export const actionRules: Readonly<Record<ActionName, ActionRule>> = {
  version: { changesState: false, positive: [/STM32CubeProgrammer\s+(?:v|version)/i], deadlineMs: 20_000 },
  'list-probes': { changesState: false, positive: [/ST-?LINK SN\s*:|No (?:debug probe|ST-?LINK)/i], deadlineMs: 30_000 },
  connect: { changesState: false, positive: [/^\s*Device ID\s*:/i], deadlineMs: 30_000 },
  'read-option-bytes': { changesState: false, positive: [/OPTION BYTES/i], deadlineMs: 30_000 },
  'write-option-bytes': {
    changesState: true,
    // "unchanged": every value was there already, and the tool wrote nothing.
    positive: [/Option Bytes? successfully programmed|Option Bytes? are unchanged/i],
    deadlineMs: 60_000,
  },
  'write-option-register': { changesState: true, positive: [], deadlineMs: 60_000 },
  'set-product-state': { changesState: true, positive: [], deadlineMs: 60_000 },
  'erase-all': { changesState: true, positive: [/(?:Mass|Flash|Chip)\s+erase\b.*\b(?:success|achieved)/i], deadlineMs: 120_000 },
  'erase-external': { changesState: true, positive: [/erase\w*\b.*\b(?:success|achieved|complete)/i], deadlineMs: 600_000 },
  download: { changesState: true, positive: [/File download complete/i], deadlineMs: 120_000 },
  'provision-obk': { changesState: true, positive: [/OBKeys? Provisioned successfully/i], deadlineMs: 60_000 },
  'hard-reset': { changesState: true, positive: [/Hard reset is performed/i], deadlineMs: 30_000 },
  reset: { changesState: true, positive: [/(?:Software|MCU) reset(?: is performed)?/i], deadlineMs: 30_000 },
  start: { changesState: true, positive: [/Start operation achieved successfully/i], deadlineMs: 30_000 },
  read: { changesState: false, positive: [/Data read successfully/i], deadlineMs: 60_000 },
  'read-words': { changesState: false, positive: [/^\s*0x[0-9a-f]{8}\s*:\s*[0-9a-f]{8}/i], deadlineMs: 30_000 },
  'write-words': { changesState: true, positive: [/(?:done|achieved|downloaded|written)\s+success/i], deadlineMs: 30_000 },
  // The tool is known to hang at "Open SDM Lib"; asking again is harmless.
  discover: { changesState: false, positive: [/Debug Authentication\s*:\s*Discovery Success/i], deadlineMs: 45_000, retryAfterTimeout: true },
  regress: { changesState: true, positive: [/Debug Authentication Success/i], deadlineMs: 180_000 },
};

/** Whether the board's state may have changed when the call with this action fails. */
export const actionChangesState = (action: ToolAction): boolean => actionRules[action.do].changesState;

/** Printed by `-v` in addition to the line of the download. */
const verifiedLine = /Download verified successfully/i;

/** Slowest transfer that is waited for, in bytes per ms: 20 KB/s for an external loader with verification, over SWD or the boot loader at 921600 baud. */
const SLOWEST = 20;

/** Everything that the call with these actions must print. */
export function positiveLines(actions: readonly ToolAction[]): RegExp[] {
  return actions.flatMap((action) => [
    ...actionRules[action.do].positive,
    ...(action.do === 'download' && action.verify ? [verifiedLine] : []),
  ]);
}

/** Deadline of a call: the sum over its actions; transfers get time by their size. */
export function deadlineOf(actions: readonly ToolAction[], overrides: Readonly<Partial<Record<ActionName, number>>> = {}): number {
  return actions.reduce((sum, action) => {
    const bytes = action.do === 'read' ? action.size : action.do === 'download' ? (action.sizeBytes ?? 0) : 0;
    return sum + (overrides[action.do] ?? actionRules[action.do].deadlineMs + Math.ceil(bytes / SLOWEST));
  }, 0);
}
