/** Registers of the FPU and what stands before every one of its instructions: access, lazy stacking, a new context (DDI 0403E B1.5.7, A2.5). */
import type { Saved, SavedReader } from '../saved-state.js';
import type { Context } from './context.js';
import { Cfsr, CoreFault, Exception, Hfsr, InstructionAbandoned, Lockup } from './faults.js';
import { Fpscr } from './float-format.js';
import { scratch, type FloatState } from './float-state.js';

/** Bits of FPCCR (B3.2.21). */
const Fpccr = {
  lspact: 1, user: 2, thread: 8, hfrdy: 0x10, mmrdy: 0x20, bfrdy: 0x40, monrdy: 0x100, lspen: 0x40000000, aspen: 0x80000000 | 0,
} as const;
const fpccrBits = 0xc000017b | 0;
/** CONTROL.FPCA: this context has used the FPU. */
export const fpcaBit = 4;
const fpscrBits = 0xf7c0009f | 0;
/** What FPDSCR gives to a new context: AHP, DN, FZ, RMode. */
const contextModes = Fpscr.ahp | Fpscr.dn | Fpscr.fz | Fpscr.roundingMode;
/** Single-precision registers. */
const registers = 32;
/** Single-precision registers of a frame; FPSCR stands behind them. */
const stackedRegisters = 16;
/** Bytes that the extended frame has beside the basic one: S0–S15, FPSCR and a reserved word. */
export const extensionBytes = 0x48;

export class FloatUnit implements FloatState {
  readonly words: Int32Array;
  readonly singles: Float32Array;
  readonly doubles: Float64Array;
  readonly bits32: Uint32Array;
  readonly bits64: BigUint64Array;
  fpscr = 0;
  #cpacr = 0;
  #fpccr: number = Fpccr.aspen | Fpccr.lspen;
  fpcar = 0;
  #fpdscr = 0;
  ready = false;

  /** The registers lie in `buffer` from `at` on. */
  constructor(
    private readonly core: Context,
    buffer: ArrayBuffer,
    at: number,
  ) {
    const size = 2 * scratch.double + 2;
    this.words = new Int32Array(buffer, at, size);
    this.singles = new Float32Array(buffer, at, size);
    this.doubles = new Float64Array(buffer, at, size / 2);
    this.bits32 = new Uint32Array(buffer, at, size);
    this.bits64 = new BigUint64Array(buffer, at, size / 2);
  }

  reset(): void {
    this.words.fill(0);
    this.fpscr = this.#cpacr = this.fpcar = this.#fpdscr = 0;
    this.#fpccr = Fpccr.aspen | Fpccr.lspen;
    this.ready = false;
  }

