import { isHarnessError } from '../../errors/index.js';
import type { BoardSession, ConsoleLine, ConsoleMark } from '../../session/index.js';
import type { BoardConsole } from './board-console.js';
import { callText, explain, lateness } from './explanation.js';
import { toldFault } from '../../session/index.js';
import type { MatcherResult, ToPrintOptions } from './options.js';

const defaultMs = 5000;

/** `toPrint`. @param earliest lines before are too old to have been meant */
export async function toPrint(session: BoardSession, reader: BoardConsole, pattern: RegExp | string, options: ToPrintOptions, isNot: boolean, earliest: ConsoleMark): Promise<MatcherResult> {
  const withinMs = options.withinMs ?? defaultMs;
  const call = callText('console', 'toPrint', isNot, pattern, options.withinMs === undefined ? undefined : options);
  const expected = `${isNot ? 'no line' : 'a line'} like ${typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern)} within ${withinMs} ms`;
  const from = session.mark();
  const before = reader.unread();
  try {
    const line = await reader.read(pattern, withinMs);
    const lines = before.filter(({ number }) => number < from).concat(session.linesSince(from));
    return { pass: true, message: () => explain({ call, expected, found: `this line: ${line.text}`, lines, causes: [] }) };
  } catch (error) {
    if (!isHarnessError(error) || (error.code !== 'console-silent' && error.code !== 'console-unexpected')) throw error;
    const lines = reader.unread();
    const late = lateness(error);
    if (late !== undefined) return { pass: false, message: () => explain({ call, expected, found: `such a line, ${late}`, lines, causes: [] }) };
    return { pass: false, message: () => explain({ call, expected, found: lines.length === 0 ? 'nothing' : lines.length === 1 ? 'another line' : `${lines.length} other lines`, lines, causes: causesOf(session, reader, pattern, lines, earliest) }) };
  }
}

function causesOf(session: BoardSession, reader: BoardConsole, pattern: RegExp | string, lines: readonly ConsoleLine[], earliest: ConsoleMark): string[] {
  const loose = typeof pattern === 'string' ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i') : new RegExp(pattern.source.replace(/^\^|\$$/g, ''), `i${pattern.flags.replace(/[giy]/g, '')}`);
  const near = lines.find(({ text }) => loose.test(text));
  const earlier = session.linesSince(earliest).findLast(({ text, number }) => number < (lines[0]?.number ?? Infinity) && loose.test(text));
  const fault = toldFault(lines.map(({ text }) => text));
  return [
    ...(reader.unended === undefined ? [] : [`${JSON.stringify(reader.unended.slice(-40))} was sent without an end of the line, for which the application may wait: console.send(…) sends what it is given, write '…\\r\\n'`]),
    ...(near ? [`this line is nearly one: ${near.text} (case, or text before or behind it)`] : []),
    ...(fault ? ['the application faulted meanwhile: the page of the run explains the fault, and so does `rot-hil fault <elf> --line "…"`'] : []),
    ...(!near && earlier ? [`such a line came earlier: ${earlier.text}; each line is read once, and a reset or a new test goes on behind what came before`] : []),
    ...(lines.length === 0 ? ['the application waits for something, sleeps, or has stopped: `rot-hil virtual list` shows the state of a virtual board', 'nothing was read yet and the board is still as the test before left it: start with `await expect(board).toBoot()`'] : []),
  ];
}
