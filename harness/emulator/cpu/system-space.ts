/** The private peripheral bus (0xE0000000–0xE00FFFFF): SCB, NVIC, MPU, FPU, SysTick, cache maintenance; the debug blocks in debug-space.ts. DDI 0403E B3, DDI 0489 (Cortex-M7 TRM). */
import { hex32, type Address } from '../../units/index.js';
import { UnmodelledAccess, type AccessWidth } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { savedPairs } from '../saved-state.js';
import type { Context } from './context.js';
import { irqCount, priorityMask } from './exceptions.js';
import { DebugSpace } from './debug-space.js';
import { Cfsr, CoreFault, Exception } from './faults.js';
import { MemoryControl } from './memory-control.js';
import { SysTick } from './systick.js';

/** Registers with a fixed value: identification of the Cortex-M7 r1p2 4-way 32 KB D cache, 2-way 32 KB I cache. */
const constants = new Map<number, number>([
  [0xe000e004, (irqCount >>> 5) - 1], // ICTR
  [0xe000ed00, 0x411fc272], // CPUID
  [0xe000ed40, 0x00000030], [0xe000ed44, 0x00000200], [0xe000ed48, 0x00100000], [0xe000ed4c, 0],
  [0xe000ed50, 0x00100030], [0xe000ed54, 0], [0xe000ed58, 0x01000000], [0xe000ed5c, 0],
  [0xe000ed60, 0x01101110], [0xe000ed64, 0x02112000], [0xe000ed68, 0x20232231], [0xe000ed6c, 0x01111131], [0xe000ed70, 0x01310132],
  [0xe000ed78, 0x09000003], // CLIDR
  [0xe000ed7c, 0x8303c003], // CTR
  [0xe000ef40, 0x10110221], [0xe000ef44, 0x12000011], [0xe000ef48, 0x00000040], // MVFR0–2
]);
const dataCacheSize = 0xf003e019;
const instructionCacheSize = 0xf007e009;

/** Registers that hold what is written, with the bits they have and their reset values. */
const storage = new Map<number, { mask: number; reset: number }>([
  [0xe000e008, { mask: 0x1fffffff, reset: 0 }], // ACTLR
  [0xe000ed84, { mask: 0xf, reset: 0 }], // CSSELR
]);
/** Cache and branch predictor maintenance: there is no cache here, so nothing to do. */
const maintenance = new Set([0xe000ef50, 0xe000ef58, 0xe000ef5c, 0xe000ef60, 0xe000ef64, 0xe000ef68, 0xe000ef6c, 0xe000ef70, 0xe000ef74, 0xe000ef78]);

/** USERSETMPEND to DIV_0_TRP, BFHFNMIGN, DC, IC. */
const ccrBits = 0x0003011b;
/** BP and STKALIGN always read as one on a Cortex-M7 (generic user guide, DUI 0646C 4.3.7). */
const ccrReset = 0x00040200;
const vectKey = 0x05fa0000;

export class SystemSpace {
  vtor = 0;
  ccr = ccrReset;
  scr = 0;
  readonly #values = new Map<number, number>();
  readonly sysTick: SysTick;
  readonly #debug: DebugSpace;
  readonly #memory: MemoryControl;

  constructor(
    private readonly core: Context,
    sysTickDivider: number,
  ) {
    this.sysTick = new SysTick(core, sysTickDivider);
    this.#debug = new DebugSpace(core);
    this.#memory = new MemoryControl(core.bus, core.options.tightlyCoupled);
  }

  reset(): void {
    this.vtor = 0;
    this.ccr = ccrReset;
    this.scr = 0;
    for (const [address, { reset }] of storage) this.#values.set(address, reset);
    this.#debug.reset();
    this.#memory.reset();
    this.sysTick.reset();
  }

  saved(): Saved {
    return {
      vtor: this.vtor,
      ccr: this.ccr,
      scr: this.scr,
      values: savedPairs(this.#values),
      sysTick: this.sysTick.saved(),
      debug: this.#debug.saved(),
      memory: this.#memory.saved(),
    };
  }

  restore(state: SavedReader): void {
    this.vtor = state.word('vtor');
    this.ccr = (state.word('ccr') & ccrBits) | ccrReset;
    this.scr = state.word('scr') & 0x16;
    for (const [address, value] of state.pairs('values', storage.size)) if (storage.has(address)) this.#values.set(address, value);
    this.sysTick.restore(state.child('sysTick'));
    this.#debug.restore(state.child('debug'));
    this.#memory.restore(state.child('memory'));
  }

  /** Notes where a store went that nobody answered (ABFSR). */
  asynchronousError(address: Address): void {
    this.#memory.asynchronousError(address);
  }

  // ---- access by width ----

  load(address: Address, width: AccessWidth, privileged: boolean): number {
    this.#guard(address, privileged);
    const word = this.#read((address & ~3) >>> 0);
    const shift = (address & 3) * 8;
    return width === 4 ? word >>> 0 : (word >>> shift) & (width === 2 ? 0xffff : 0xff);
  }

  store(address: Address, value: number, width: AccessWidth, privileged: boolean): void {
    this.#guard(address, privileged, address === 0xe000ef00);
    const aligned = (address & ~3) >>> 0;
    if (width === 4) {
      this.#write(aligned, value);
      return;
    }
    const shift = (address & 3) * 8;
    const mask = (width === 2 ? 0xffff : 0xff) << shift;
    // CFSR is cleared by ones: the other bytes must not be written back as they are.
    const rest = aligned === 0xe000ed28 ? 0 : this.#read(aligned) & ~mask;
    this.#write(aligned, (rest | ((value << shift) & mask)) >>> 0);
  }

  /** Unprivileged code reaches nothing here but STIR, and that only with CCR.USERSETMPEND (B3.1.1). */
  #guard(address: Address, privileged: boolean, stir = false): void {
    if (privileged || (stir && this.ccr & 2)) return;
    throw new CoreFault(Exception.busFault, Cfsr.preciserr | Cfsr.bfarvalid, address);
  }

