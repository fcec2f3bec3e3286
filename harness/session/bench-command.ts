import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Milliseconds } from '../units/index.js';

/** What a command of the bench is run with. */
export interface BenchCommandParts {
  readonly workDirectory: string;
  readonly signal: AbortSignal;
  /** Told how long each call was waited for. It must not throw. */
  readonly onWaited?: ((durationMs: Milliseconds) => void) | undefined;
}

/** Commands that a bench has for what the tool cannot do: the power, whole states. */
export class BenchCommands {
  #calls = 0;

  /** @param what names the output files @param failed makes the error of a call that came to nothing, from the reason in words */
  constructor(
    private readonly parts: BenchCommandParts,
    private readonly options: { readonly what: string; readonly deadlineMs: Milliseconds; readonly failed: (why: string, cause?: unknown) => Error },
  ) {}

  /** @returns the end of what it printed. Throws what `failed` makes */
  async call(command: readonly string[]): Promise<string> {
    const { workDirectory, signal, onWaited } = this.parts;
    const { what, deadlineMs, failed } = this.options;
    const outputPath = join(workDirectory, `${what}-${String((this.#calls += 1))}.txt`);
    const { runProcess } = await import('../lab/index.js');
    const began = performance.now();
    let result;
    try {
      result = await runProcess({ command, cwd: workDirectory, env: {}, outputPath, deadlineMs, signal });
    } catch (cause) {
      throw failed('its command cannot be started', cause);
    } finally {
      onWaited?.(performance.now() - began);
    }
    const output = readFileSync(outputPath, 'utf8').slice(-4000);
    rmSync(outputPath, { force: true });
    if (result.ended === 'exit' && result.exitCode === 0) return output;
    throw failed(result.ended === 'exit' ? `its command ended with ${String(result.exitCode)}: ${output.trim().slice(-300)}` : `its command was ended (${result.ended})`);
  }
}
