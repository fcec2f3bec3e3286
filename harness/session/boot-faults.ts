import { types } from 'node:util';
import type { ErrorKind } from '../errors/index.js';
import { HarnessError } from '../errors/index.js';
import type { BootReport } from './boot-report.js';

interface Expected {
  readonly expect: 'application' | 'no-application' | RegExp;
  readonly withinMs: number;
}

const LAST_LINES = 40;

/** Whether a start is judged by a line of the caller's. The pattern may come from another realm (a Jest test file): `instanceof` would deny it. */
export function isPattern(expect: unknown): expect is RegExp {
  return types.isRegExp(expect);
}

/** What is wrong with a start, seen from what was expected; undefined when nothing is. `decision` undefined: the time ran out. */
export function bootFault(decision: 'banner' | 'no-image' | 'halt' | 'line' | 'loop' | undefined, report: BootReport, options: Expected): HarnessError | undefined {
  const fault = (code: string, kind: ErrorKind, message: string, nextStep: string): HarnessError =>
    new HarnessError({ code, kind, message, nextStep, fields: { lines: report.lines.slice(-LAST_LINES).map(({ text }) => text), starts: report.starts, swapType: report.swapType } });
  const { expect, withinMs } = options;

  if (decision === 'line' || (expect === 'application' && decision === 'banner') || (expect === 'no-application' && decision === 'no-image')) return undefined;
  if (decision === 'halt') {
    const why = report.rotLines.filter((line) => line.startsWith('[ERR]')).at(-1) ?? '';
    return fault('rot-halted', 'subject', `the root of trust stopped: ${why}`, 'correct what the message names (rot-hil status reads the option bytes), then provision again');
  }
  if (decision === 'no-image') {
    const why = report.verdictLines.filter((line) => !/^\[ERR\] Unable/.test(line)).slice(-3);
    return fault('no-application', 'subject', `the root of trust found no image to start${why.length > 0 ? `: ${why.join(' | ')}` : ''}`, 'verify the image with the keys of the board (rot-hil image verify)');
  }
  if (decision === 'banner' && !isPattern(expect)) {
    return fault('unexpected-application', 'subject', `an application started where none was expected: ${report.bannerLine ?? ''}`, 'look at the boot log for the image that was accepted');
  }
  if (isPattern(expect) && report.banner !== null && report.starts <= 2) {
    return fault('unexpected-application', 'subject', `an application started, and no line like ${String(expect)} came within ${withinMs} ms: ${report.bannerLine ?? ''}`, 'look at the boot log for what was found instead');
  }
  if (report.lines.length === 0) {
    return fault('board-silent', 'bench', `nothing came over the console within ${withinMs} ms of the reset`, 'check the power of the board, the console port and its baud rate, and BOOT0; a production build of the root of trust prints nothing');
  }
  if (decision === 'loop' || report.starts > 2) {
    return fault('reset-loop', 'bench', `the board started ${report.starts} times and no banner came: a reset loop`, 'run the application under a debugger from its first instruction, or look for a watchdog and for faults at its start');
  }
  const what = isPattern(expect) ? `no line like ${String(expect)}` : 'no banner';
  const after = report.lines.findLastIndex(({ text }) => text.startsWith('[INF] Jumping'));
  if (report.jumped && after === report.lines.length - 1) {
    return fault('application-silent', 'bench', `the root of trust started the application, which printed nothing for ${withinMs} ms`, 'check that the application sets up the console UART after the jump, and that it does not reprogram the PLLs it runs from');
  }
  return fault('no-banner', 'bench', `${what} came within ${withinMs} ms, though the board printed ${report.lines.length} lines`, 'read the console log: the last lines are in the fields of this error');
}
