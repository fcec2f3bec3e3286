import type { HarnessError } from '../../errors/index.js';
import type { ConsoleLine } from '../../session/index.js';

/** What a failed matcher tells: what was expected, what came, what the console said, and what is worth looking at. */
export interface Explanation {
  /** `expect(image).toBoot({ version: "1.1.0" })` */
  readonly call: string;
  readonly expected: string;
  readonly found: string;
  /** Since the matcher began, or since what it looks at. */
  readonly lines: readonly ConsoleLine[];
  readonly causes: readonly string[];
}

const shownLines = 15;

export function explain({ call, expected, found, lines, causes }: Explanation): string {
  const shown = lines.slice(-shownLines);
  const said =
    lines.length === 0
      ? ['The console said nothing.']
      : [`The console said${lines.length > shown.length ? ` (the last ${shown.length} of ${lines.length} lines)` : ''}:`, ...shown.map(({ at, text }) => `  [${(at / 1000).toFixed(3).padStart(8)}] ${text}`)];
  return [call, '', `Expected  ${expected}`, `Found     ${found}`, '', ...said, ...(causes.length === 0 ? [] : ['', 'Likely causes:', ...causes.map((cause) => `  · ${cause}`)])].join('\n');
}

/** How late a line was that a wait on the console did not take for that; undefined: it was another error. */
export function lateness({ fields }: HarnessError): string | undefined {
  const { tookMs } = fields;
  return typeof tookMs === 'number' ? `but only after ${tookMs.toFixed(1)} ms of the board's time` : undefined;
}

/** `expect(subject).name(options)` as the suite wrote it, more or less; numbers in hexadecimal where they are addresses. */
export function callText(subject: string, name: string, isNot: boolean, ...args: readonly unknown[]): string {
  return `expect(${subject})${isNot ? '.not' : ''}.${name}(${args.filter((arg) => arg !== undefined).map((arg) => valueText(arg)).join(', ')})`;
}

function valueText(value: unknown, key = ''): string {
  if (Object.prototype.toString.call(value) === '[object RegExp]') return String(value);
  if (typeof value === 'number') return key === 'address' || key === 'pc' ? `0x${(value >>> 0).toString(16).padStart(8, '0')}` : String(value);
  if (Array.isArray(value)) return `[${value.map((one) => valueText(one)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return entries.length === 0 ? '{}' : `{ ${entries.map(([key, one]) => `${key}: ${valueText(one, key)}`).join(', ')} }`;
}
