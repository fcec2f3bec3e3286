import { pageMask } from '../bus.js';
import type { Context, Handler } from './context.js';
import { decode, type Decoded } from './decode.js';

/**
 * A decoded instruction at its address. The object stays the same for the life of its page: where the code under it
 * changes it falls back to `undecoded`, so that links to it never go stale.
 */
export interface Instruction {
  readonly at: number;
  /** Address behind it; equal to `at` while it is not decoded. */
  end: number;
  handler: Handler;
  a: number;
  b: number;
  c: number;
  /** The instruction behind it, if that lies in the same page. */
  next: Instruction | undefined;
}

/** Decoded instructions of one 4 KB page, filled as they are executed. */
export class CodePage {
  /** Contexts (bits) for which the whole page is known to be executable. */
  checked = 0;
  /** An MPU border lies inside. */
  mixed = false;
  /** By halfword of the page. */
  readonly instructions = new Array<Instruction | undefined>(2048).fill(undefined);
  readonly #conditional = new Array<Decoded | undefined>(2048).fill(undefined);

  constructor(readonly number: number) {}

  /** The instruction at an address of this page. */
  instruction(at: number): Instruction {
    const index = (at & pageMask) >>> 1;
    return (this.instructions[index] ??= { at, end: at, handler: this.#undecoded, a: 0, b: 0, c: 0, next: undefined });
  }

  readonly #undecoded: Handler = (core) => {
    const at = core.at;
    const instruction = this.instruction(at);
    const { handler, a, b, c, length } = decode(core, at, false);
    // An instruction that reaches into the next page is decoded each time: a store there would not find it here.
    if ((at & pageMask) + length <= pageMask + 1) {
      Object.assign(instruction, { end: at + length, handler, a, b, c });
      instruction.next = (at & pageMask) + length <= pageMask ? this.instruction(at + length) : undefined;
    }
    core.pc = at + length;
    handler(core, a, b, c);
  };

  /** The instruction as it is inside an IT block, where 16-bit data processing leaves the flags alone. */
  conditional(core: Context, at: number): Decoded {
    const index = (at & pageMask) >>> 1;
    const known = this.#conditional[index];
    if (known !== undefined) return known;
    const decoded = decode(core, at, true);
    if ((at & pageMask) + decoded.length <= pageMask + 1) this.#conditional[index] = decoded;
    return decoded;
  }

  /** Bytes of this page were written: instructions that contain them are decoded anew. */
  forget(address: number, size: number): void {
    const first = Math.max(0, ((address & pageMask) >>> 1) - 1);
    const last = ((address & pageMask) + size - 1) >>> 1;
    for (let index = first; index <= last; index += 1) {
      const instruction = this.instructions[index];
      if (instruction) Object.assign(instruction, { end: instruction.at, handler: this.#undecoded, next: undefined });
      this.#conditional[index] = undefined;
    }
  }
}
