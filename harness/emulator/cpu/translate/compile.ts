/** A region as one WebAssembly function: its blocks in a loop around a table of them, forward branches straight to their block. */
import * as branch from '../branch-handlers.js';
import { conditionOf, controlOf, directTarget, setsFlags, type Block, type Region, type Slot, type Step } from './discover.js';
import { emitOperation } from './effects.js';
import { Emitter, type Site } from './emitter.js';
import { Carry, dispatchEntries, dispatchSlot, dispatchTableAt, Hand, handByte, Local, localCounts, parameterCount, siteBits } from './layout.js';
import { Type, W, type WasmFunction } from './wasm-code.js';

export interface Compiled {
  readonly function: WasmFunction;
  readonly sites: readonly Site[];
  readonly usesFloat: boolean;
}

export interface CompileOptions {
  readonly region: Region;
  /** The region's number, and which view of memory it is for. */
  readonly number: number;
  readonly context: number;
  /** The word of code at an address, if it may be taken for a constant. */
  readonly literal: (address: number) => number | undefined;
}

export const compile = (options: CompileOptions): Compiled => new RegionCompiler(options).compile();

class RegionCompiler {
  readonly #e: Emitter;
  readonly #blocks: readonly Block[];
  readonly #index = new Map<number, number>();
  readonly #wantsCarry: readonly boolean[];
  #current = 0;
  #loopLevel = 0;
  /** The label of the block itself, if it is a loop. */
  #selfLevel: number | undefined;

  constructor(private readonly options: CompileOptions) {
    this.#blocks = options.region.blocks;
    this.#e = new Emitter(options.context);
    this.#e.literal = options.literal;
    this.#blocks.forEach(({ start }, index) => this.#index.set(start, index));
    this.#wantsCarry = this.#blocks.map(wantsCarry);
  }

  compile(): Compiled {
    const e = this.#e;
    const { code } = e;
    const blocks = this.#blocks;
    code.block();
    code.loop();
    this.#loopLevel = 1;
    blocks.forEach(() => code.block());
    code.get(Local.block).table([...blocks.map((_, index) => this.#level(index)), this.#level(0)]);
    blocks.forEach((block, index) => {
      // Behind the end of its label stands the block's code.
      code.end();
      this.#current = index;
      this.#block(block, index);
    });
    // Every block ends in a branch; behind the last there is nothing.
    code.op(W.unreachable);
    code.end();
    code.end();
    this.#epilogue();
    const body = [...code.bytes];
    code.bytes.length = 0;
    if (e.usesFloat) for (const [local, word] of floatLocals) code.i32(0).memory(W.i32Load, handByte(word)).set(local);
    for (const byte of body) code.bytes.push(byte);
    return {
      function: {
        parameters: Array.from({ length: parameterCount }, () => Type.i32),
        results: [Type.i32],
        locals: [[localCounts[0], Type.i32], [localCounts[1], Type.i64], [localCounts[2], Type.f32], [localCounts[3], Type.f64]],
        code,
      },
      sites: e.sites,
      usesFloat: e.usesFloat,
    };
  }

  /** The label of the nth block is opened as the (last − n)th. */
  #level(index: number): number {
    return 1 + this.#blocks.length - index;
  }

  /** Behind the exits: flags and the rest for the core. Registers are in memory already. */
  #epilogue(): void {
    const e = this.#e;
    const { code } = e;
    e.carry = undefined;
    e.settleCarryIfUnknown();
    for (const [local, word] of handLocals) code.i32(0).get(local).memory(W.i32Store, handByte(word));
    this.#storeStatus();
    code.i32(this.options.number << siteBits).get(Local.site).op(W.i32Or);
  }

  #storeStatus(): void {
    if (this.#e.usesFloat) this.#e.code.i32(0).get(Local.fpscr).memory(W.i32Store, handByte(Hand.fpscr));
  }

  #block(block: Block, index: number): void {
    const e = this.#e;
    const { code } = e;
    e.carry = this.#wantsCarry[index] === true ? Carry.known : undefined;
    e.floatReady = false;
    e.cached = e.dirty = 0;
    this.#selfLevel = undefined;
    if (branchesTo(block, block.start)) {
      const own = registersOf(block);
      // A loop of one block keeps its registers in locals; every way out writes those that it changes.
      e.preload(own.used);
      this.#selfLevel = code.depth;
      code.loop();
      e.dirty = own.written;
    }
    code.get(Local.left).i32(block.count).op(W.i32Sub).tee(Local.left).i32(0).op(W.i32LtS);
    e.leaveIf(block.start, block.count);
    let done = 0;
    let open = true;
    for (const step of block.steps) {
      e.unexecuted = block.count - done;
      done += 1 + (step.slots?.length ?? 0);
      e.at = step.at;
      e.it = 0;
      open = step.slots === undefined ? this.#instruction(step, step.table) : this.#conditional(step, step.slots);
    }
    if (open) this.#go(block.end, 0);
    if (this.#selfLevel !== undefined) code.end();
  }

  /** False where nothing goes on behind it. */
  #instruction(decoded: Step | Slot, table?: readonly number[]): boolean {
    const e = this.#e;
    const { code } = e;
    const { handler, a, b } = decoded;
    const after = e.unexecuted - 1;
    const condition = conditionOf(handler);
    if (condition !== undefined) {
      e.condition(condition);
      this.#goIf(a >>> 0, after);
      return true;
    }
    if (handler === branch.compareZero || handler === branch.compareNotZero) {
      e.get(a);
      if (handler === branch.compareZero) code.op(W.i32Eqz);
      this.#goIf(b >>> 0, after);
      return true;
    }
    if (handler === branch.branchTo) {
      this.#go(a >>> 0, after);
      return false;
    }
    if (table !== undefined) {
      this.#table(b, table);
      return false;
    }
    emitOperation(e, decoded);
    if (handler === branch.branchLink) {
      this.#chain(a >>> 0, after);
      return false;
    }
    if (!e.computed) return true;
    e.computed = false;
    this.#chain(undefined, after);
    return false;
  }

