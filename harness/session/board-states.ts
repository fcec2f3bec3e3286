import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { BenchCommands, type BenchCommandParts } from './bench-command.js';

const deadlineMs = 30_000;

/** A state of the board that `BoardStates.save` has kept. */
export interface KeptBoardState {
  readonly file: string;
}

/**
 * Keeps whole states of the board and goes back to them: a suite starts from "booted" again and again instead of provisioning. A bench has it or has it not
 * (`Bench.states`); ask for `board.states` and do without where it is undefined.
 */
export class BoardStates {
  readonly #commands: BenchCommands;
  #saved = 0;

  constructor(private readonly parts: { readonly commands: NonNullable<Bench['states']> } & BenchCommandParts) {
    this.#commands = new BenchCommands(parts, { what: 'board-states', deadlineMs, failed });
  }

  /** The board as it is now; it goes on meanwhile. @throws HarnessError `board-states` (bench) */
  async save(): Promise<KeptBoardState> {
    const file = join(this.parts.workDirectory, `state-${String((this.#saved += 1))}.snap`);
    await this.#commands.call([...this.parts.commands.save, file]);
    return { file };
  }

  /** Back to a kept state: RAM, flash, option bytes, OBKeys, the running program. What the console said since stays said. @throws HarnessError `board-states` (bench) */
  async load(state: KeptBoardState): Promise<void> {
    await this.#commands.call([...this.parts.commands.load, state.file]);
  }

  /** Removes a kept state: it holds the keys of the board. */
  forget(state: KeptBoardState): void {
    rmSync(state.file, { force: true });
  }
}

function failed(why: string, cause?: unknown): HarnessError {
  return new HarnessError({ code: 'board-states', kind: 'bench', message: `the state of the board could not be kept or brought back: ${why}`, nextStep: 'try its command by hand', cause });
}
