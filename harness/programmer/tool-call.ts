import type { Milliseconds } from '../units/index.js';

/** One call of the tool as it went: what the run record keeps. */
export interface ToolCall {
  /** ISO 8601. */
  readonly startedAt: string;
  /** argv after the executable; secrets redacted. */
  readonly arguments: readonly string[];
  readonly durationMs: Milliseconds;
  readonly exitCode: number | null;
  /** `killed`: ended on abort. */
  readonly outcome: 'ok' | 'error' | 'timeout' | 'killed';
  /** Code of the error that it ended with; null for success. */
  readonly error: string | null;
  /** Printed lines, clean; the middle of a runaway output is missing. */
  readonly output: readonly string[];
}
