import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteCount } from '../../units/index.js';
import { installPlan } from '../plan-install.js';
import type { JournalEntry, StepBegun } from './entries.js';

/** A journal grows by some kilobytes a provisioning; only its end matters. */
const limit: ByteCount = 8 * 1024 * 1024;

/** What a journal tells of its board. */
export interface JournalReport {
  /** Whether the board was left in a state that is known. */
  readonly certain: boolean;
  /** Name of the last step that was begun; null for an empty journal. */
  readonly lastStep: string | null;
  /** Plan that it belongs to. */
  readonly plan: string | null;
  /** Steps of the last plan that were certainly done, in order. */
  readonly done: readonly string[];
  /** The call of which nobody knows whether it was done; null when there is none. */
  readonly unknown: StepBegun | null;
  /** Whether the last plan began and neither ended nor was read back since. */
  readonly unfinished: boolean;
  /** Lines that are damaged or missing, in words. */
  readonly damage: readonly string[];
}

export const emptyJournal: JournalReport = { certain: true, lastStep: null, plan: null, done: [], unknown: null, unfinished: false, damage: [] };

export const hashOfLine = (line: string): string => createHash('sha256').update(line).digest('hex');
/** `previous` of the first line. */
export const firstHash = '0'.repeat(64);

/** The text of a journal, or of its end; null when there is none. Never throws. */
export function readJournalText(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const { size } = fstatSync(fd);
    const from = Math.max(0, size - limit);
    const bytes = Buffer.alloc(size - from);
    const count = readSync(fd, bytes, 0, bytes.length, from);
    const text = bytes.subarray(0, count).toString('utf8');
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    closeSync(fd);
  }
}

interface Line {
  readonly text: string;
  readonly entry: JournalEntry;
}

/** The sound lines of a journal, and what is wrong with the others. A last line without its line end was torn by a crash: it was never relied on. */
export function parseJournal(text: string): { readonly lines: readonly Line[]; readonly damage: readonly string[]; readonly torn: boolean } {
  const parts = text.split('\n');
  const torn = (parts.pop() ?? '') !== '';
  const lines: Line[] = [];
  const damage: string[] = [];
  parts.forEach((part, index) => {
    const entry = entryOf(part);
    const before = lines.at(-1);
    if (entry === undefined) damage.push(`line ${index + 1} cannot be read`);
    else {
      if (before !== undefined && entry.previous !== hashOfLine(before.text)) damage.push(`before line ${index + 1} something was changed or is missing`);
      lines.push({ text: part, entry });
    }
  });
  return { lines, damage, torn };
}

function entryOf(text: string): JournalEntry | undefined {
  try {
    const value = JSON.parse(text) as Partial<JournalEntry> | null;
    return typeof value === 'object' && value !== null && typeof value.seq === 'number' && typeof value.previous === 'string' && typeof value.event === 'string' ? (value as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** Says what is certain. @param text as `readJournalText` gives it */
export function judgeJournal(text: string | null): JournalReport {
  if (text === null) return emptyJournal;
  const { lines, damage } = parseJournal(text);
  let report: { -readonly [Key in keyof JournalReport]: JournalReport[Key] } = { ...emptyJournal };
  for (const { entry } of lines) {
    switch (entry.event) {
      case 'plan-begin':
        report = { ...emptyJournal, plan: entry.plan, lastStep: report.lastStep, unfinished: true, certain: false };
        break;
      case 'step-begin':
        report = { ...report, lastStep: entry.step, unknown: entry.changesState ? entry : null, certain: false };
        break;
      case 'step-end':
        if (entry.outcome === 'done') report = { ...report, done: [...report.done, entry.step], unknown: null };
        else if (entry.outcome === 'failed') report = { ...report, unknown: null };
        break;
      case 'plan-end':
        report = { ...report, unfinished: entry.outcome !== 'done', certain: entry.outcome === 'done' };
        break;
      case 'state-read':
        report = { ...report, certain: true, unknown: null, unfinished: false };
        break;
      case 'refused':
        break;
    }
  }
  return { ...report, damage, certain: report.certain && damage.length === 0 };
}

/** What is certain, what is not, and what is safe to do now: one sentence each. @param boardArguments `--board desk` */
export function journalAdvice(report: JournalReport, boardArguments: string): string[] {
  const lines = report.damage.map((what) => `journal: ${what}: it is not relied on`);
  if (!report.unfinished || report.plan === null) return lines;
  lines.push(`certain: of "${report.plan}", ${report.done.length === 0 ? 'no step was done' : `these were done: ${report.done.join(', ')}`}`);
  if (report.unknown === null) lines.push('unknown: nothing: it stopped between two steps, or at one that changes nothing');
  else lines.push(`unknown: whether ${report.unknown.step} was done${report.unknown.reaches === undefined ? '' : `, that is whether the product state is ${report.unknown.reaches}`}`);
  if (report.plan.startsWith(installPlan)) lines.push(`safe: the root of trust refuses an image that is half there; install it again: rot-hil install <image> ${boardArguments}. Nothing is repeated by itself`);
  else lines.push(`safe: rot-hil status ${boardArguments} reads the board; in OPEN provision it again from the start, in PROVISIONING or CLOSED bring it back first: rot-hil regress ${boardArguments}. No step is repeated by itself`);
  return lines;
}
