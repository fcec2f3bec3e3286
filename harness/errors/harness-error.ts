/**
 * What went wrong, as far as a verdict is concerned:
 * `subject` the thing under test failed · `usage` wrong arguments, files or configuration ·
 * `bench` tool, probe, cable, port, time-out · `guard` refused by the brick guard.
 */
export type ErrorKind = 'subject' | 'usage' | 'bench' | 'guard';

/** Facts worth keeping beside the message. Never keys, passwords or certificates. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface HarnessErrorInit {
  /** Stable, lower-case, dashed: `tool-missing`, `console-silent`. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** One sentence: what was seen. */
  readonly message: string;
  /** One sentence: what to do now. */
  readonly nextStep: string;
  readonly fields?: ErrorFields;
  readonly cause?: unknown;
}

/** The one error type that leaves a room. Every one of them tells its reader the next step. */
export class HarnessError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly nextStep: string;
  readonly fields: ErrorFields;

  constructor(init: HarnessErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'HarnessError';
    this.code = init.code;
    this.kind = init.kind;
    this.nextStep = init.nextStep;
    this.fields = init.fields ?? {};
  }
}

/** By shape, not by class: the error may come from another realm (a Jest test file). */
export function isHarnessError(value: unknown): value is HarnessError {
  const error = value as Partial<HarnessError> | null;
  return typeof error === 'object' && error !== null && error.name === 'HarnessError' && typeof error.kind === 'string';
}

/** Any thrown value as a HarnessError; what is not one yet becomes an unexpected `bench` error. */
export function asHarnessError(value: unknown): HarnessError {
  if (isHarnessError(value)) return value;
  const message = value instanceof Error ? value.message : String(value);
  return new HarnessError({
    code: 'unexpected',
    kind: 'bench',
    message: `unexpected error: ${message}`,
    nextStep: 'this is a defect of rot-hil: please report it with the command line and this message',
    cause: value,
  });
}
