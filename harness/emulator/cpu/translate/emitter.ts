/** Turns single instructions into WebAssembly: registers and flags in locals, memory through the page tables. */
import { loadTableAt, storeTableAt } from '../../store.js';
import { Carry, Local, registerByte, registerLocal } from './layout.js';
import { W, WasmCode } from './wasm-code.js';

/** Thrown while an instruction is emitted that is left to the interpreter. */
export class Untranslatable extends Error {}

/** A way out of translated code. */
export interface Site {
  /** Where the interpreter goes on; undefined where the address was computed. */
  readonly pc: number | undefined;
  /** ITSTATE there. */
  readonly it: number;
  /** Instructions of the block that were counted and not executed. */
  readonly unexecuted: number;
  /** `slow`: before an instruction that is the interpreter's; `branch`: a direct branch; `other`: a call, a computed branch, the end of the slice. */
  readonly kind: 'slow' | 'branch' | 'other';
}

type CarryState = (typeof Carry)[keyof typeof Carry] | undefined;
export type Push = () => void;
export type Width = 1 | 2 | 4;

const loadOpcodes = { 1: W.i32Load8u, 2: W.i32Load16u, 4: W.i32Load } as const;
const signedLoadOpcodes = { 1: W.i32Load8s, 2: W.i32Load16s, 4: W.i32Load } as const;
const storeOpcodes = { 1: W.i32Store8, 2: W.i32Store16, 4: W.i32Store } as const;

export class Emitter {
  readonly code = new WasmCode();
  readonly sites: Site[] = [];
  /** Registers by bits: those that were named at all, those that were written. */
  used = 0;
  written = 0;
  /** Registers whose locals hold their values, and of these the ones that memory does not have yet. */
  cached = 0;
  dirty = 0;
  usesFloat = false;
  /** What is known about C and V at this place; undefined: nothing, as at the begin of most blocks. */
  carry: CarryState = undefined;
  /** C or V was wanted before anything in this block had set them. */
  wantsCarry = false;
  /** The label behind which the state is written back. */
  exitLevel = 0;
  /** The instruction that is being emitted. */
  at = 0;
  it = 0;
  unexecuted = 0;
  /** The instruction ends in a branch to the address in `Local.target` (bit 0 set). */
  computed = false;
  /** The word of translated code at an address; undefined where it is none. */
  literal: (address: number) => number | undefined = () => undefined;
  /** The instruction's block has made sure that the FPU is ready. */
  floatReady = false;

  /** N and Z are those of the subtraction that `x` and `y` belong to. */
  #compared = false;

  constructor(private readonly context: number) {}

  // ---- registers: in memory between blocks, in locals inside of them ----

  get(register: number): this {
    if (register > 14) throw new Untranslatable();
    this.used |= 1 << register;
    if ((this.cached >>> register) & 1) this.code.get(registerLocal(register));
    else {
      this.cached |= 1 << register;
      this.code.i32(0).memory(W.i32Load, registerByte(register)).tee(registerLocal(register));
    }
    return this;
  }

  /** Pops a value into a register; SP keeps its low bits clear. */
  set(register: number): this {
    if (register > 14) throw new Untranslatable();
    if (register === 13) this.code.i32(~3).op(W.i32And);
    const bit = 1 << register;
    this.used |= bit;
    this.written |= bit;
    this.cached |= bit;
    this.dirty |= bit;
    this.code.set(registerLocal(register));
    return this;
  }

  /** Loads registers whose locals must hold them whichever way is taken next. */
  preload(registers: number): void {
    for (let register = 0; register < 15; register += 1) {
      if (((registers & ~this.cached) >>> register) & 1) this.code.i32(0).memory(W.i32Load, registerByte(register)).set(registerLocal(register));
    }
    this.cached |= registers;
  }

  /** Memory gets what it does not have yet. */
  flush(): void {
    for (let register = 0; register < 15; register += 1) {
      if ((this.dirty >>> register) & 1) this.code.i32(0).get(registerLocal(register)).memory(W.i32Store, registerByte(register));
    }
  }

  /** What is known at this place, for a side way that ends in a branch. */
  save(): () => void {
    const { cached, dirty, carry, floatReady } = this;
    const compared = this.#compared;
    return () => {
      Object.assign(this, { cached, dirty, carry, floatReady });
      this.#compared = compared;
    };
  }

  // ---- exits ----