  saved(): Saved {
    return { words: [...this.words.subarray(0, registers)], fpscr: this.fpscr >>> 0, cpacr: this.#cpacr >>> 0, fpccr: this.#fpccr >>> 0, fpcar: this.fpcar >>> 0, fpdscr: this.#fpdscr >>> 0 };
  }

  restore(state: SavedReader): void {
    this.words.set(state.numbers('words', { exactly: registers }, -0x80000000, 0x7fffffff));
    this.fpscr = state.word('fpscr') & fpscrBits;
    this.cpacr = state.word('cpacr');
    this.fpccr = state.word('fpccr');
    this.fpcar = state.word('fpcar');
    this.fpdscr = state.word('fpdscr');
  }

  // ---- registers of the system space ----

  get cpacr(): number {
    return this.#cpacr;
  }

  /** CP10 and CP11 only; the field of CP10 decides for both. */
  set cpacr(value: number) {
    this.#cpacr = value & 0x00f00000;
    this.ready = false;
  }

  get fpccr(): number {
    return this.#fpccr >>> 0;
  }

  set fpccr(value: number) {
    this.#fpccr = value & fpccrBits;
    this.ready = false;
  }

  get fpdscr(): number {
    return this.#fpdscr;
  }

  set fpdscr(value: number) {
    this.#fpdscr = value & contextModes;
  }

  setStatus(value: number): void {
    this.fpscr = value & fpscrBits;
  }

  get #lazy(): boolean {
    return (this.#fpccr & Fpccr.lspact) !== 0;
  }

  // ---- before an instruction ----

  requireAccess(): void {
    const access = (this.#cpacr >>> 20) & 3;
    if (access !== 3 && !(access === 1 && this.core.privileged)) throw new CoreFault(Exception.usageFault, Cfsr.nocp);
  }

  prepare(): void {
    this.requireAccess();
    if (this.#lazy) this.#preserve();
    if (this.#fpccr & Fpccr.aspen && !(this.core.control & fpcaBit)) {
      this.core.control |= fpcaBit;
      this.fpscr = (this.fpscr & ~contextModes) | this.#fpdscr;
    }
    // Where only privileged code may use the FPU every instruction is looked at.
    this.ready = ((this.#cpacr >>> 20) & 3) === 3;
  }

  /** PreserveFPState: what exception entry only made room for. A fault is the interrupted context's, not the instruction's. */
  #preserve(): void {
    const privileged = !(this.#fpccr & Fpccr.user);
    const negative = !(this.#fpccr & Fpccr.hfrdy);
    try {
      this.#storeFrame((address, value) => this.core.stackLazily(address, value, privileged, negative), this.fpcar);
    } catch (error) {
      if (!(error instanceof CoreFault)) throw error;
      if (this.#preserveFault(error)) throw new InstructionAbandoned();
    }
    this.#fpccr &= ~Fpccr.lspact;
  }

  /** Pends the exception of a fault in lazy stacking; true where it is taken before the instruction. */
  #preserveFault(fault: CoreFault): boolean {
    const { exceptions } = this.core;
    const memory = fault.exception === Exception.memManage;
    exceptions.cfsr |= memory ? Cfsr.mlsperr : Cfsr.lsperr;
    if (this.#fpccr & (memory ? Fpccr.mmrdy : Fpccr.bfrdy)) exceptions.pend(fault.exception);
    else {
      if (!(this.#fpccr & Fpccr.hfrdy)) throw new Lockup('a fault in the lazy stacking of a HardFault handler');
      exceptions.hfsr |= Hfsr.forced;
      exceptions.pend(Exception.hardFault);
    }
    return exceptions.canTakePending();
  }

  #storeFrame(store: (address: number, value: number) => void, frame: number): void {
    for (let index = 0; index < stackedRegisters; index += 1) store((frame + 4 * index) >>> 0, this.words[index]!);
    store((frame + 4 * stackedRegisters) >>> 0, this.fpscr);
  }

  // ---- exception entry and return ----

  enter(extension: number): void {
    if (this.#fpccr & Fpccr.lspen) {
      this.#note(extension);
      return;
    }
    this.requireAccess();
    this.#storeFrame((address, value) => this.core.stack32(address, value), extension);
  }

  /** UpdateFPCCR: where to store, as whom, and which exceptions a fault may raise. */
  #note(extension: number): void {
    const { core } = this;
    const { exceptions } = core;
    this.fpcar = (extension & ~7) >>> 0;
    let value = (this.#fpccr & (Fpccr.aspen | Fpccr.lspen)) | Fpccr.lspact;
    if (!core.privileged) value |= Fpccr.user;
    if (core.ipsr === 0) value |= Fpccr.thread;
    if (exceptions.executionPriority() > -1) value |= Fpccr.hfrdy;
    if (exceptions.takeable(Exception.memManage)) value |= Fpccr.mmrdy;
    if (exceptions.takeable(Exception.busFault)) value |= Fpccr.bfrdy;
    if (exceptions.takeable(Exception.debugMonitor)) value |= Fpccr.monrdy;
    this.#fpccr = value;
  }

  leave(extension: number): void {
    if (this.#lazy) {
      this.#fpccr &= ~Fpccr.lspact;
      return;
    }
    this.requireAccess();
    const loaded = new Int32Array(stackedRegisters + 1);
    for (let index = 0; index <= stackedRegisters; index += 1) loaded[index] = this.core.load32(extension + 4 * index);
    this.words.set(loaded.subarray(0, stackedRegisters));
    this.setStatus(loaded[stackedRegisters]!);
  }
}
