import { pageMask, pageShift } from '../bus.js';
import type { Context, Handler } from './context.js';
import { decode, type Decoded } from './decode.js';
import { conditionalOperation, directBranch, fitsConditionalChain, hotOperation } from './hot-operations.js';
import type { DecodedPage, Instruction } from './instruction.js';
import { Op } from './operations.js';
import { ifThen } from './system-handlers.js';

/** Halfwords behind an IT that may belong to it. */
const longestItBlock = 8;

/** One shape for all, so that the loop finds every field at a fixed place. */
class PageInstruction implements Instruction {
  end: number;
  op = 0;
  a = 0;
  b = 0;
  c = 0;
  original: Handler;
  next: Instruction;
  taken: Instruction;
  entries: Instruction['entries'] = undefined;
  plain: Instruction | undefined = undefined;

  constructor(
    readonly at: number,
    public handler: Handler,
    readonly it = 0,
  ) {
    this.end = at;
    this.original = handler;
    this.next = this;
    this.taken = this;
  }

  copy(): PageInstruction {
    return Object.assign(new PageInstruction(this.at, this.handler, this.it), this);
  }
}

/** Counts how often a backward branch is taken before it goes on to its target. */
function counted(target: Instruction, times: number): Instruction {
  const counter = new PageInstruction(target.at, target.handler);
  counter.op = Op.COUNT;
  counter.a = times;
  counter.taken = target;
  return counter;
}

/** The same for a branch into another page. */
function countedFar(handler: Handler, target: number, times: number): Handler {
  let left = times;
  return (core, a, b, c) => {
    handler(core, a, b, c);
    if (core.pc !== target) return;
    left -= 1;
    if (left === 0) left = core.hot(target);
  };
}

/** Translated code that stands for code of a page. */
interface Dependent {
  readonly ranges: readonly (readonly [start: number, size: number])[];
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
  readonly #dependents = new Map<Dependent, () => void>();
  /** 1 for the halfwords that dependents were made from. */
  #translated: Uint8Array | undefined;

  constructor(readonly number: number) {
    this.#end = new PageInstruction(((number << pageShift) >>> 0) + pageMask + 1, () => undefined);
    this.#end.op = Op.LEAVE;
  }

  /** The instruction at an address of this page. */
  instruction(at: number): Instruction {
    const index = (at & pageMask) >>> 1;
    return (this.instructions[index] ??= new PageInstruction(at, this.#undecoded));
  }

  readonly #undecoded: Handler = (core) => {
    const at = core.at;
    const { handler, a, b, c, length } = this.#decode(core, at);
    core.pc = at + length;
    handler(core, a | 0, b | 0, c | 0);
  };

  #decode(core: Context, at: number): Decoded {
    const decoded = decode(core, at, false);
    const { handler, a, b, c, length } = decoded;
    // An instruction that reaches into the next page is decoded each time: a store there would not find it here.
    if ((at & pageMask) + length <= pageMask + 1) this.#fill(core, this.instruction(at), { handler, a: a | 0, b: b | 0, c: c | 0, length });
    return decoded;
  }

  /** Whether the instruction at an address has been executed (or prepared). */
  executed(at: number): boolean {
    const instruction = this.instructions[(at & pageMask) >>> 1];
    return instruction !== undefined && instruction.end !== instruction.at;
  }

  /** The instruction at an address, decoded. */
  prepared(core: Context, at: number): Instruction {
    if (!this.executed(at)) this.#decode(core, at);
    return this.instruction(at);
  }

