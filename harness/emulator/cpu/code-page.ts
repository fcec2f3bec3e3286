import { pageMask, pageShift } from '../bus.js';
import type { Context, Handler } from './context.js';
import { decode, type Decoded } from './decode.js';
import { directBranch, hotOperation, leaveOperation } from './hot-operations.js';
import type { DecodedPage, Instruction } from './instruction.js';

/** One shape for all, so that the loop finds every field at a fixed place. */
class PageInstruction implements Instruction {
  end: number;
  op = 0;
  a = 0;
  b = 0;
  c = 0;
  next: Instruction;
  taken: Instruction;

  constructor(
    readonly at: number,
    public handler: Handler,
  ) {
    this.end = at;
    this.next = this;
    this.taken = this;
  }
}

/** Decoded instructions of one 4 KB page, filled as they are executed. */
export class CodePage implements DecodedPage {
  /** Contexts (bits) for which the whole page is known to be executable. */
  checked = 0;
  /** An MPU border lies inside. */
  mixed = false;
  readonly instructions = new Array<Instruction | undefined>(2048).fill(undefined);
  readonly #conditional = new Array<Decoded | undefined>(2048).fill(undefined);
  readonly #end: Instruction;

  constructor(readonly number: number) {
    this.#end = new PageInstruction(((number << pageShift) >>> 0) + pageMask + 1, () => undefined);
    this.#end.op = leaveOperation;
  }

  /** The instruction at an address of this page. */
  instruction(at: number): Instruction {
    const index = (at & pageMask) >>> 1;
    return (this.instructions[index] ??= new PageInstruction(at, this.#undecoded));
  }

  readonly #undecoded: Handler = (core) => {
    const at = core.at;
    const { handler, a, b, c, length } = decode(core, at, false);
    // An instruction that reaches into the next page is decoded each time: a store there would not find it here.
    if ((at & pageMask) + length <= pageMask + 1) this.#fill(this.instruction(at), { handler, a: a | 0, b: b | 0, c: c | 0, length });
    core.pc = at + length;
    handler(core, a | 0, b | 0, c | 0);
  };

  #fill(instruction: Instruction, { handler, a, b, c, length }: Omit<Decoded, 'name'>): void {
    const { at } = instruction;
    const end = at + length;
    instruction.end = end;
    instruction.handler = handler;
    instruction.a = a;
    instruction.b = b;
    instruction.c = c;
    instruction.next = end >>> pageShift === this.number ? this.instruction(end) : this.#end;
    const branch = directBranch(handler, a, b);
    if (branch === undefined) instruction.op = hotOperation(handler, a, b, c);
    else if (branch.target >>> pageShift === this.number) {
      instruction.op = branch.op;
      instruction.taken = this.instruction(branch.target);
    }
  }

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
      if (instruction) {
        instruction.op = 0;
        instruction.end = instruction.at;
        instruction.handler = this.#undecoded;
        instruction.next = instruction.taken = instruction;
      }
      this.#conditional[index] = undefined;
    }
  }
}