  // ---- registers ----

  #read(address: Address): number {
    const constant = constants.get(address);
    if (constant !== undefined) return constant;
    const exceptions = this.core.exceptions;
    if (address >= 0xe000e100 && address < 0xe000e800) return this.#readNvic(address);
    if (address >= 0xe000ed90 && address < 0xe000edb8) return this.core.mpu.read(address - 0xe000ed90);
    switch (address) {
      case 0xe000e010: case 0xe000e014: case 0xe000e018: case 0xe000e01c:
        return this.sysTick.read(address - 0xe000e010);
      case 0xe000ed04:
        return this.#icsr();
      case 0xe000ed08:
        return this.vtor;
      case 0xe000ed0c:
        return (0xfa050000 | (exceptions.priorityGroup << 8)) >>> 0;
      case 0xe000ed10:
        return this.scr;
      case 0xe000ed14:
        return this.ccr;
      case 0xe000ed18: case 0xe000ed1c: case 0xe000ed20:
        return this.#systemPriorities(address);
      case 0xe000ed24:
        return exceptions.shcsr;
      case 0xe000ed28:
        return exceptions.cfsr >>> 0;
      case 0xe000ed2c:
        return exceptions.hfsr >>> 0;
      case 0xe000ed30:
        return exceptions.dfsr;
      case 0xe000ed3c:
        return 0; // AFSR
      case 0xe000ed34:
        return exceptions.mmfar;
      case 0xe000ed38:
        return exceptions.bfar;
      case 0xe000ed80:
        return this.#values.get(0xe000ed84)! & 1 ? instructionCacheSize : dataCacheSize;
      case 0xe000ed88:
        return this.core.fpu.cpacr;
      case 0xe000ef34:
        return this.core.fpu.fpccr;
      case 0xe000ef38:
        return this.core.fpu.fpcar;
      case 0xe000ef3c:
        return this.core.fpu.fpdscr;
      default:
        break;
    }
    const value = this.#values.get(address) ?? this.#memory.read(address) ?? this.#debug.read(address);
    if (value === undefined) throw new UnmodelledAccess(`system register ${hex32(address)}`, address);
    return value;
  }

  #write(address: Address, value: number): void {
    if (constants.has(address) || maintenance.has(address)) return;
    const exceptions = this.core.exceptions;
    if (address >= 0xe000e100 && address < 0xe000e800) {
      this.#writeNvic(address, value);
      return;
    }
    if (address >= 0xe000ed90 && address < 0xe000edb8) {
      this.core.mpu.write(address - 0xe000ed90, value);
      return;
    }
    switch (address) {
      case 0xe000e010: case 0xe000e014: case 0xe000e018: case 0xe000e01c:
        this.sysTick.write(address - 0xe000e010, value);
        return;
      case 0xe000ed04:
        if (value & 0x80000000) exceptions.pend(Exception.nmi);
        if (value & 0x10000000) exceptions.pend(Exception.pendSv);
        else if (value & 0x08000000) exceptions.unpend(Exception.pendSv);
        if (value & 0x04000000) exceptions.pend(Exception.sysTick);
        else if (value & 0x02000000) exceptions.unpend(Exception.sysTick);
        return;
      case 0xe000ed08:
        this.vtor = (value & 0xffffff80) >>> 0;
        return;
      case 0xe000ed0c:
        this.#aircr(value);
        return;
      case 0xe000ed10:
        this.scr = value & 0x16;
        return;
      case 0xe000ed14:
        this.ccr = (value & ccrBits) | ccrReset;
        this.core.attention();
        return;
      case 0xe000ed18: case 0xe000ed1c: case 0xe000ed20:
        this.#setSystemPriorities(address, value);
        return;
      case 0xe000ed24:
        exceptions.shcsr = value;
        return;
      case 0xe000ed28:
        exceptions.cfsr &= ~value;
        return;
      case 0xe000ed2c:
        exceptions.hfsr &= ~value;
        return;
      case 0xe000ed30:
        exceptions.dfsr &= ~value;
        return;
      case 0xe000ed3c: case 0xe000ed80:
        return;
      case 0xe000ed34:
        exceptions.mmfar = value;
        return;
      case 0xe000ed38:
        exceptions.bfar = value;
        return;
      case 0xe000ed88:
        this.core.fpu.cpacr = value;
        return;
      case 0xe000ef34:
        this.core.fpu.fpccr = value;
        return;
      case 0xe000ef38:
        this.core.fpu.fpcar = (value & ~7) >>> 0;
        return;
      case 0xe000ef3c:
        this.core.fpu.fpdscr = value;
        return;
      case 0xe000ef00:
        if ((value & 0x1ff) < irqCount) exceptions.pend(Exception.irq0 + (value & 0x1ff));
        return;
      default:
        break;
    }
    const register = storage.get(address);
    if (register) this.#values.set(address, (value & register.mask) >>> 0);
    else if (!this.#memory.write(address, value) && !this.#debug.write(address, value)) throw new UnmodelledAccess(`system register ${hex32(address)}`, address);
  }

  // ---- parts ----

  #icsr(): number {
    const { exceptions, ipsr } = this.core;
    const flags = (exceptions.pending[Exception.nmi]! << 31) | (exceptions.pending[Exception.pendSv]! << 28) | (exceptions.pending[Exception.sysTick]! << 26);
    const irqPending = exceptions.pending.subarray(Exception.irq0).includes(1) ? 1 << 22 : 0;
    let others = 0;
    for (let number = 1; number < exceptions.active.length; number += 1) if (exceptions.active[number] && number !== ipsr) others += 1;
    return (flags | irqPending | (exceptions.vectorPending << 12) | (others === 0 ? 1 << 11 : 0) | ipsr) >>> 0;
  }

  #aircr(value: number): void {
    if ((value & 0xffff0000) >>> 0 !== vectKey) return;
    this.core.exceptions.priorityGroup = (value >>> 8) & 7;
    this.core.exceptions.priorityChanged();
    if (value & 4) {
      this.core.resetRequest = 'system';
      this.core.attention();
    }
  }

  #systemPriorities(address: Address): number {
    const first = address - 0xe000ed18 + 4;
    const priority = this.core.exceptions.priority;
    return (priority[first]! | (priority[first + 1]! << 8) | (priority[first + 2]! << 16) | (priority[first + 3]! << 24)) >>> 0;
  }

  #setSystemPriorities(address: Address, value: number): void {
    const first = address - 0xe000ed18 + 4;
    for (let index = 0; index < 4; index += 1) this.core.exceptions.priority[first + index] = (value >>> (8 * index)) & priorityMask;
    this.core.exceptions.priorityChanged();
  }

  #readNvic(address: Address): number {
    const { enabled, pending, active, priority } = this.core.exceptions;
    const bank = (address & 0xfff) >>> 7;
    const first = Exception.irq0 + (address & 0x7c) * 8;
    const bits = (source: Uint8Array): number => {
      let value = 0;
      for (let bit = 0; bit < 32; bit += 1) value |= (source[first + bit] ?? 0) << bit;
      return value >>> 0;
    };
    if (bank === 2 || bank === 3) return bits(enabled);
    if (bank === 4 || bank === 5) return bits(pending);
    if (bank === 6) return bits(active);
    if (address < 0xe000e400) return 0;
    const irq = Exception.irq0 + (address - 0xe000e400);
    return ((priority[irq] ?? 0) | ((priority[irq + 1] ?? 0) << 8) | ((priority[irq + 2] ?? 0) << 16) | ((priority[irq + 3] ?? 0) << 24)) >>> 0;
  }

  #enable(number: number, address: Address): void {
    const lacking = this.core.options.unmodelledInterrupts?.get(number - Exception.irq0);
    if (lacking !== undefined) throw new UnmodelledAccess(lacking, address);
    this.core.exceptions.enabled[number] = 1;
  }

  #writeNvic(address: Address, value: number): void {
    const exceptions = this.core.exceptions;
    const bank = (address & 0xfff) >>> 7;
    const first = Exception.irq0 + (address & 0x7c) * 8;
    const last = Exception.irq0 + irqCount;
    if (address >= 0xe000e400) {
      const irq = Exception.irq0 + (address - 0xe000e400);
      for (let index = 0; index < 4 && irq + index < last; index += 1) exceptions.priority[irq + index] = (value >>> (8 * index)) & priorityMask;
    } else {
      for (let bit = 0; bit < 32 && first + bit < last; bit += 1) {
        if (!((value >>> bit) & 1)) continue;
        if (bank === 2) this.#enable(first + bit, address);
        else if (bank === 3) exceptions.enabled[first + bit] = 0;
        else if (bank === 4) exceptions.pend(first + bit);
        else if (bank === 5) exceptions.unpend(first + bit);
      }
    }
    exceptions.priorityChanged();
  }
}
