/** Exception entry, return, priorities and faults of Armv7-M (DDI 0403E B1.5), with the NVIC's state. */
import type { InterruptLines } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Context } from './context.js';
import { Cfsr, CoreFault, Exception, Hfsr, Lockup } from './faults.js';
import { extensionBytes, fpcaBit } from './float-unit.js';

/** External interrupts of the STM32H7RS: 155 IRQn, rounded up to whole registers. */
export const irqCount = 160;
const total = Exception.irq0 + irqCount;
/** 4 priority bits on STM32H7RS (ST's __NVIC_PRIO_BITS). */
export const priorityMask = 0xf0;
const idle = 256;
/** Cycles of an exception entry or return beside its instructions. `unverified:` on silicon, 12 is the Cortex-M7's usual figure. */
export const entryCycles = 12;
/** Cycles of a return that enters the next exception at once. `unverified:` on silicon. */
export const tailChainCycles = 6;
const frameBytes = 0x20;
const dfsrBreakpoint = 2;
/** EXC_RETURN without its low five bits; of these, bit 4 is clear where the frame holds the FPU's state. */
const excReturnBase = 0xffffffe0;
const basicFrame = 0x10;

/** Bits of SHCSR that give a fault a handler of its own. */
const faultEnable = { [Exception.memManage]: 0x10000, [Exception.busFault]: 0x20000, [Exception.usageFault]: 0x40000 } as const;

const shcsrActive: readonly (readonly [number, number])[] = [
  [0, Exception.memManage], [1, Exception.busFault], [3, Exception.usageFault], [7, Exception.svCall],
  [8, Exception.debugMonitor], [10, Exception.pendSv], [11, Exception.sysTick],
];
const shcsrPended: readonly (readonly [number, number])[] = [
  [12, Exception.usageFault], [13, Exception.memManage], [14, Exception.busFault], [15, Exception.svCall],
];

export class Exceptions implements InterruptLines {
  readonly pending = new Uint8Array(total);
  readonly active = new Uint8Array(total);
  readonly enabled = new Uint8Array(total);
  readonly priority = new Uint8Array(total);
  readonly #level = new Uint8Array(total);
  /** PRIGROUP of AIRCR. */
  priorityGroup = 0;
  cfsr = 0;
  hfsr = 0;
  /** Debug fault status: BKPT is all that happens without a debugger. */
  dfsr = 0;
  mmfar = 0;
  bfar = 0;
  /** MEMFAULTENA, BUSFAULTENA, USGFAULTENA of SHCSR (bits 16–18). */
  faultEnables = 0;
  #anyPending = false;

  constructor(private readonly core: Context) {}

  reset(): void {
    this.pending.fill(0);
    this.active.fill(0);
    this.enabled.fill(0);
    this.enabled.fill(1, 0, Exception.irq0);
    this.priority.fill(0);
    this.#level.fill(0);
    this.priorityGroup = this.cfsr = this.hfsr = this.dfsr = this.faultEnables = 0;
    this.mmfar = this.bfar = 0;
    this.#anyPending = false;
  }

