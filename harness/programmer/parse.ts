import { parseNumber } from '../units/index.js';

/** An ST-LINK as `-l st-link` shows it. */
export interface Probe {
  readonly sn: string;
  readonly firmware: string | null;
  /** Name of the board that the probe is part of; null for a stand-alone probe or an old version of the tool. */
  readonly board: string | null;
}

/** What the tool prints on connecting; null = not printed. */
export interface ConnectionReport {
  readonly probeSn: string | null;
  readonly probeFirmware: string | null;
  readonly board: string | null;
  /** In volts. */
  readonly voltage: number | null;
  readonly deviceId: number | null;
  readonly deviceName: string | null;
  readonly revision: string | null;
}

const none = (text: string | undefined): string | null => (text === undefined || /^-*$/.test(text) ? null : text);

/** The values of `name : value` rows, first one of each name wins; names without case and with single blanks. */
function rows(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const match = /^\s*([A-Za-z][A-Za-z -]{1,30}?)\s*:\s*(.*)$/.exec(line);
    if (match === null) continue;
    const name = match[1]!.toLowerCase().replace(/\s+/g, ' ');
    if (!found.has(name)) found.set(name, match[2]!.trim());
  }
  return found;
}

/** The version out of the tool's heading or of `--version`; null when there is none. */
export function parseVersion(lines: readonly string[]): string | null {
  for (const line of lines) {
    const match = /STM32CubeProgrammer\s+(?:v|version\s*:?\s*v?)(\d{1,4}(?:\.\d{1,4}){1,3}(?:-[\w.]{1,20})?)/i.exec(line);
    if (match !== null) return match[1]!;
  }
  return null;
}

/** The probes of `-l st-link`, in the order printed. */
export function parseProbes(lines: readonly string[]): Probe[] {
  const probes: { sn: string; firmware: string | null; board: string | null }[] = [];
  for (const line of lines) {
    const match = /^\s*(ST-?LINK SN|ST-?LINK FW|Board Name)\s*:\s*(.*)$/i.exec(line);
    if (match === null) continue;
    const value = match[2]!.trim();
    const last = probes.at(-1);
    if (/SN$/i.test(match[1]!)) {
      if (/^[\w-]{1,64}$/.test(value)) probes.push({ sn: value, firmware: null, board: null });
    } else if (last !== undefined) {
      if (/FW$/i.test(match[1]!)) last.firmware = none(value);
      else last.board = none(value);
    }
  }
  return probes;
}

export function parseConnection(lines: readonly string[]): ConnectionReport {
  const found = rows(lines);
  const voltage = /^(\d+(?:\.\d+)?)\s*V/.exec(found.get('voltage') ?? '');
  return {
    probeSn: none(found.get('st-link sn')),
    probeFirmware: none(found.get('st-link fw')),
    board: none(found.get('board')),
    voltage: voltage === null ? null : Number(voltage[1]),
    deviceId: parseNumber(found.get('device id') ?? '') ?? null,
    deviceName: none(found.get('device name')),
    revision: none(found.get('revision id')),
  };
}

/** The rows `NAME : 0xVALUE (text)` of `-ob displ`. */
export function parseOptionBytes(lines: readonly string[]): Map<string, number> {
  const values = new Map<string, number>();
  let inside = false;
  for (const line of lines) {
    if (/OPTION BYTES/i.test(line)) inside = true;
    const match = /^\s*([A-Za-z][A-Za-z0-9_]{1,40})\s*:\s*(0x[0-9a-fA-F]{1,8})(?:\s*\(.*)?\s*$/.exec(line);
    // The heading of each group repeats Bank, Address and Size rows.
    if (inside && match !== null && !/^(?:Bank|Address|Size)$/i.test(match[1]!)) values.set(match[1]!, Number(match[2]));
  }
  return values;
}

/** Words of the rows `0x20000000 : 00000001 00000002`, from `address` on without a gap. */
export function parseWords(lines: readonly string[], address: number): number[] {
  const words: number[] = [];
  for (const line of lines) {
    const match = /^\s*(0x[0-9a-fA-F]{8})\s*:((?:\s+[0-9a-fA-F]{8})+)\s*$/.exec(line);
    if (match === null || Number(match[1]) !== address + 4 * words.length) continue;
    words.push(...match[2]!.trim().split(/\s+/).map((word) => parseInt(word, 16)));
  }
  return words;
}
