import type { ErrorFields } from '../errors/index.js';
import { HarnessError, asHarnessError } from '../errors/index.js';

/** Remembers the first bench fault: from then on nothing of the board can be trusted, and every use fails at once, naming it. */
export class Quarantine {
  private first: HarnessError | undefined;

  get fault(): HarnessError | undefined {
    return this.first;
  }

  /** Runs a use of the board. @throws HarnessError `board-quarantined` (bench) after a bench fault, without running it */
  async guard<T>(body: () => Promise<T>): Promise<T> {
    if (this.first !== undefined) {
      const fields: ErrorFields = { first: this.first.code };
      throw new HarnessError({
        code: 'board-quarantined',
        kind: 'bench',
        message: `the board is not used any more after: ${this.first.message}`,
        nextStep: this.first.nextStep,
        fields,
        cause: this.first,
      });
    }
    try {
      return await body();
    } catch (thrown) {
      const error = asHarnessError(thrown);
      if (error.kind === 'bench') this.first ??= error;
      throw error;
    }
  }
}
