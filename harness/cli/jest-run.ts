import type { ResolvedBoard } from './resolve-board.js';
import type { BegunRun } from './begun-run.js';
import type { RunApplications } from './run-applications.js';

/** What the set-up of a plain Jest run leaves for its tear-down; both are modules that Jest loads by itself. */
export interface JestRun {
  readonly board: ResolvedBoard;
  readonly run: BegunRun;
  readonly applications: RunApplications;
  /** Ends the exit handler and removes the folder with the images and keys. */
  discard(): void;
}

const key = Symbol.for('rot-hil.jest-run');

export function keepJestRun(run: JestRun | undefined): void {
  (globalThis as { [key]?: JestRun | undefined })[key] = run;
}

export function keptJestRun(): JestRun | undefined {
  return (globalThis as { [key]?: JestRun })[key];
}
