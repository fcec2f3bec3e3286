import { isHarnessError, type HarnessError } from '../errors/index.js';

/** Name of the error by which a test says that it does not apply to this board. */
export const skippedTest = 'SkippedTest';

/** Links followed from one error: enough for any real one, and an end for one that names itself. */
const maxErrors = 100;

/** Every error that an error carries: itself, its causes, the members of an AggregateError, Jest's [error, call site] pairs. */
export function errorsWithin(thrown: unknown): unknown[] {
  const found = new Set<unknown>();
  const queue: unknown[] = [thrown];
  while (queue.length > 0 && found.size < maxErrors) {
    const error = queue.shift();
    if (error === undefined || error === null || found.has(error)) continue;
    if (Array.isArray(error)) {
      // Jest: what was thrown, then an Error made at the call site to show where; the second stands in for a missing first.
      queue.push(error[0] ?? error[1]);
      continue;
    }
    found.add(error);
    if (typeof error !== 'object') continue;
    const { cause, errors } = error as { cause?: unknown; errors?: unknown };
    queue.push(cause);
    if (Array.isArray(errors)) queue.push(...(errors as unknown[]));
  }
  return [...found];
}

/** The bench fault within an error: then nothing is known about the firmware. */
export function benchFaultWithin(thrown: unknown): HarnessError | undefined {
  return errorsWithin(thrown).find((error): error is HarnessError => isHarnessError(error) && error.kind === 'bench');
}

/** Whether a test or hook was given up by Jest. Its code may still be using the board. */
export function isJestTimeout(thrown: unknown): boolean {
  return errorsWithin(thrown).some((error) => /Exceeded timeout of \d+ ms/.test(messageOf(error)));
}

/** Why a test said that it does not apply, if it did. */
export function skipReasonWithin(thrown: unknown): string | undefined {
  const skip = errorsWithin(thrown).find((error) => (error as { name?: unknown }).name === skippedTest);
  return skip === undefined ? undefined : messageOf(skip);
}

/** What a reader of the report needs of an error: message, next step, causes, and the line of the suite. */
export function describeError(thrown: unknown, suitePath: string): string {
  const [first, ...within] = errorsWithin(thrown);
  const lines = [messageOf(first)];
  if (isHarnessError(first)) lines.push(`next: ${first.nextStep}`);
  for (const cause of within) lines.push(`caused by: ${messageOf(cause)}`);
  const place = placeOf(first, suitePath) ?? (Array.isArray(thrown) ? placeOf(thrown[1], suitePath) : undefined);
  if (place !== undefined) lines.push(`at ${place}`);
  return stripColours(lines.join('\n'));
}

/** Jest shows the stack of an error and nothing else: puts the next step of each of ours behind its message there. */
export function showNextStep(thrown: unknown): void {
  for (const error of errorsWithin(thrown)) {
    if (!isHarnessError(error) || typeof error.stack !== 'string' || error.stack.includes(`\nnext: ${error.nextStep}`)) continue;
    error.stack = error.stack.replace(error.message, () => `${error.message}\nnext: ${error.nextStep}`);
  }
}

function messageOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : undefined;
  return typeof message === 'string' ? message : String(error);
}

/** `boot.hil.ts:12:5` from the stack. */
function placeOf(error: unknown, suitePath: string): string | undefined {
  const stack = typeof error === 'object' && error !== null ? (error as { stack?: unknown }).stack : undefined;
  if (typeof stack !== 'string') return undefined;
  const start = stack.indexOf(`${suitePath}:`);
  if (start < 0) return undefined;
  const position = /^:\d+(:\d+)?/.exec(stack.slice(start + suitePath.length));
  return position ? suitePath.slice(suitePath.replaceAll('\\', '/').lastIndexOf('/') + 1) + position[0] : undefined;
}

function stripColours(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '');
}