  saved(): Saved {
    const { priorityGroup, cfsr, hfsr, dfsr, mmfar, bfar, faultEnables } = this;
    const lists = { pending: this.pending, active: this.active, enabled: this.enabled, priority: this.priority, level: this.#level };
    return {
      ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]])),
      priorityGroup, cfsr: cfsr >>> 0, hfsr: hfsr >>> 0, dfsr: dfsr >>> 0, mmfar: mmfar >>> 0, bfar: bfar >>> 0, faultEnables,
    };
  }

  restore(state: SavedReader): void {
    const lists = { pending: this.pending, active: this.active, enabled: this.enabled, priority: this.priority, level: this.#level };
    for (const [name, list] of Object.entries(lists)) list.set(state.numbers(name, { exactly: total }, 0, name === 'priority' ? 0xff : 1));
    this.priorityGroup = state.integer('priorityGroup', 0, 7);
    for (const name of ['cfsr', 'hfsr', 'dfsr', 'mmfar', 'bfar'] as const) this[name] = state.word(name);
    this.faultEnables = state.word('faultEnables') & 0x70000;
    this.priorityChanged();
  }

  // ---- pending ----

  setLevel(irq: number, active: boolean): void {
    const number = Exception.irq0 + irq;
    this.#level[number] = active ? 1 : 0;
    if (active) this.pend(number);
  }

  pend(number: number): void {
    if (!this.pending[number]) {
      this.pending[number] = 1;
      // SEVONPEND: an interrupt that becomes pending is an event, enabled or not (B1.5.18).
      if (this.core.system.scr & 0x10) this.core.eventRegister = true;
    }
    this.#anyPending = true;
    this.core.attention();
  }

  /** ICPR: a line that is still active pends again at once. */
  unpend(number: number): void {
    this.pending[number] = this.#level[number]!;
  }

  /** Anything changed that decides which exception is taken. */
  priorityChanged(): void {
    this.#anyPending = true;
    this.core.attention();
  }

  /** PRIMASK or BASEPRI changed: neither privilege nor the MPU's view depends on them, and nothing happens where nothing waits. */
  maskChanged(): void {
    if (this.#anyPending) this.core.attention();
  }

  // ---- priorities ----

  #configured(number: number): number {
    if (number === Exception.reset) return -3;
    if (number === Exception.nmi) return -2;
    if (number === Exception.hardFault) return -1;
    return this.priority[number]!;
  }

  #group(priority: number): number {
    if (priority < 0) return priority;
    return priority & (0xff << (this.priorityGroup + 1)) & 0xff;
  }

  /** Priority of the active exceptions, before PRIMASK, FAULTMASK and BASEPRI. */
  #activePriority(): number {
    let priority = idle;
    for (let number = 2; number < total; number += 1) {
      if (this.active[number]) priority = Math.min(priority, this.#group(this.#configured(number)));
    }
    return priority;
  }

  /** The execution priority (B1.5.4): what a new exception must be below. */
  executionPriority(): number {
    let priority = this.#activePriority();
    const { basepri, primask, faultmask } = this.core;
    if (basepri) priority = Math.min(priority, this.#group(basepri));
    if (primask) priority = Math.min(priority, 0);
    if (faultmask) priority = Math.min(priority, -1);
    return priority;
  }

  #mostUrgent(): number {
    let best = 0;
    let bestGroup = idle;
    let bestPriority = idle;
    for (let number = 2; number < total; number += 1) {
      if (!this.pending[number] || !this.enabled[number]) continue;
      const priority = this.#configured(number);
      const group = this.#group(priority);
      if (group < bestGroup || (group === bestGroup && priority < bestPriority)) {
        best = number;
        bestGroup = group;
        bestPriority = priority;
      }
    }
    return best;
  }

  /** Number shown in ICSR.VECTPENDING. */
  get vectorPending(): number {
    return this.#mostUrgent();
  }

  /** Takes the most urgent pending exception if it may be taken now. */
  takePending(): void {
    while (this.#anyPending) {
      const number = this.#mostUrgent();
      if (number === 0) {
        this.#anyPending = false;
        return;
      }
      if (this.#group(this.#configured(number)) >= this.executionPriority()) return;
      this.core.sleeping = 0;
      this.#enter(number, this.core.pc);
    }
  }

  /** Whether `takePending` would enter an exception now. */
  canTakePending(): boolean {
    const number = this.#mostUrgent();
    return number !== 0 && this.#group(this.#configured(number)) < this.executionPriority();
  }

  /** Whether a sleeping core goes on (B1.5.17, B1.5.19); clears the sleep. */
  wakes(): boolean {
    const core = this.core;
    if (core.sleeping === 2 && core.eventRegister) {
      core.eventRegister = false;
      core.sleeping = 0;
      return true;
    }
    // PRIMASK does not keep an interrupt from waking the core.
    const number = this.#mostUrgent();
    if (number) {
      const masked = core.basepri ? Math.min(this.#activePriority(), this.#group(core.basepri)) : this.#activePriority();
      if (this.#group(this.#configured(number)) < (core.faultmask ? -1 : masked)) {
        core.sleeping = 0;
        return true;
      }
    }
    return false;
  }

  // ---- entry ----

  #enter(number: number, returnAddress: number): void {
    const core = this.core;
    const thread = core.ipsr === 0;
    const onPsp = thread && (core.control & 2) !== 0;
    const sp = core.r[13]!;
    const extended = (core.control & fpcaBit) !== 0;
    // An extended frame is always aligned to 8 bytes (B1.5.7).
    const doubleWords = extended || (core.system.ccr & 0x200) !== 0;
    const align = doubleWords && sp & 4 ? 1 : 0;
    const frame = ((sp - frameBytes - (extended ? extensionBytes : 0)) & (doubleWords ? ~7 : ~3)) >>> 0;
    const words = [core.r[0]!, core.r[1]!, core.r[2]!, core.r[3]!, core.r[12]!, core.r[14]!, returnAddress | 0, core.xpsr | (align << 9)];
    let derived = 0;
    try {
      words.forEach((word, index) => core.stack32(frame + 4 * index, word));
      if (extended) core.fpu.enter((frame + frameBytes) >>> 0);
    } catch (error) {
      if (!(error instanceof CoreFault)) throw error;
      derived = this.#stackingFault(error, Cfsr.mstkerr, Cfsr.stkerr);
    }
    core.r[13] = frame | 0;
    if (derived && derived !== number) {
      if (this.#group(this.#configured(derived)) <= this.#group(this.#configured(number))) {
        // The derived exception comes first; the one that was to be entered stays pending (B1.5.11).
        this.pending[number] = 1;
        number = derived;
      } else this.pending[derived] = 1;
    } else if (derived === Exception.hardFault) throw new Lockup('a fault while the frame of a HardFault was stacked');
    core.r[14] = excReturnBase | (extended ? 0 : basicFrame) | (thread ? (onPsp ? 0xd : 9) : 1);
    if (onPsp) {
      const msp = core.otherSp;
      core.otherSp = core.r[13]!;
      core.r[13] = msp;
      core.control &= ~2;
    }
    core.spend(entryCycles);
    this.#take(this.#lateArrival(number));
  }

  /** What became pending while the registers were stacked comes first if it is more urgent; the other one waits (B1.5.10). */
  #lateArrival(number: number): number {
    this.core.scheduler.fireDue();
    const other = this.#mostUrgent();
    if (other === 0 || this.#group(this.#configured(other)) >= this.#group(this.#configured(number))) return number;
    this.pending[number] = 1;
    return other;
  }

  /** ExceptionTaken (B1.5.6): the handler's context, entered at its vector. */
  #take(number: number): void {
    const core = this.core;
    this.pending[number] = 0;
    this.active[number] = 1;
    core.ipsr = number;
    core.control &= ~fpcaBit;
    core.it = 0;
    core.exclusive = -1;
    core.eventRegister = true;
    core.contextChanged();
    this.#vector(number);
    this.#anyPending = true;
  }

  #vector(number: number): void {
    const core = this.core;
    let vector: number;
    try {
      vector = core.bus.load((core.system.vtor + 4 * number) >>> 0, 4);
    } catch {
      if (number === Exception.hardFault) throw new Lockup('the HardFault vector cannot be read');
      this.hfsr |= Hfsr.vecttbl;
      this.active[number] = 0;
      this.active[Exception.hardFault] = 1;
      core.ipsr = Exception.hardFault;
      core.contextChanged();
      this.#vector(Exception.hardFault);
      return;
    }
    core.thumb = (vector & 1) === 1;
    core.pc = (vector & ~1) >>> 0;
  }

  /** Notes a fault of stacking or unstacking and returns the exception that it raises. */
  #stackingFault(fault: CoreFault, memManage: number, bus: number): number {
    const kind = fault.exception;
    // Without access to the FPU its state cannot be stacked: NOCP.
    this.cfsr |= kind === Exception.memManage ? memManage : kind === Exception.busFault ? bus : fault.cfsr;
    return this.takeable(kind) ? kind : this.#escalated();
  }

  #escalated(): number {
    this.hfsr |= Hfsr.forced;
    return Exception.hardFault;
  }

  /** Whether a fault's own handler is enabled and may be entered now. */
  takeable(kind: number): boolean {
    const enabled = kind === Exception.debugMonitor ? this.enabled[kind]! : this.faultEnables & faultEnable[kind as keyof typeof faultEnable];
    return enabled !== 0 && this.#group(this.priority[kind]!) < this.executionPriority();
  }

  /** A synchronous fault of the instruction at `core.at`. Throws Lockup. */
  fault(fault: CoreFault): void {
    const core = this.core;
    this.cfsr |= fault.cfsr;
    if (fault.cfsr & Cfsr.mmarvalid) this.mmfar = fault.address;
    if (fault.cfsr & Cfsr.bfarvalid) this.bfar = fault.address;
    if (fault.exception === Exception.hardFault) {
      this.dfsr |= dfsrBreakpoint;
      if (this.takeable(Exception.debugMonitor)) {
        this.#enter(Exception.debugMonitor, core.at);
        return;
      }
      this.hfsr |= Hfsr.debugevt;
    }
    if (fault.exception !== Exception.hardFault && this.takeable(fault.exception)) {
      this.#enter(fault.exception, core.at);
      return;
    }
    if (this.executionPriority() <= -1) throw new Lockup(`a fault (CFSR 0x${this.cfsr.toString(16)}) at the priority of HardFault or above`);
    if (fault.exception !== Exception.hardFault) this.hfsr |= Hfsr.forced;
    this.#enter(Exception.hardFault, core.at);
  }

  /** SVC: an exception of its own priority, or HardFault where that is masked. */
  supervisorCall(): void {
    const core = this.core;
    if (this.#group(this.priority[Exception.svCall]!) < this.executionPriority()) {
      this.#enter(Exception.svCall, core.pc);
      return;
    }
    if (this.executionPriority() <= -1) throw new Lockup('SVC at the priority of HardFault or above');
    this.hfsr |= Hfsr.forced;
    this.#enter(Exception.hardFault, core.pc);
  }

  /** A data bus fault that CCR.BFHFNMIGN lets pass: it is told all the same. */
  noteIgnored(address: number): void {
    this.cfsr |= Cfsr.preciserr | Cfsr.bfarvalid;
    this.bfar = address;
  }

  /**
   * A store that nobody answered: reported later, without an address, as the chip does. An asynchronous BusFault is pended, or HardFault where its
   * handler is not enabled; it never leads to lock-up, but waits for a priority that lets it in (DUI 0646C 2.4.3).
   */
  impreciseBusFault(): void {
    this.cfsr |= Cfsr.impreciserr;
    if (this.faultEnables & 0x20000) this.pend(Exception.busFault);
    else {
      this.hfsr |= Hfsr.forced;
      this.pend(Exception.hardFault);
    }
  }

  // ---- return ----

  /** ExceptionReturn (B1.5.8). */
  returnFrom(excReturn: number): void {
    const core = this.core;
    const number = core.ipsr;
    const kind = excReturn & 0xf;
    const legal = (excReturn & ~0x1f) === (excReturnBase | 0) && (kind === 1 || kind === 9 || kind === 0xd);
    const extended = (excReturn & basicFrame) === 0;
    const toHandler = kind === 1;
    const nested = this.#activeCount() > 1;
    const inactive = !this.active[number];
    this.#deactivate(number);
    if (!legal || inactive || (!toHandler && nested && !(core.system.ccr & 1))) {
      this.#raiseOnReturn(this.#invalidReturn(), excReturn);
      return;
    }
    const next = this.#mostUrgent();
    if (next !== 0 && this.#group(this.#configured(next)) < this.executionPriority()) {
      this.#tailChain(next, excReturn);
      return;
    }
    const toPsp = kind === 0xd;
    const sp = toPsp ? core.otherSp : core.r[13]!;
    const words = new Int32Array(8);
    // The frame is read with the privilege and priority of the context that is returned to.
    core.ipsr = toHandler ? number : 0;
    core.contextChanged();
    try {
      for (let index = 0; index < 8; index += 1) words[index] = core.load32(sp + 4 * index);
      if (extended) core.fpu.leave(sp + frameBytes);
    } catch (error) {
      if (!(error instanceof CoreFault)) throw error;
      core.ipsr = number;
      this.#raiseOnReturn(this.#stackingFault(error, Cfsr.munstkerr, Cfsr.unstkerr), excReturn);
      return;
    }
    const xpsr = words[7]!;
    const restored = xpsr & 0x1ff;
    if (toHandler ? restored === 0 : restored !== 0) {
      core.ipsr = number;
      this.#raiseOnReturn(this.#invalidReturn(), excReturn);
      return;
    }
    [core.r[0], core.r[1], core.r[2], core.r[3], core.r[12], core.r[14]] = [words[0]!, words[1]!, words[2]!, words[3]!, words[4]!, words[5]!];
    const doubleWords = extended || (core.system.ccr & 0x200) !== 0;
    const restoredSp = ((sp + frameBytes + (extended ? extensionBytes : 0)) | (xpsr & 0x200 && doubleWords ? 4 : 0)) | 0;
    if (toPsp) {
      core.otherSp = core.r[13]!;
      core.control |= 2;
    }
    core.r[13] = restoredSp;
    core.control = (core.control & ~fpcaBit) | (extended ? fpcaBit : 0);
    core.pc = (words[6]! & ~1) >>> 0;
    core.apsr = xpsr;
    core.ge = (xpsr >>> 16) & 0xf;
    core.it = ((xpsr >>> 8) & 0xfc) | ((xpsr >>> 25) & 3);
    core.thumb = (xpsr & 0x1000000) !== 0;
    core.ipsr = restored;
    core.exclusive = -1;
    core.eventRegister = true;
    core.contextChanged();
    core.spend(entryCycles);
    this.priorityChanged();
    if (!toHandler && !nested && core.system.scr & 2) core.sleeping = 1;
  }

  /** INVPC: notes it and returns the exception that it raises. */
  #invalidReturn(): number {
    this.cfsr |= Cfsr.invpc;
    return this.takeable(Exception.usageFault) ? Exception.usageFault : this.#escalated();
  }

  /** A fault of the return itself: its handler finds the frame that was to be left. */
  #raiseOnReturn(number: number, excReturn: number): void {
    if (number === Exception.hardFault && this.executionPriority() <= -1) throw new Lockup('a fault on return from HardFault or NMI');
    this.#tailChain(number, excReturn);
  }

  /** Enters another exception with the frame that is already on the stack. */
  #tailChain(number: number, excReturn: number): void {
    this.core.r[14] = excReturn | 0;
    this.#take(number);
    this.core.spend(tailChainCycles);
  }

  #activeCount(): number {
    let count = 0;
    for (let number = 1; number < total; number += 1) count += this.active[number]!;
    return count;
  }

  #deactivate(number: number): void {
    this.active[number] = 0;
    if (number !== Exception.nmi) this.core.faultmask = 0;
    if (this.#level[number]) this.pending[number] = 1;
    this.#anyPending = true;
  }

  // ---- SHCSR ----

  get shcsr(): number {
    let value = this.faultEnables;
    for (const [bit, number] of shcsrActive) value |= this.active[number]! << bit;
    for (const [bit, number] of shcsrPended) value |= this.pending[number]! << bit;
    return value >>> 0;
  }

  set shcsr(value: number) {
    this.faultEnables = value & 0x70000;
    for (const [bit, number] of shcsrActive) this.active[number] = (value >>> bit) & 1;
    for (const [bit, number] of shcsrPended) this.pending[number] = (value >>> bit) & 1;
    this.priorityChanged();
  }
}