  /** An IT block: its condition is looked at once, as only its last instruction may change flags. */
  #conditional(step: Step, slots: readonly Slot[]): boolean {
    const e = this.#e;
    const { code } = e;
    const first = step.a >>> 4;
    // Both ways through must know the same of C and V behind it, and have the same registers in locals.
    if (slots.some(settlesCarry)) e.settleCarry();
    if (first >= 14) code.i32(1);
    else e.condition(first);
    code.set(Local.condition);
    e.preload(slots.reduce((written, { effects }) => written | effects.written, 0));
    for (let index = 0; index < slots.length; ) {
      const taken = sameWay(slots[index]!, first);
      code.get(Local.condition);
      if (!taken) code.op(W.i32Eqz);
      code.if();
      const { cached, floatReady } = e;
      const restore = e.save();
      for (; index < slots.length && sameWay(slots[index]!, first) === taken; index += 1) {
        const slot = slots[index]!;
        e.at = slot.at;
        e.it = slot.it;
        e.unexecuted -= 1;
        if (!this.#instruction(slot)) restore();
        else if (setsFlags(slot)) e.settleCarry();
      }
      e.cached = cached;
      e.floatReady = floatReady;
      code.end();
    }
    e.it = 0;
    return true;
  }

  /** Makes sure of C and V for the blocks that want them. */
  #settleFor(...addresses: readonly number[]): void {
    if (addresses.some((address) => this.#wantsCarry[this.#index.get(address) ?? -1])) this.#e.settleCarryIfUnknown();
  }

  /** Goes to an address; so many of the block's instructions behind this one are not executed. */
  #go(address: number, after: number): void {
    const e = this.#e;
    const index = this.#index.get(address);
    if (index === undefined) {
      this.#chain(address, after, 'branch');
      return;
    }
    this.#settleFor(address);
    this.#giveBack(after);
    if (index === this.#current && this.#selfLevel !== undefined) {
      e.code.branch(W.br, this.#selfLevel);
      return;
    }
    e.flush();
    if (index > this.#current) e.code.branch(W.br, this.#level(index));
    else e.code.i32(index).set(Local.block).branch(W.br, this.#loopLevel);
  }

  #giveBack(instructions: number): void {
    if (instructions > 0) this.#e.code.get(Local.left).i32(instructions).op(W.i32Add).set(Local.left);
  }

  /** Pops a condition. */
  #goIf(address: number, after: number): void {
    const e = this.#e;
    e.code.if();
    const restore = e.save();
    this.#go(address, after);
    restore();
    e.code.end();
  }

  /** To code outside of the region: to another one if there is any, else out. Undefined: the address in `Local.target`. */
  #chain(address: number | undefined, after: number, kind: 'branch' | 'other' = 'other'): void {
    const e = this.#e;
    const { code } = e;
    const table = dispatchTableAt(this.options.context);
    // The table's entry: its place in `Local.two`, or, for an address that is known, in the offsets.
    const slot = address === undefined ? 0 : dispatchSlot(address);
    const entry = (word: number): void => {
      if (address === undefined) code.get(Local.two);
      else code.i32(0);
      code.memory(W.i32Load, table + slot + 4 * word);
    };
    if (address === undefined) code.get(Local.target).i32(1).op(W.i32ShrU).i32(dispatchEntries - 1).op(W.i32And).i32(4).op(W.i32Shl).set(Local.two);
    e.flush();
    entry(0);
    if (address === undefined) code.get(Local.target);
    else code.i32(address | 1);
    code.op(W.i32Eq);
    entry(1);
    code.i32(0).memory(W.i32Load, handByte(Hand.epoch)).op(W.i32Eq, W.i32And).if();
    const restore = e.save();
    e.settleCarryIfUnknown();
    this.#storeStatus();
    entry(3);
    code.get(Local.left);
    if (after > 0) code.i32(after).op(W.i32Add);
    for (const local of [Local.nf, Local.zf, Local.cf, Local.vf]) code.get(local);
    entry(2);
    code.returnCallIndirect();
    restore();
    code.end();
    e.leaveTo(address, after, kind);
  }

