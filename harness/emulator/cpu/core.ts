import type { Address } from '../../units/index.js';
import { type Bus, pageMask, pageShift } from '../bus.js';
import { floatAt, registersAt } from '../store.js';
import { BusError, UnmodelledAccess, type AccessWidth, type ResetCause, type StopReason } from '../ports.js';
import { CodePage } from './code-page.js';
import { conditionHolds } from './conditions.js';
import type { CoreOptions } from './context.js';
import { Exceptions } from './exceptions.js';
import { FloatUnit } from './float-unit.js';
import type { DecodedPage, Instruction } from './instruction.js';
import { interpret, type Interpretable } from './interpreter.js';
import { Cfsr, CoreFault, Exception, InstructionAbandoned, Lockup } from './faults.js';
import { Mpu, Permission } from './mpu.js';
import { Op } from './operations.js';
import { EventQueue } from './scheduler.js';
import { SystemSpace } from './system-space.js';
import { Translator, type TranslatedCore } from './translate/translator.js';
import { Translation } from './translation.js';

const none = -1;
/** Code pages of the last jumps, by the low bits of their number. */
const recentMask = 0xff;
/** Instructions without a look at events; keeps the counters small integers. */
const longestSlice = 1 << 24;

/** A debugger's watchpoints: told of every load and store in these 4 KB pages. */
export interface AccessWatch {
  readonly pages: ReadonlySet<number>;
  access(address: Address, width: AccessWidth, write: boolean): void;
}

/** An Armv7E-M core with FPv5: registers, protected memory access, the instruction loop. One cycle per instruction. */
export class Core implements Interpretable, TranslatedCore {
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
  readonly mpu = new Mpu();
  readonly fpu: FloatUnit;
  readonly exceptions: Exceptions;
  readonly system: SystemSpace;
  readonly scheduler: EventQueue;
  readonly preciseStores: boolean;
  /** By page number. */
  private readonly code = new Map<number, CodePage>();
  private readonly recent = new Array<CodePage | undefined>(recentMask + 1).fill(undefined);
  private readonly translations: Translation[];
  private watched: AccessWatch | undefined;
  reads: Int32Array;
  writes: Int32Array;
  private translation: Translation;
  viewIndex = 0;
  epoch = 0;
  readonly translator: Translator | undefined;
  readonly hotThreshold: number;
  /** Instructions left in the running slice; the slice's length; cycles at its start. */
  left = 0;
  private slice = 0;
  private base = 0;
  /** Cycles so far in which no instruction executed: exception entry, sleep. */
  private other = 0;

  constructor(
    readonly bus: Bus,
    readonly options: CoreOptions = {},
  ) {
    const store = bus.backing;
    this.r = new Int32Array(store.buffer, registersAt, 16);
    this.translation = new Translation(store.buffer, 0);
    this.translations = [this.translation];
    this.reads = this.translation.read;
    this.writes = this.translation.write;
    this.preciseStores = options.busFaults === 'precise';
    this.scheduler = new EventQueue(() => this.cycles, () => this.attention());
    this.exceptions = new Exceptions(this);
    this.fpu = new FloatUnit(this, store.buffer, floatAt);
    this.system = new SystemSpace(this, options.sysTickDivider ?? 8);
    this.mpu.onChange = () => this.forgetTranslations();
    bus.onMapChange = () => this.forgetTranslations();
    this.translator = options.translate === false || !store.memory ? undefined : new Translator(this, store, typeof options.translate === 'object' ? options.translate : {});
    this.hotThreshold = this.translator?.threshold ?? 0;
  }

  hot(at: Address): number {
    return this.translator!.hot(at);
  }

