import type { Address } from '../units/index.js';

/** `error`: it does not boot, or breaks what the root of trust relies on · `warning`: it boots, and fails later or under conditions · `info`: worth knowing, or not derivable. */
export type Severity = 'error' | 'warning' | 'info';

/** Place in a text that a finding speaks of. */
export interface Place {
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
}

/** What a rule saw. */
export interface Observation {
  /** undefined where it speaks of no address. */
  readonly address?: Address | undefined;
  readonly expected: string;
  readonly found: string;
  /** Default: the rule's. */
  readonly severity?: Severity;
  readonly place?: Place | undefined;
}

/** An observation with what its rule has to say: one entry of `check --json`. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** `0x…` with 8 digits, or null. */
  readonly address: string | null;
  readonly expected: string;
  readonly found: string;
  readonly why: string;
  readonly fix: string;
  readonly source: string;
  readonly place: Place | null;
}
