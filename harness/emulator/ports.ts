/**
 * The seams inside the emulator: what a block of the chip offers to the bus, and what the core offers to a block.
 * A block is one peripheral of the reference manual and stands in one file of `stm32h7rs/`.
 */
import type { Address, ByteCount } from '../units/index.js';
import type { Saved, SavedReader } from './saved-state.js';

/** Bytes of one bus access. */
export type AccessWidth = 1 | 2 | 4;

/** `power-on` forgets every RAM; `pin` (NRST) and `system` (SYSRESETREQ) and the watchdogs (IWDG, WWDG) keep what the chip keeps. */
export type ResetCause = 'power-on' | 'pin' | 'system' | 'watchdog' | 'window-watchdog';

/** A memory-mapped block. Offsets count from `base`; values are unsigned 32-bit numbers (`>>> 0`). */
export interface Block {
  /** ST's name in the device header: `UART4`, `RAMECC1`. */
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  read(offset: ByteCount, width: AccessWidth): number;
  write(offset: ByteCount, value: number, width: AccessWidth): void;
  /** Back to the reset values of the reference manual. */
  reset(cause: ResetCause): void;
  /** The block's bus clock came or went: what goes on inside goes on, or stands still. */
  clockSwitched?(): void;
  /** Whether something goes on inside by the bus clock, so that a program would see it stop. */
  readonly active?: boolean;
  /** Everything that the block is made of now. */
  saved(): Saved;
  /** Back to such a state; board time, the clocks and the interrupt lines have been restored before. Throws HarnessError `snapshot`. */
  restore(state: SavedReader): void;
}

/** A RAM or ROM of the chip or board, visible at `base`. `bytes` is a view into the emulator's one backing store. */
export interface MemoryBank {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  readonly bytes: Uint8Array;
  readonly writable: boolean;
  /** Not writable, and a store is lost instead of being answered with a bus error. */
  readonly ignoresStores?: true;
}

/** Sees every access to a watched bank (ECC monitors): the slow path, installed only while it is needed. */
export interface BankWatcher {
  /** Called instead of a plain load; returns the value that the bus master gets. */
  load(offset: ByteCount, width: AccessWidth): number;
  /** Called instead of a plain store. */
  store(offset: ByteCount, value: number, width: AccessWidth): void;
}

/** Board time, counted in core cycles since power-on: one cycle per executed instruction (a model choice). */
export interface Scheduler {
  /** Cycles since power-on; an integer below 2^53. */
  readonly now: number;
  /** Calls back at the first instruction boundary at or after `cycle`. Returns a handle for `cancel`. */
  at(cycle: number, callback: () => void): number;
  cancel(handle: number): void;
  /** When an event that has not come yet will; undefined for one that is over. */
  cycleOf(handle: number): number | undefined;
}

/** The NVIC's inputs. `irq` is ST's IRQn (UART4 85, RAMECC 9). */
export interface InterruptLines {
  /** Level of a block's request: pending as long as it is active and not masked. */
  setLevel(irq: number, active: boolean): void;
}

/** What every block of the chip is built with. */
export interface BlockPorts {
  readonly scheduler: Scheduler;
  readonly interrupts: InterruptLines;
  /** Asks for a reset of the whole chip at the end of the current instruction. */
  requestReset(cause: ResetCause): void;
}

/** Thrown by a block or the core when software reaches something the chip has and this model lacks: the run stops with its name. */
export class UnmodelledAccess extends Error {
  constructor(
    /** `UART4 +0x14 (RTOR)`, `XSPI1`, or an instruction: `VADD.F64`. */
    readonly what: string,
    readonly address: Address,
  ) {
    super(`${what} is not modelled`);
    this.name = 'UnmodelledAccess';
  }
}

/** Thrown by a block for an access that the bus answers with an error (reserved address inside a block). */
export class BusError extends Error {
  constructor(readonly address: Address) {
    super('bus error');
    this.name = 'BusError';
  }
}

/** Why `run` came back. */
export type StopReason =
  | { readonly kind: 'budget' }
  /**
   * The core sleeps (WFI or WFE). `until` is the cycle of the next scheduled event, undefined where only input from
   * outside can wake it. The caller skips to that cycle, paces to it by the wall clock, or waits for input.
   */
  | { readonly kind: 'idle'; readonly until: number | undefined }
  /** SYSRESETREQ, watchdog: the chip is to be reset by the caller (the root of trust runs first). */
  | { readonly kind: 'reset'; readonly cause: ResetCause }
  | { readonly kind: 'lockup'; readonly pc: Address; readonly why: string }
  | { readonly kind: 'unmodelled'; readonly pc: Address; readonly what: string; readonly address: Address }
  /** Semihosting exit (bare core only). */
  | { readonly kind: 'exit'; readonly code: number };
