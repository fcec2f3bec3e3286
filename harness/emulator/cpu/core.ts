import type { Address } from '../../units/index.js';
import { type Bus, pageMask, pageShift } from '../bus.js';
import { floatAt, registersAt } from '../store.js';
import { UnmodelledAccess, type ResetCause, type StopReason } from '../ports.js';
import type { CodePage } from './code-page.js';
import { conditionHolds } from './conditions.js';
import type { CoreOptions } from './context.js';
import { Exceptions } from './exceptions.js';
import { FloatUnit } from './float-unit.js';
import type { DecodedPage, Instruction } from './instruction.js';
import { interpret, type Interpretable } from './interpreter.js';
import { Cfsr, CoreFault, Exception, InstructionAbandoned, Lockup } from './faults.js';
import { MemoryAccess, recentMask } from './memory-access.js';
import { Op } from './operations.js';
import { EventQueue } from './scheduler.js';
import { SystemSpace } from './system-space.js';
import { Translator, type TranslatedCore } from './translate/translator.js';

const none = -1;
/** Instructions without a look at events; keeps the counters small integers. */
const longestSlice = 1 << 24;

/** An Armv7E-M core with FPv5: registers, the instruction loop; memory: `MemoryAccess`. One cycle per instruction. */
export class Core extends MemoryAccess implements Interpretable, TranslatedCore {
  readonly r: Int32Array;
  pc: Address = 0;
  at: Address = 0;
  nf = 0;
  zf = 1;
  cf = 0;
  vf = 0;
  qf = 0;
  ge = 0;
  it = 0;
  thumb = true;
  primask = 0;
  faultmask = 0;
  basepri = 0;
  control = 0;
  ipsr = 0;
  otherSp = 0;
  exclusive = none;
  sleeping = 0;
  eventRegister = false;
  resetRequest: ResetCause | undefined;
  exitCode: number | undefined;
  readonly fpu: FloatUnit;
  readonly exceptions: Exceptions;
  readonly system: SystemSpace;
  readonly scheduler: EventQueue;
  readonly translator: Translator | undefined;
  readonly hotThreshold: number;
  /** Instructions left in the running slice; the slice's length; cycles at its start. */
  left = 0;
  private slice = 0;
  private base = 0;
  /** Cycles so far in which no instruction executed: exception entry, sleep. */
  private other = 0;

  constructor(
    bus: Bus,
    readonly options: CoreOptions = {},
  ) {
    super(bus, options.busFaults === 'precise');
    const store = bus.backing;
    this.r = new Int32Array(store.buffer, registersAt, 16);
    this.scheduler = new EventQueue(() => this.cycles, () => this.attention());
    this.exceptions = new Exceptions(this);
    this.fpu = new FloatUnit(this, store.buffer, floatAt);
    this.system = new SystemSpace(this, options.sysTickDivider ?? 8);
    this.translator = options.translate === false || !store.memory ? undefined : new Translator(this, store, typeof options.translate === 'object' ? options.translate : {});
    this.hotThreshold = this.translator?.threshold ?? 0;
  }

  hot(at: Address): number {
    return this.translator!.hot(at);
  }

  /** Cycles since power-on. */
  get cycles(): number {
    return this.base + this.slice - this.left;
  }

  /** Instructions executed since power-on. */
  get instructions(): number {
    return this.cycles - this.other;
  }

  get privileged(): boolean {
    return this.ipsr !== 0 || (this.control & 1) === 0;
  }

  /** Core state to its reset values; memories and time stay. */
  reset(): void {
    this.r.fill(0);
    this.r[14] = -1;
    this.pc = this.at = 0;
    this.nf = 0;
    this.zf = 1;
    this.cf = this.vf = this.qf = this.ge = this.it = 0;
    this.thumb = true;
    this.primask = this.faultmask = this.basepri = this.control = this.ipsr = this.otherSp = 0;
    this.exclusive = none;
    this.sleeping = 0;
    this.eventRegister = false;
    this.resetRequest = undefined;
    this.exitCode = undefined;
    this.mpu.reset();
    this.fpu.reset();
    this.exceptions.reset();
    this.system.reset();
    this.contextChanged();
  }

  /** Starts at a vector table as after reset: MSP and PC from its first two words, VTOR set, privileged thread mode. */
  jump(vectorTable: Address): void {
    this.system.vtor = vectorTable;
    this.control = 0;
    this.ipsr = 0;
    this.r[13] = this.bus.load(vectorTable, 4) & ~3;
    const entry = this.bus.load(vectorTable + 4, 4);
    this.thumb = (entry & 1) === 1;
    this.pc = (entry & ~1) >>> 0;
    this.contextChanged();
  }

  /** Ends the running slice after this instruction, so that interrupts, resets and events are looked at. */
  attention(): void {
    this.slice -= this.left;
    this.left = 0;
  }

  // ---- branches ----

  /** BX, BLX, POP {PC}, LDR PC: interworking branch; EXC_RETURN in handler mode (B1.5.8). */
  branchExchange(target: number): void {
    if (this.ipsr !== 0 && target >>> 28 === 0xf) {
      this.exceptions.returnFrom(target >>> 0);
      return;
    }
    this.thumb = (target & 1) === 1;
    this.pc = (target & ~1) >>> 0;
  }

