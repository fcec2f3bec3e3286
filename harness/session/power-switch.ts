import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '../errors/index.js';

const deadlineMs = 15_000;

/**
 * A switch that takes the board's power away in the middle of a boot: a command of the bench (`Bench.powerSwitch`), called with
 * `cut <operation> [half]`, `cycle` or `operations`.
 */
export class PowerSwitch {
  #calls = 0;

  constructor(private readonly parts: { readonly command: readonly string[]; readonly workDirectory: string; readonly signal: AbortSignal }) {}

  /**
   * The power fails at a flash or OBKey operation of the root of trust's next boot, counted from 1, and comes back at once.
   * @throws HarnessError `power-switch` (bench)
   */
  async cutAt(operation: number, options: { readonly half?: boolean } = {}): Promise<void> {
    await this.#call('cut', String(operation), ...(options.half === true ? ['half'] : []));
  }

  /** The power goes for long enough that no RAM keeps anything, and comes back: follow with `boot({ reset: false, from })`. @throws HarnessError `power-switch` (bench) */
  async cycle(): Promise<void> {
    await this.#call('cycle');
  }

  /** How many operations the last boot did. @throws HarnessError `power-switch` (bench) */
  async operations(): Promise<number> {
    const text = await this.#call('operations');
    const last = text.trim().split('\n').at(-1) ?? '';
    if (/^\d{1,9}$/.test(last)) return Number(last);
    throw failed('it did not say how many operations the last boot did');
  }

  async #call(...args: readonly string[]): Promise<string> {
    const { command, workDirectory, signal } = this.parts;
    const outputPath = join(workDirectory, `power-switch-${String((this.#calls += 1))}.txt`);
    const { runProcess } = await import('../lab/index.js');
    let result;
    try {
      result = await runProcess({ command: [...command, ...args], cwd: workDirectory, env: {}, outputPath, deadlineMs, signal });
    } catch (cause) {
      throw failed('it cannot be started', cause);
    }
    const output = readFileSync(outputPath, 'utf8').slice(-4000);
    rmSync(outputPath, { force: true });
    if (result.ended === 'exit' && result.exitCode === 0) return output;
    throw failed(result.ended === 'exit' ? `it ended with ${String(result.exitCode)}: ${output.trim().slice(-300)}` : `it was ended (${result.ended})`);
  }
}

function failed(why: string, cause?: unknown): HarnessError {
  return new HarnessError({ code: 'power-switch', kind: 'bench', message: `the power switch of this bench failed: ${why}`, nextStep: 'try its command by hand; without a switch leave it out of the bench', cause });
}
