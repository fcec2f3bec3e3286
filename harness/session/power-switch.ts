import type { Bench } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { BenchCommands, type BenchCommandParts } from './bench-command.js';

const deadlineMs = 60_000;

/**
 * Takes the board's power away: in the middle of a boot by one command of the bench (`Bench.powerSwitch`), called with `cut <operation> [half]`, `operations` or
 * `cycle`; off and on by that, or by another one that can do no more (`Bench.powerCycle`).
 */
export class PowerSwitch {
  readonly #commands: BenchCommands;

  constructor(private readonly parts: Pick<Bench, 'powerSwitch' | 'powerCycle'> & BenchCommandParts) {
    this.#commands = new BenchCommands(parts, { what: 'power-switch', deadlineMs, failed });
  }

  /** Whether it can cut the power at an operation, and count them. */
  get cuts(): boolean {
    return this.parts.powerSwitch !== undefined;
  }

  /**
   * The power fails at a flash or OBKey operation of the root of trust's next boot, counted from 1, and comes back at once.
   * @throws HarnessError `power-switch` (bench)
   */
  async cutAt(operation: number, options: { readonly half?: boolean } = {}): Promise<void> {
    await this.#switch('cut', String(operation), ...(options.half === true ? ['half'] : []));
  }

  /** The power goes for long enough that no RAM keeps anything, and comes back: follow with `boot({ reset: false, from })`. @throws HarnessError `power-switch` (bench) */
  async cycle(): Promise<void> {
    const { powerCycle } = this.parts;
    await (powerCycle === undefined ? this.#switch('cycle') : this.#commands.call(powerCycle));
  }

  /** How many operations the last boot did. @throws HarnessError `power-switch` (bench) */
  async operations(): Promise<number> {
    const text = await this.#switch('operations');
    const last = text.trim().split('\n').at(-1) ?? '';
    if (/^\d{1,9}$/.test(last)) return Number(last);
    throw failed('it did not say how many operations the last boot did');
  }

  #switch(...args: readonly string[]): Promise<string> {
    const { powerSwitch } = this.parts;
    if (powerSwitch === undefined) throw new HarnessError({ code: 'no-power-switch', kind: 'usage', message: 'this bench can take the power away, but not at an operation of the boot', nextStep: 'ask `board.power.cuts` before' });
    return this.#commands.call([...powerSwitch, ...args]);
  }
}

function failed(why: string, cause?: unknown): HarnessError {
  return new HarnessError({ code: 'power-switch', kind: 'bench', message: `the power switch of this bench failed: ${why}`, nextStep: 'try its command by hand; without a switch leave it out of the bench', cause });
}