  #fill(core: Context, instruction: Instruction, { handler, a, b, c, length }: Omit<Decoded, 'name'>): void {
    const { at } = instruction;
    const end = at + length;
    instruction.end = end;
    instruction.handler = instruction.original = handler;
    instruction.a = a;
    instruction.b = b;
    instruction.c = c;
    instruction.next = this.#behind(end);
    const branch = directBranch(handler, a, b);
    const backward = branch !== undefined && branch.target <= at && core.hotThreshold > 0;
    if (handler === ifThen) this.#linkConditional(core, instruction, a);
    else if (branch === undefined) {
      instruction.op = hotOperation(handler, a, b, c);
      if (instruction.op === Op.BL) instruction.c = core.hotThreshold;
    } else if (branch.target >>> pageShift === this.number) {
      const target = this.instruction(branch.target);
      instruction.op = branch.op;
      instruction.taken = backward ? counted(target, core.hotThreshold) : target;
    } else if (backward) instruction.handler = countedFar(handler, branch.target, core.hotThreshold);
  }

  #behind(end: number): Instruction {
    return end >>> pageShift === this.number ? this.instruction(end) : this.#end;
  }

  /**
   * IT as a conditional branch between two copies of the instructions behind it: in one those of "then" are executed and
   * those of "else" are not, in the other it is the reverse. Only for plain operations inside the page.
   */
  #linkConditional(core: Context, instruction: Instruction, state: number): void {
    const slots: { readonly decoded: Decoded; readonly at: number; readonly it: number; readonly op: Op }[] = [];
    let at = instruction.end;
    for (let it = state; it !== 0; it = advanceIt(it)) {
      if ((at & pageMask) === 0 || (at & pageMask) > pageMask - 3) return;
      const decoded = this.conditional(core, at);
      const op = hotOperation(decoded.handler, decoded.a | 0, decoded.b | 0, decoded.c | 0);
      if (!fitsConditionalChain(op, advanceIt(it) === 0)) return;
      slots.push({ decoded, at, it, op });
      at += decoded.length;
    }
    const then = (state >>> 4) & 1;
    const chain = (holds: boolean): Instruction =>
      slots.reduceRight<Instruction>((next, slot) => {
        const executed = (((slot.it >>> 4) & 1) === then) === holds;
        const { handler, a, b, c, length } = slot.decoded;
        const copy = new PageInstruction(slot.at, handler, slot.it);
        copy.end = slot.at + length;
        copy.op = executed ? slot.op : Op.NOP;
        [copy.a, copy.b, copy.c] = [a | 0, b | 0, c | 0];
        copy.next = next;
        return copy;
      }, this.#behind(at));
    instruction.taken = chain(true);
    instruction.next = chain(false);
    instruction.op = conditionalOperation(state >>> 4);
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
      if (instruction) this.#reset(instruction);
      this.#conditional[index] = undefined;
    }
    // An IT before them holds copies of up to four instructions.
    for (let index = Math.max(0, first - longestItBlock); index < first; index += 1) {
      const instruction = this.instructions[index];
      if (instruction?.handler === ifThen) this.#reset(instruction);
    }
    if (this.#translated?.subarray(((address & pageMask) >>> 1), last + 1).includes(1)) this.dropDependents();
  }

  /** From now on translated code goes where code that it was made from is written. */
  dependOn(dependent: Dependent, drop: () => void): void {
    this.#dependents.set(dependent, drop);
    this.#mark(dependent);
  }

  #mark({ ranges }: Dependent): void {
    this.#translated ??= new Uint8Array(2048);
    const base = (this.number << pageShift) >>> 0;
    for (const [start, size] of ranges) {
      const from = Math.max(start - base, 0) >>> 1;
      const to = (Math.min(start + size - base, pageMask + 1) + 1) >>> 1;
      if (from < to) this.#translated.fill(1, from, to);
    }
  }

  forgetDependence(dependent: Dependent): void {
    this.#dependents.delete(dependent);
    this.#translated = undefined;
    for (const other of this.#dependents.keys()) this.#mark(other);
  }

  dropDependents(): void {
    for (const drop of [...this.#dependents.values()]) drop();
  }

  #reset(instruction: Instruction): void {
    for (const chain of [instruction.taken, instruction.next]) {
      for (let copy = chain; copy.it !== 0; copy = copy.next) copy.end = copy.at;
    }
    instruction.op = 0;
    instruction.entries = instruction.plain = undefined;
    instruction.end = instruction.at;
    instruction.handler = this.#undecoded;
    instruction.next = instruction.taken = instruction;
  }
}

/** ITSTATE of the next instruction; 0 behind the last. */
function advanceIt(it: number): number {
  return it & 7 ? (it & 0xe0) | ((it << 1) & 0x1f) : 0;
}
