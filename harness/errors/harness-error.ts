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

/** What the machine may lack anywhere, by Node's code of the error. */
const machineTroubles: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on that disk, or have the reports (--report) and temporary files (TMPDIR) on another',
  EDQUOT: 'make room in the quota of that disk, or have the reports (--report) on another',
  EROFS: 'have the reports (--report) and the state (ROT_HIL_STATE_DIR) where they can be written',
  EMFILE: 'end other programs that hold files open, or raise the limit (ulimit -n)',
  ENFILE: 'end other programs that hold files open',
  ENOMEM: 'end other programs, or give the machine more memory',
};

/** Any thrown value as a HarnessError; what is not one yet becomes an unexpected `bench` error. */
export function asHarnessError(value: unknown): HarnessError {
  if (isHarnessError(value)) return value;
  const message = value instanceof Error ? value.message : String(value);
  const cause = (value as { code?: unknown } | null | undefined)?.code;
  const remedy = typeof cause === 'string' && Object.hasOwn(machineTroubles, cause) ? machineTroubles[cause] : undefined;
  if (remedy !== undefined) return new HarnessError({ code: 'machine', kind: 'bench', message, nextStep: remedy, cause: value });
  return new HarnessError({
    code: 'unexpected',
    kind: 'bench',
    message: `unexpected error: ${message}`,
    nextStep: 'this is a defect of rot-hil: please report it with the command line and this message',
    cause: value,
  });
}