  get observed(): boolean {
    return this.watched !== undefined;
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

  /** Privilege, execution priority or the MPU changed: choose the right cached view of memory. */
  contextChanged(): void {
    this.fpu.ready = false;
    const index = this.negative ? (this.privileged ? 2 : 3) : this.privileged ? 0 : 1;
    this.viewIndex = index;
    this.translation = this.translations[index] ??= new Translation(this.bus.backing.buffer, index);
    this.reads = this.translation.read;
    this.writes = this.translation.write;
    this.attention();
  }

  /** Watches loads and stores, or no longer. */
  watch(watched: AccessWatch | undefined): void {
    this.watched = watched;
    this.forgetTranslations();
  }

  private forgetTranslations(): void {
    this.epoch += 1;
    for (const translation of this.translations) translation?.clear();
    for (const page of this.code.values()) page.checked = 0;
    this.attention();
  }

  // ---- memory ----

  load32(address: number): number {
    const page = this.reads[address >>> pageShift]!;
    if (page !== 0 && (address & 3) === 0) return this.bus.words[(page + address) >>> 2]!;
    return this.loadSlowly(address >>> 0, 4) | 0;
  }

  load16(address: number): number {
    const page = this.reads[address >>> pageShift]!;
    if (page !== 0 && (address & 1) === 0) return this.bus.halfwords[(page + address) >>> 1]!;
    return this.loadSlowly(address >>> 0, 2);
  }

  load8(address: number): number {
    const page = this.reads[address >>> pageShift]!;
    if (page !== 0) return this.bus.bytes[(page + address) >>> 0]!;
    return this.loadSlowly(address >>> 0, 1);
  }

  store32(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0 && (address & 3) === 0) this.bus.words[(page + address) >>> 2] = value;
    else this.storeSlowly(address >>> 0, value, 4);
  }

