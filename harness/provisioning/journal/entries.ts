/** One line of a board's journal. `seq` counts from 1; `previous` is the SHA-256 of the line before, so that a missing or changed line shows. */
export interface JournalHead {
  readonly seq: number;
  readonly previous: string;
  /** ISO 8601. */
  readonly time: string;
}

/** A plan is about to be carried out. */
export interface PlanBegun {
  readonly event: 'plan-begin';
  readonly plan: string;
  readonly steps: number;
  /** SHA-256 of every file, by role. */
  readonly files: Readonly<Record<string, string>>;
}

/** A call is about to be made. */
export interface StepBegun {
  readonly event: 'step-begin';
  /** From 1. */
  readonly number: number;
  readonly step: string;
  /** argv; secrets redacted. */
  readonly arguments: readonly string[];
  /** SHA-256 of the files that it hands to the tool. */
  readonly files: readonly string[];
  readonly changesState: boolean;
  /** Product state that it brings the board to. */
  readonly reaches?: string;
}

/** What became of it. `unknown`: it may have been done or not. */
export interface StepEnded {
  readonly event: 'step-end';
  readonly number: number;
  readonly step: string;
  readonly outcome: 'done' | 'failed' | 'unknown';
  /** Code of the error. */
  readonly error?: string;
  /** How it was proven, where the tool's words prove nothing. */
  readonly proof?: string;
}

/** The brick guard refused to go on. */
export interface Refused {
  readonly event: 'refused';
  readonly before: string;
  readonly rules: readonly string[];
}

/** The plan is over. */
export interface PlanEnded {
  readonly event: 'plan-end';
  readonly outcome: 'done' | 'stopped';
}

/** The board was read: from here on its state is certain again. */
export interface StateRead {
  readonly event: 'state-read';
  readonly productState: string;
}

export type JournalEvent = PlanBegun | StepBegun | StepEnded | Refused | PlanEnded | StateRead;
export type JournalEntry = JournalHead & JournalEvent;