  /** By the register that holds the index. */
  #table(register: number, table: readonly number[]): void {
    const e = this.#e;
    const { code } = e;
    this.#settleFor(...table);
    e.get(register).code.set(Local.one);
    // The table ends its block: nothing is given back, and where there is no block the interpreter finds out.
    e.flush();
    const here = code.depth;
    code.block();
    const level = (address: number): number => {
      const index = this.#index.get(address);
      return index === undefined || index <= this.#current ? here : this.#level(index);
    };
    code.get(Local.one).table([...table.map(level), here]);
    code.end();
    e.exit();
  }
}

/** Registers that a block names and changes. */
function registersOf(block: Block): { readonly used: number; readonly written: number } {
  let used = 0;
  let written = 0;
  for (const step of block.steps) {
    for (const { effects } of step.slots ?? [step]) {
      used |= effects.used;
      written |= effects.written;
    }
  }
  return { used, written };
}

const branchesTo = (block: Block, address: number): boolean => block.end === address || block.steps.some((step) => directTarget(controlOf(step)) === address && controlOf(step).handler !== branch.branchLink);

/** An IT block with such an instruction needs C and V in their locals. */
const settlesCarry = (slot: Slot): boolean => setsFlags(slot) || slot.effects.wantsCarry || slot.effects.setsCarry;

/** Whether a slot is executed where the first one is. */
const sameWay = ({ it }: Slot, first: number): boolean => ((it >>> 4) & 1) === (first & 1);

const handLocals = [[Local.nf, Hand.nf], [Local.zf, Hand.zf], [Local.cf, Hand.cf], [Local.vf, Hand.vf], [Local.left, Hand.left], [Local.target, Hand.target]] as const;
const floatLocals = [[Local.fpscr, Hand.fpscr], [Local.float, Hand.float]] as const;

/** Conditions other than EQ, NE, MI and PL look at C or V. */
const looksAtCarry = (condition: number): boolean => condition < 14 && (condition & ~1) !== 0 && (condition & ~1) !== 4;

/** Whether a block wants C or V of what went before it. */
function wantsCarry({ steps }: Block): boolean {
  for (const { slots, effects, a } of steps) {
    if (slots !== undefined) {
      if (looksAtCarry(a >>> 4) || slots.some(settlesCarry)) return true;
    } else if (effects.wantsCarry) return true;
    else if (effects.setsCarry) return false;
  }
  return false;
}
