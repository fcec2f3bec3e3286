/** What the parts of the core see of each other. Instructions, exceptions and system registers work on this; `Core` provides it. */
import type { Address } from '../../units/index.js';
import type { Bus } from '../bus.js';
import type { AccessWidth, ResetCause, Scheduler } from '../ports.js';
import type { FloatState } from './float-state.js';
import type { TightlyCoupledMemories } from './memory-control.js';
import type { Mpu } from './mpu.js';
import type { TranslateOptions } from './translate/options.js';

export interface CoreOptions {
  /** Store bus faults: `imprecise` as on the chip (CFSR.IMPRECISERR, no BFAR), `precise` for comparison with other models. */
  readonly busFaults?: 'precise' | 'imprecise';
  /** BKPT is offered to this first; true: handled, go on behind it (semihosting). */
  readonly onBreakpoint?: (core: Context, immediate: number) => boolean;
  /** Translation of hot code; false: everything is interpreted. Default: translated where the host can. */
  readonly translate?: boolean | TranslateOptions;
  /** SysTick's reference clock: core cycles per tick (STM32: HCLK / 8). */
  readonly sysTickDivider?: number;
  /** The TCMs of the core; without them its ITCMCR and DTCMCR read 0. */
  readonly tightlyCoupled?: TightlyCoupledMemories;
  /** Interrupts that the model never raises although the chip does: enabling one ends the run with this name. */
  readonly unmodelledInterrupts?: ReadonlyMap<number, string>;
}

/** Registers and state that instructions change. */
export interface CoreState {
  /** R0–R12, SP (the current one), LR; element 15 is not used. */
  readonly r: Int32Array;
  /** Address of the next instruction. */
  pc: Address;
  /** Address of the instruction that executes. */
  at: Address;
  /** APSR as values: N is `nf < 0`, Z is `zf === 0`; the others are 0 or 1; GE has four bits. */
  nf: number;
  zf: number;
  cf: number;
  vf: number;
  qf: number;
  ge: number;
  /** ITSTATE, 0 outside an IT block. */
  it: number;
  /** EPSR.T: clear only after a branch to an even address. */
  thumb: boolean;
  primask: number;
  faultmask: number;
  basepri: number;
  /** CONTROL: nPRIV bit 0, SPSEL bit 1, FPCA bit 2. */
  control: number;
  /** IPSR: 0 in thread mode. */
  ipsr: number;
  /** The stack pointer that is not in use. */
  otherSp: number;
  /** Address of the exclusive monitor's open access, -1 when none is open. */
  exclusive: number;
  /** 0 awake, 1 in WFI, 2 in WFE. */
  sleeping: number;
  eventRegister: boolean;
  /** Set when a reset was asked for. */
  resetRequest: ResetCause | undefined;
  exitCode: number | undefined;
}

export interface Context extends CoreState {
  readonly bus: Bus;
  readonly mpu: Mpu;
  readonly fpu: FloatState;
  readonly scheduler: Scheduler & { fireDue(): void };
  readonly options: CoreOptions;
  readonly exceptions: ExceptionState;
  readonly system: SystemState;
  readonly privileged: boolean;
  /** How often a backward branch or a call is passed before `hot` is told; 0: never. */
  readonly hotThreshold: number;
  hot(at: Address): number;
  /** Cycles since power-on. */
  readonly cycles: number;
  /** Instructions executed since power-on. */
  readonly instructions: number;
  readonly xpsr: number;
  /** N, Z, C, V, Q from bits 31–27. */
  apsr: number;
  load32(address: number): number;
  load16(address: number): number;
  load8(address: number): number;
  store32(address: number, value: number): void;
  store16(address: number, value: number): void;
  store8(address: number, value: number): void;
  /** A word of an exception frame. */
  stack32(address: number, value: number): void;
  /** A word of the FPU's state, stored for the context that was interrupted. */
  stackLazily(address: Address, value: number, privileged: boolean, negativePriority: boolean): void;
  loadSlowly(address: Address, width: AccessWidth, privileged?: boolean): number;
  storeSlowly(address: Address, value: number, width: AccessWidth, privileged?: boolean): void;
  alignedOnly(address: number): void;
  fetch(address: Address): number;
  branchExchange(target: number): void;
  /** Ends the running slice after this instruction. */
  attention(): void;
  contextChanged(): void;
  /** Cycles spent on something other than an instruction. */
  spend(cycles: number): void;
}

/** Exceptions as instructions and the system registers see them. */
export interface ExceptionState {
  readonly pending: Uint8Array;
  readonly active: Uint8Array;
  readonly enabled: Uint8Array;
  readonly priority: Uint8Array;
  priorityGroup: number;
  cfsr: number;
  hfsr: number;
  dfsr: number;
  mmfar: number;
  bfar: number;
  shcsr: number;
  readonly vectorPending: number;
  pend(number: number): void;
  unpend(number: number): void;
  priorityChanged(): void;
  maskChanged(): void;
  executionPriority(): number;
  /** Whether a fault's own handler is enabled and may be entered now. */
  takeable(exception: number): boolean;
  canTakePending(): boolean;
  supervisorCall(): void;
  returnFrom(excReturn: number): void;
}

/** System registers that decide how instructions behave. */
export interface SystemState {
  vtor: number;
  ccr: number;
  scr: number;
  load(address: Address, width: AccessWidth, privileged: boolean): number;
}

/** Executes one instruction; what the operands mean is the handler's own affair. */
export type Handler = (core: Context, a: number, b: number, c: number) => void;
