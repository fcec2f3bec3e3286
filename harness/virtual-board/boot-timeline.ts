import type { NonVolatileOperation } from '../flash/index.js';

/**
 * What the root of trust's steps take, in milliseconds. It is a model without clock cycles of its own, so that its board time is estimated from what can be counted:
 * unverified: typical erase of a 4 KB sector and program of a 256-byte page of an octal NOR flash, an OBKey update, characters at 115200 baud.
 */
const took = { erase: 25, pageProgram: 0.15, pageBytes: 256, obk: 1, character: (10 * 1000) / 115_200 } as const;

/** One step of a boot. */
export interface BootStep {
  /** Board time since the reset in milliseconds; an estimate up to the hand-over, exact by the core's clock behind it. */
  readonly ms: number;
  readonly what: string;
  readonly kind: 'reset' | 'root-of-trust' | 'hand-over' | 'first-instruction' | 'first-console-byte' | 'end';
  /** Operations on flash and OBKeys since the step before. */
  readonly operations: { readonly erase: number; readonly program: number; readonly obk: number };
}

/** A boot as a time line, from the reset to the application's first character. */
export class BootTimeline {
  readonly #steps: BootStep[] = [];
  #ms = 0;
  #counted = { erase: 0, program: 0, obk: 0 };
  #start: { readonly cycle: number; readonly frequency: number } | undefined;
  #spoken = false;

  constructor(cause: string) {
    this.#step('reset', `reset (${cause})`);
  }

  get steps(): readonly BootStep[] {
    return this.#steps;
  }

  operation(operation: NonVolatileOperation): void {
    this.#counted[operation.kind] += 1;
    this.#ms += operation.kind === 'erase' ? took.erase : operation.kind === 'obk' ? took.obk : Math.ceil(operation.length / took.pageBytes) * took.pageProgram;
  }

  /** A line that the root of trust prints. */
  line(text: string): void {
    this.#step('root-of-trust', text);
    this.#ms += (text.length + 2) * took.character;
  }

  handOver(version: string, entry: string, cycle: number, frequency: number): void {
    this.#step('hand-over', `hand-over to application ${version}`);
    this.#step('first-instruction', `first instruction of the application, vector table at ${entry}`);
    this.#start = { cycle, frequency };
  }

  /** The application printed something. */
  spoke(cycle: number): void {
    if (this.#start === undefined || this.#spoken) return;
    this.#spoken = true;
    this.#ms += ((cycle - this.#start.cycle) / this.#start.frequency) * 1000;
    this.#step('first-console-byte', 'first byte on the console');
  }

  ended(why: string): void {
    this.#step('end', why);
  }

  #step(kind: BootStep['kind'], what: string): void {
    this.#steps.push({ ms: this.#ms, what, kind, operations: this.#counted });
    this.#counted = { erase: 0, program: 0, obk: 0 };
  }
}