  #site(pc: number | undefined, it: number, unexecuted: number, kind: Site['kind']): number {
    this.sites.push({ pc, it, unexecuted, kind });
    return this.sites.length - 1;
  }

  /** Pops a condition: where it holds the interpreter executes this instruction, of which nothing must have happened yet. */
  exitIf(): void {
    this.#leaveIf(this.#site(this.at, this.it, this.unexecuted, 'slow'));
  }

  exit(): void {
    this.#leave(this.#site(this.at, this.it, this.unexecuted, 'slow'));
  }

  /** To code that is not translated; of the block's instructions so many were not executed. */
  leaveTo(pc: number | undefined, unexecuted: number, kind: 'branch' | 'other'): void {
    this.#leave(this.#site(pc, 0, unexecuted, kind));
  }

  /** Pops a condition: where it holds there is no room for the block in the slice. */
  leaveIf(pc: number, unexecuted: number): void {
    this.#leaveIf(this.#site(pc, 0, unexecuted, 'other'));
  }

  #leave(site: number): void {
    this.flush();
    this.code.i32(site).set(Local.site).branch(W.br, this.exitLevel);
  }

  #leaveIf(site: number): void {
    if (this.dirty === 0) {
      this.code.i32(site).set(Local.site).branch(W.brIf, this.exitLevel);
      return;
    }
    this.code.if();
    this.#leave(site);
    this.code.end();
  }

  // ---- flags ----

  /** N and Z from the value on the stack, which stays. */
  nz(): this {
    this.#compared = false;
    this.code.tee(Local.nf).tee(Local.zf);
    return this;
  }

  #carryIs(state: (typeof Carry)[keyof typeof Carry]): void {
    this.carry = state;
    this.code.i32(state).set(Local.carry);
  }

  /** x − y with flags; the result stays on the stack. */
  subtract(x: Push, y: Push): void {
    x();
    y();
    this.code.set(Local.y).set(Local.x);
    this.#carryIs(Carry.subtract);
    this.code.get(Local.x).get(Local.y).op(W.i32Sub);
    this.nz();
    this.#compared = true;
  }

  add(x: Push, y: Push): void {
    x();
    y();
    this.code.set(Local.y).set(Local.x);
    this.#carryIs(Carry.add);
    this.code.get(Local.x).get(Local.y).op(W.i32Add);
    this.nz();
  }

  /** x + y + C with flags. */
  addWithCarry(x: Push, y: Push): void {
    this.settleCarry();
    x();
    y();
    const { code } = this;
    code.set(Local.two).set(Local.one);
    code.get(Local.one).get(Local.two).op(W.i32Add).tee(Local.address).get(Local.cf).op(W.i32Add);
    this.nz();
    // A carry out of either addition.
    code.get(Local.address).get(Local.one).op(W.i32LtU).get(Local.nf).get(Local.address).op(W.i32LtU).op(W.i32Or).set(Local.cf);
    code.get(Local.one).get(Local.nf).op(W.i32Xor).get(Local.two).get(Local.nf).op(W.i32Xor, W.i32And).i32(31).op(W.i32ShrU).set(Local.vf);
  }

  /** C and V into their locals. */
  settleCarry(): void {
    this.#wantCarry();
    if (this.carry === Carry.known) return;
    this.putCarry(this.carry === Carry.subtract);
    this.#carryIs(Carry.known);
  }

  /** Likewise before a branch to a block that wants them; where this block knows nothing, they are as they were. */
  settleCarryIfUnknown(): void {
    if (this.carry !== undefined) {
      this.settleCarry();
      return;
    }
    const { code } = this;
    code.get(Local.carry).if();
    code.get(Local.carry).i32(Carry.subtract).op(W.i32Eq).if();
    this.putCarry(true);
    code.op(W.else);
    this.putCarry(false);
    code.end().i32(Carry.known).set(Local.carry).end();
    this.carry = Carry.known;
  }

  /** The locals of C and V from `x` and `y`. */
  putCarry(subtracted: boolean): void {
    const { code } = this;
    code.get(Local.x).get(Local.y).op(subtracted ? W.i32Sub : W.i32Add).set(Local.one);
    if (subtracted) {
      code.get(Local.x).get(Local.y).op(W.i32GeU).set(Local.cf);
      code.get(Local.x).get(Local.y).op(W.i32Xor).get(Local.x).get(Local.one).op(W.i32Xor, W.i32And).i32(31).op(W.i32ShrU).set(Local.vf);
    } else {
      code.get(Local.one).get(Local.x).op(W.i32LtU).set(Local.cf);
      code.get(Local.x).get(Local.one).op(W.i32Xor).get(Local.y).get(Local.one).op(W.i32Xor, W.i32And).i32(31).op(W.i32ShrU).set(Local.vf);
    }
  }

  /** N, Z, C and V from bits 31–28 of a local. */
  flagsFrom(local: number): void {
    const { code } = this;
    code.get(local).set(Local.nf).get(local).i32(0x40000000).op(W.i32And, W.i32Eqz).set(Local.zf);
    code.get(local).i32(29).op(W.i32ShrU).i32(1).op(W.i32And).set(Local.cf);
    code.get(local).i32(28).op(W.i32ShrU).i32(1).op(W.i32And).set(Local.vf);
    this.#compared = false;
    this.#carryIs(Carry.known);
  }

  #wantCarry(): void {
    if (this.carry !== undefined) return;
    this.wantsCarry = true;
    this.carry = Carry.known;
  }

  /** Pushes whether a condition (0 EQ … 13 LE) holds. */
  condition(condition: number): void {
    const { code } = this;
    const base = condition & ~1;
    const inverse = (condition & 1) !== 0;
    if (base !== 0 && base !== 4) this.#wantCarry();
    if (this.carry === Carry.subtract && (this.#compared || base === 2) && this.#compares(base, inverse)) return;
    if (base !== 0 && base !== 4) this.settleCarry();
    switch (base) {
      case 0: code.get(Local.zf).op(W.i32Eqz); break;
      case 2: code.get(Local.cf); break;
      case 4: code.get(Local.nf).i32(0).op(W.i32LtS); break;
      case 6: code.get(Local.vf); break;
      case 8: code.get(Local.cf).get(Local.zf).i32(0).op(W.i32Ne, W.i32And); break;
      case 10: this.#signsAgree(); break;
      default:
        this.#signsAgree();
        code.get(Local.zf).i32(0).op(W.i32Ne, W.i32And);
    }
    if (inverse) code.op(W.i32Eqz);
  }

  #signsAgree(): void {
    this.code.get(Local.nf).i32(31).op(W.i32ShrU).get(Local.vf).op(W.i32Eq);
  }

  /** Behind a comparison: the condition as one of x and y. */
  #compares(base: number, inverse: boolean): boolean {
    const pairs: Readonly<Record<number, readonly [number, number]>> = {
      0: [W.i32Eq, W.i32Ne], 2: [W.i32GeU, W.i32LtU], 8: [W.i32GtU, W.i32LeU], 10: [W.i32GeS, W.i32LtS], 12: [W.i32GtS, W.i32LeS],
    };
    const pair = pairs[base];
    if (!pair) return false;
    this.code.get(Local.x).get(Local.y).op(pair[inverse ? 1 : 0]);
    return true;
  }

  // ---- memory: an address on the stack, in `Local.address` behind it ----

  /** Looks the page up; leaves to the interpreter where the access cannot be done plainly. `size` bytes are aligned to `align`. */
  #look(table: number, align: Width, size: number, aligned: boolean): void {
    const { code } = this;
    code.tee(Local.address).i32(12).op(W.i32ShrU).i32(2).op(W.i32Shl).memory(W.i32Load, table).tee(Local.page).op(W.i32Eqz);
    if (size > align) code.get(Local.address).i32(0xfff).op(W.i32And).i32(0x1000 - size).op(W.i32GtU, W.i32Or);
    if (align > 1 && !aligned) code.get(Local.address).i32(align - 1).op(W.i32And, W.i32Or);
    this.exitIf();
  }

  /** Pops the address, pushes the value. `aligned`: known to be. */
  load(width: Width, signed: boolean, aligned = false): void {
    this.openLoad(width, width, aligned);
    this.code.memory((signed ? signedLoadOpcodes : loadOpcodes)[width], 0);
  }

  /** Pops the address and pushes that in the board's memory, of which `size` bytes may be read. */
  openLoad(align: Width, size: number, aligned = false): void {
    this.#look(loadTableAt(this.context), align, size, aligned);
    this.code.get(Local.page).get(Local.address).op(W.i32Add);
  }

  openStore(align: Width, size: number, aligned = false): void {
    this.#look(storeTableAt(this.context), align, size, aligned);
    this.code.get(Local.page).get(Local.address).op(W.i32Add);
  }

  /** Pops the address; the value comes from `value`, which must not change the locals of the access. */
  store(width: Width, value: Push, aligned = false): void {
    this.openStore(width, width, aligned);
    value();
    this.code.memory(storeOpcodes[width], 0);
  }
}
