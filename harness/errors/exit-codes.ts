import { asHarnessError } from './harness-error.js';

/** Exit codes of every command (the outside contract). */
export const ExitCode = { ok: 0, subject: 1, usage: 2, bench: 3, guard: 4 } as const;

/** The exit code that a thrown value stands for. */
export function exitCodeOf(error: unknown): number {
  return ExitCode[asHarnessError(error).kind];
}