  /** xPSR as it is stacked and read. */
  get xpsr(): number {
    const it = ((this.it & 0xfc) << 8) | ((this.it & 3) << 25);
    const flags = (this.nf < 0 ? 1 << 31 : 0) | (this.zf === 0 ? 1 << 30 : 0) | (this.cf << 29) | (this.vf << 28) | (this.qf << 27) | (this.ge << 16);
    return (flags | it | (this.thumb ? 1 << 24 : 0) | this.ipsr) >>> 0;
  }

  set apsr(value: number) {
    this.nf = value;
    this.zf = value & 0x40000000 ? 0 : 1;
    this.cf = (value >>> 29) & 1;
    this.vf = (value >>> 28) & 1;
    this.qf = (value >>> 27) & 1;
  }

  // ---- the loop ----

  /** Executes at most `max` instructions. */
  run(max: number): StopReason {
    let budget = max;
    for (;;) {
      try {
        this.scheduler.fireDue();
        if (this.resetRequest) return { kind: 'reset', cause: this.resetRequest };
        if (this.exitCode !== undefined) return { kind: 'exit', code: this.exitCode };
        this.exceptions.takePending();
        if (this.sleeping && !this.exceptions.wakes()) {
          const next = this.scheduler.next;
          return { kind: 'idle', until: next === Infinity ? undefined : next };
        }
        if (budget <= 0) {
          this.at = this.pc;
          return { kind: 'budget' };
        }
        const before = this.instructions;
        this.begin(Math.min(budget, Math.max(1, this.scheduler.next - this.cycles), longestSlice));
        try {
          this.execute();
        } finally {
          budget -= this.instructions - before;
          this.attention();
        }
      } catch (error) {
        const stop = this.afterError(error);
        if (stop) return stop;
      }
    }
  }

  /** Takes a fault, or says why the core cannot go on. Stacking may itself meet what ends the run. */
  private afterError(error: unknown): StopReason | undefined {
    if (error instanceof UnmodelledAccess) return { kind: 'unmodelled', pc: this.at, what: error.what, address: error.address };
    if (error instanceof Lockup) return { kind: 'lockup', pc: this.at, why: error.why };
    if (error instanceof InstructionAbandoned) {
      this.pc = this.at;
      return undefined;
    }
    if (!(error instanceof CoreFault)) throw error;
    try {
      this.exceptions.fault(error);
      return undefined;
    } catch (second) {
      if (second instanceof CoreFault) throw second;
      return this.afterError(second);
    }
  }

  /** Board time jumps forward while the core sleeps. */
  advanceTo(cycle: number): void {
    const ahead = cycle - this.cycles;
    if (ahead > 0) this.spend(ahead);
  }

  /** Board time of a snapshot: cycles since power-on, those among them in which no instruction executed; nothing is scheduled then. */
  restoreTime(cycles: number, other: number): void {
    this.attention();
    this.scheduler.clear();
    this.base = cycles;
    this.slice = this.left = 0;
    this.other = other;
  }

  /** Cycles spent on something other than an instruction. */
  spend(cycles: number): void {
    this.base += cycles;
    this.other += cycles;
  }

  private begin(instructions: number): void {
    this.base = this.cycles;
    this.slice = this.left = instructions;
  }

  private execute(): void {
    while (this.left > 0) {
      const page = this.enter(this.pc);
      if (this.it !== 0) this.inItBlock(page);
      else if (page.mixed) this.single(page.instruction(this.pc));
      else {
        const instruction = page.instructions[(this.pc & pageMask) >> 1] ?? page.instruction(this.pc);
        if (instruction.op !== Op.ENTER) interpret(this, instruction);
        else if (!this.translator!.run(instruction)) interpret(this, instruction.plain ?? instruction);
      }
    }
  }

  private single(instruction: Instruction): void {
    this.left -= 1;
    this.at = instruction.at;
    this.pc = instruction.end;
    instruction.handler(this, instruction.a, instruction.b, instruction.c);
  }

  /** The code page of an address, fit to be executed from. */
  private enter(at: Address): CodePage {
    if (!this.thumb) {
      this.at = at;
      throw new CoreFault(Exception.usageFault, Cfsr.invstate);
    }
    const number = at >>> pageShift;
    let page = this.recent[number & recentMask];
    if (page === undefined || page.number !== number) page = this.code.get(number);
    if (page && page.checked & (1 << this.viewIndex)) return (this.recent[number & recentMask] = page);
    this.at = at;
    this.fetch(at);
    page ??= this.newPage(number);
    // Where a region border lies inside the page, every instruction is checked by itself.
    page.mixed = !this.mpu.uniform((number << pageShift) >>> 0);
    if (!page.mixed) page.checked |= 1 << this.viewIndex;
    return (this.recent[number & recentMask] = page);
  }

  inItBlock(page: DecodedPage): void {
    const at = this.pc;
    const state = this.it;
    const next = state & 7 ? (state & 0xe0) | ((state << 1) & 0x1f) : 0;
    this.left -= 1;
    this.at = at;
    const { handler, a, b, c, length } = page.conditional(this, at);
    this.pc = at + length;
    if (conditionHolds(this, state >>> 4)) {
      handler(this, a, b, c);
      // A fault leaves ITSTATE as it was (the exception stacks it); an exception return has set its own.
      if (this.it === state) this.it = next;
    } else this.it = next;
  }
}
