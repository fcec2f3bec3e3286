import type { BootReport, BoardSession, ConsoleLine, ConsoleMark } from '../../session/index.js';

/** The root of trust says that it starts an application. STiRoT says nothing at all: there the application's first line tells. */
const jump = /^\[INF\] Jumping to the first image slot/;

export interface StartedApplication {
  readonly report: BootReport;
  /** Number of the first line that can be the application's. */
  readonly from: ConsoleMark;
  /** From the first line of the boot to the start of the application. */
  readonly spentMs: number;
}

/** Resets the board and waits until an application is started. Throws what `BoardSession.boot` throws. */
export async function startApplication(session: BoardSession, withinMs: number): Promise<StartedApplication> {
  const silent = session.configuration.bootPath === 'stirot';
  const report = await session.boot({ expect: silent ? /./ : jump, withinMs });
  // The application may have printed already what the report ends with.
  const last = silent ? undefined : report.lines.findLast(({ text }) => jump.test(text));
  return { report, from: last === undefined ? report.lines[0].number : last.number + 1, spentMs: Math.max(0, msBetween(report.lines[0], last ?? report.lines[0])) };
}

/** By the board's own time where both lines have one. */
export function msBetween(from: ConsoleLine, to: ConsoleLine): number {
  return from.boardMs === undefined || to.boardMs === undefined ? to.at - from.at : to.boardMs - from.boardMs;
}

/** What the application said of its version; `line` is where. */
export interface TellsVersion {
  readonly line: ConsoleLine;
  readonly version: string | undefined;
}

/**
 * Finds the line that tells the version: the banner that the suite describes, that of the firmware fixtures, or one that has the wanted
 * version as a word of its own.
 */
export function versionTeller(wanted: string | undefined, banner: RegExp | undefined): (line: ConsoleLine) => TellsVersion | undefined {
  if (banner !== undefined) {
    const pattern = new RegExp(banner.source, banner.flags.replace(/[gy]/g, ''));
    return (line) => {
      const found = pattern.exec(line.text);
      return found === null ? undefined : { line, version: found.groups?.['version'] ?? found[1] };
    };
  }
  return (line) => {
    const fixture = /^\$rot-hil .*\bversion=(\S+)/.exec(line.text);
    if (fixture) return { line, version: fixture[1] };
    if (wanted === undefined) return line.text.trim() === '' ? undefined : { line, version: undefined };
    return words(line.text).includes(wanted) ? { line, version: wanted } : undefined;
  };
}

/** `my-app v1.2.3, built` has the words my, app, 1.2.3 and built. */
function words(text: string): string[] {
  return text.split(/[^\w.]+/).map((word) => word.replace(/^v(?=\d)/i, '').replace(/^\.+|\.+$/g, ''));
}