  store16(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0 && (address & 1) === 0) this.bus.halfwords[(page + address) >>> 1] = value;
    else this.storeSlowly(address >>> 0, value, 2);
  }

  store8(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0) this.bus.bytes[(page + address) >>> 0] = value;
    else this.storeSlowly(address >>> 0, value, 1);
  }

  /** A word of an exception frame: its bus fault is known at once (STKERR), never imprecise. */
  stack32(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0) this.bus.words[(page + address) >>> 2] = value;
    else this.storeSlowly(address >>> 0, value, 4, this.privileged, true);
  }

  /** A word of the FPU's state, stored with the privilege and the priority of the context that was interrupted; precise as all stacking. */
  stackLazily(address: Address, value: number, privileged: boolean, negativePriority: boolean): void {
    if (!(this.mpu.permissions(address, privileged, negativePriority) & Permission.write)) throw new CoreFault(Exception.memManage, Cfsr.mlsperr);
    try {
      this.bus.store(address, value, 4);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      throw new CoreFault(Exception.busFault, Cfsr.lsperr);
    }
    this.code.get(address >>> pageShift)?.forget(address, 4);
  }

  /** Word accesses that must be aligned whatever CCR.UNALIGN_TRP says: LDM, LDRD, LDREX … (A3.2.1). */
  alignedOnly(address: number): void {
    if (address & 3) throw new CoreFault(Exception.usageFault, Cfsr.unaligned);
  }

  loadSlowly(address: Address, width: AccessWidth, privileged = this.privileged): number {
    if (address & (width - 1)) return this.loadUnaligned(address, width, privileged);
    this.check(address, Permission.read, privileged);
    if (this.watched?.pages.has(address >>> pageShift)) this.watched.access(address, width, false);
    if (address >>> 20 === 0xe00) return this.system.load(address, width, privileged);
    try {
      const value = this.bus.load(address, width);
      this.learn(address);
      return value;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      if (this.ignoresBusFaults) {
        // unverified: that the flag and the address are there for the program that probes in this way.
        this.exceptions.noteIgnored(address);
        return 0;
      }
      throw new CoreFault(Exception.busFault, Cfsr.preciserr | Cfsr.bfarvalid, address);
    }
  }

  storeSlowly(address: Address, value: number, width: AccessWidth, privileged = this.privileged, precise = this.preciseStores): void {
    if (address & (width - 1)) {
      this.storeUnaligned(address, value, width, privileged);
      return;
    }
    this.check(address, Permission.write, privileged);
    if (this.watched?.pages.has(address >>> pageShift)) this.watched.access(address, width, true);
    if (address >>> 20 === 0xe00) {
      this.system.store(address, value >>> 0, width, privileged);
      return;
    }
    try {
      this.bus.store(address, value, width);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      if (this.ignoresBusFaults) return;
      if (precise) throw new CoreFault(Exception.busFault, Cfsr.preciserr | Cfsr.bfarvalid, address);
      this.system.asynchronousError(address);
      this.exceptions.impreciseBusFault();
      return;
    }
    const page = this.code.get(address >>> pageShift);
    if (page) page.forget(address, width);
    else this.learn(address);
  }

  private loadUnaligned(address: Address, width: AccessWidth, privileged: boolean): number {
    this.unalignedAllowed(address, Permission.read, privileged);
    let value = 0;
    for (let index = 0; index < width; index += 1) value |= this.loadSlowly((address + index) >>> 0, 1, privileged) << (8 * index);
    return value >>> 0;
  }

  private storeUnaligned(address: Address, value: number, width: AccessWidth, privileged: boolean): void {
    this.unalignedAllowed(address, Permission.write, privileged);
    for (let index = 0; index < width; index += 1) this.check((address + index) >>> 0, Permission.write, privileged);
    for (let index = 0; index < width; index += 1) this.storeSlowly((address + index) >>> 0, (value >>> (8 * index)) & 0xff, 1, privileged);
  }

  private unalignedAllowed(address: Address, wanted: number, privileged: boolean): void {
    if (this.system.ccr & 8) throw new CoreFault(Exception.usageFault, Cfsr.unaligned);
    this.check(address, wanted, privileged);
    if (this.mpu.isDevice(address, this.negative)) throw new CoreFault(Exception.usageFault, Cfsr.unaligned);
  }

  /** Data bus faults of HardFault, NMI and FAULTMASK code are ignored with CCR.BFHFNMIGN (B3.2.8). */
  private get ignoresBusFaults(): boolean {
    return (this.system.ccr & 0x100) !== 0 && this.negative;
  }

  private check(address: Address, wanted: number, privileged: boolean): void {
    if (!(this.permissions(address, privileged) & wanted)) throw new CoreFault(Exception.memManage, Cfsr.daccviol | Cfsr.mmarvalid, address);
  }

  private permissions(address: Address, privileged: boolean): number {
    return this.mpu.permissions(address, privileged, this.negative);
  }

  /** Execution priority −1 or −2, where MPU_CTRL.HFNMIENA decides about the MPU (B3.5.4). */
  private get negative(): boolean {
    return this.faultmask !== 0 || this.ipsr === Exception.hardFault || this.ipsr === Exception.nmi;
  }

  /** Remembers a page for the fast path, if all of it may be reached plainly. */
  private learn(address: Address): void {
    const page = address >>> pageShift;
    const offset = this.bus.pageOffset[page]!;
    if (this.watched?.pages.has(page)) return;
    if (offset < 0 || this.bus.pageWatched[page] || !this.mpu.uniform((page << pageShift) >>> 0)) return;
    const permissions = this.permissions(address, this.privileged);
    if (this.reads[page] === 0 && this.writes[page] === 0) this.translation.note(page);
    const change = offset - (page << pageShift);
    if (permissions & Permission.read) this.reads[page] = change;
    if (permissions & Permission.write && this.bus.pageWritable[page] && !this.code.has(page)) this.writes[page] = change;
  }

  /** Code at these addresses changed from outside (debugger, boot copy). */
  invalidateCode(address: Address, size: number): void {
    this.attention();
    for (let page = address >>> pageShift; page <= (address + size - 1) >>> pageShift; page += 1) {
      this.code.get(page)?.dropDependents();
      this.code.delete(page);
      this.recent[page & recentMask] = undefined;
    }
  }

  /** A halfword of code; throws MemManage IACCVIOL or BusFault IBUSERR. */
  fetch(address: Address): number {
    const allowed = this.permissions(address, this.privileged) & Permission.execute;
    if (!allowed) throw new CoreFault(Exception.memManage, Cfsr.iaccviol);
    try {
      return this.bus.load(address, 2);
    } catch (error) {
      if (error instanceof BusError) throw new CoreFault(Exception.busFault, Cfsr.ibuserr);
      throw error;
    }
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
      this.scheduler.fireDue();
      if (this.resetRequest) return { kind: 'reset', cause: this.resetRequest };
      if (this.exitCode !== undefined) return { kind: 'exit', code: this.exitCode };
      try {
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

  /** The page of an address that has been entered before in this context, without a border inside. */
  reachable(target: number): CodePage | undefined {
    const number = target >>> pageShift;
    const page = this.recent[number & recentMask];
    return page !== undefined && page.number === number && (page.checked & (1 << this.viewIndex)) !== 0 ? page : undefined;
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

  private newPage(number: number): CodePage {
    const page = new CodePage(number);
    this.code.set(number, page);
    // From now on a store to this page takes the slow path, which forgets the code it changes.
    for (const translation of this.translations) if (translation) translation.write[number] = 0;
    return page;
  }

  executablePage(at: Address): CodePage | undefined {
    const number = at >>> pageShift;
    const base = (number << pageShift) >>> 0;
    if (this.bus.pageOffset[number]! < 0 || this.bus.pageWatched[number] || !this.mpu.uniform(base)) return undefined;
    if (!(this.permissions(base, this.privileged) & Permission.execute)) return undefined;
    return this.code.get(number) ?? this.newPage(number);
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
