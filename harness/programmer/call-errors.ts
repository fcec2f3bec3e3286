import { HarnessError } from '../errors/index.js';
import { classifyFailure } from './failures.js';
import type { ToolResult } from './run-tool.js';

/** What a call is judged by. */
export interface JudgedCall {
  /** Redacted. */
  readonly arguments: readonly string[];
  readonly changesState: boolean;
  readonly positive: readonly RegExp[];
  readonly deadlineMs: number;
  /** A read that may be tried again after it hung. */
  readonly retryAfterTimeout?: boolean;
}

const LAST_LINES = 12;
const readBack = 'what it did is unknown: read the state back (rot-hil status) before anything is written again';

/**
 * Success needs exit status 0, no error line and every positive line: the tool exits with 0 after errors and prints "done" after them.
 * Returns undefined for success, else the error; `transient` in its fields says that a read may be tried again.
 */
export function judgeCall(path: string, call: JudgedCall, result: ToolResult): HarnessError | undefined {
  const { lines, errorLines } = result.output;
  const about = `STM32_Programmer_CLI ${call.arguments.join(' ')}`.slice(0, 400);
  const fields = {
    arguments: [...call.arguments],
    exitCode: result.exitCode,
    durationMs: result.durationMs,
    changesState: call.changesState,
    output: lines.slice(-LAST_LINES),
  };
  const error = (code: string, kind: HarnessError['kind'], message: string, nextStep: string, transient = false): HarnessError =>
    new HarnessError({ code, kind, message, nextStep, fields: { ...fields, transient } });

  if (result.outcome === 'missing') {
    return error('tool-missing', 'bench', `${path} cannot be started (${result.reason ?? 'unknown'})`, 'install STM32CubeProgrammer and check that the file may be executed (rot-hil doctor)');
  }
  if (result.outcome === 'timeout') {
    const message = `the tool did not end within ${call.deadlineMs} ms and was ended: ${about}`;
    return call.changesState
      ? error('unknown-outcome', 'bench', message, readBack)
      : error('tool-timeout', 'bench', message, 'check the USB connection of the probe and the supply of the board, then try again', call.retryAfterTimeout === true);
  }
  if (result.outcome === 'aborted') {
    return error('interrupted', 'bench', `interrupted: ${about}`, call.changesState ? readBack : 'run the command again');
  }
  if (errorLines.length > 0 || result.exitCode !== 0) {
    const known = classifyFailure([...errorLines, ...lines.slice(-LAST_LINES)]);
    const said = errorLines[0] ?? (result.exitCode === null ? 'it was ended by a signal' : `exit status ${result.exitCode} and no error line`);
    const next = known?.nextStep ?? "read the tool's output in the fields of this error, and its log";
    return error(known?.code ?? 'tool-failed', known?.kind ?? 'bench', `the tool failed: ${said.trim()}`, next, known?.transient ?? false);
  }
  const absent = call.positive.filter((pattern) => !result.output.has(pattern));
  if (absent.length > 0) {
    return error(
      'tool-unclear',
      'bench',
      `the tool exited with 0 but never said that it was done (no line like ${String(absent[0])}): ${about}`,
      call.changesState ? readBack : 'check the version of STM32CubeProgrammer (rot-hil doctor)',
    );
  }
  return undefined;
}
