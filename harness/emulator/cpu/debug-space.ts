/**
 * Debug blocks of the core as software without a debugger meets them (DDI 0403E C1): ITM, DWT, FPB, TPIU and the debug
 * registers of the SCS. Counting cycles and pending the DebugMonitor work; trace goes nowhere; what would stop the core at an
 * address (FPB and DWT comparators, single steps of the monitor) ends the run.
 */
import type { Address } from '../../units/index.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { savedPairs } from '../saved-state.js';
import type { Context } from './context.js';
import { Exception } from './faults.js';

interface Register {
  readonly mask: number;
  readonly reset: number;
}

const rows = (first: Address, step: number, count: number, mask: number): [Address, Register][] =>
  Array.from({ length: count }, (_, index) => [first + step * index, { mask, reset: 0 }]);

const itmTraceEnable = 0xe0000e00;
const itmTraceControl = 0xe0000e80;
const dwtControl = 0xe0001000;
const dwtCycleCount = 0xe0001004;
const fpbControl = 0xe0002000;
const dhcsr = 0xe000edf0;
const demcr = 0xe000edfc;
const fpbComparators = rows(0xe0002008, 4, 8, 0xffffffff);
const dwtFunctions = rows(0xe0001028, 0x10, 4, 0x0000ffff);

/** Registers that hold what is written. */
const storage = new Map<Address, Register>([
  [itmTraceEnable, { mask: 0xffffffff, reset: 0 }],
  [0xe0000e40, { mask: 0xf, reset: 0 }], // ITM_TPR
  [itmTraceControl, { mask: 0x007f0f1f, reset: 0 }],
  [dwtControl, { mask: 0x0fff1fff, reset: 0x40000000 }],
  ...rows(0xe0001008, 4, 5, 0xff), // CPICNT, EXCCNT, SLEEPCNT, LSUCNT, FOLDCNT: they do not count here
  ...rows(0xe0001020, 0x10, 4, 0xffffffff), // COMP
  ...rows(0xe0001024, 0x10, 4, 0x1f), // MASK
  ...dwtFunctions,
  [fpbControl, { mask: 1, reset: 0 }],
  [0xe0002004, { mask: 0x3fffffe0, reset: 0 }], // FP_REMAP
  ...fpbComparators,
  [0xe0040004, { mask: 0xf, reset: 1 }], // TPIU_CSPSR
  [0xe0040010, { mask: 0x1fff, reset: 0 }], // TPIU_ACPR
  [0xe00400f0, { mask: 3, reset: 1 }], // TPIU_SPPR
  [0xe0040304, { mask: 0x142, reset: 0x102 }], // TPIU_FFCR
  [0xe000edf8, { mask: 0xffffffff, reset: 0 }], // DCRDR
  [demcr, { mask: 0x010d07f1, reset: 0 }],
]);

/** Read only. */
const constants = new Map<Address, number>([
  [0xe0000fb4, 0], [0xe0001fb4, 0], [0xe0002fb4, 0], // lock status: no lock
  [0xe000101c, 0xffffffff], // DWT_PCSR
  [0xe0040000, 0xf], [0xe0040300, 8], // TPIU_SSPSR, TPIU_FFSR
  [dhcsr, 0x00010000], // S_REGRDY; no debugger
]);
/** Lock access registers, and DCRSR, which without a debugger selects nothing. */
const ignored = new Set<Address>([0xe0000fb0, 0xe0001fb0, 0xe0002fb0, 0xe000edf4]);

const Demcr = { enable: 1 << 16, pend: 1 << 17, step: 1 << 18, trace: 1 << 24 } as const;
/** FPB version 2 with eight comparators. */
const fpbIdentity = 0x10000080;

export class DebugSpace {
  readonly #values = new Map<Address, number>();
  #cycleBase = 0;
  #cycleStopped = 0;

  constructor(private readonly core: Context) {}

  reset(): void {
    for (const [address, { reset }] of storage) this.#values.set(address, reset);
    this.#cycleBase = this.core.cycles;
    this.#cycleStopped = 0;
    this.#enableMonitor();
  }

  saved(): Saved {
    return { values: savedPairs(this.#values), cycleBase: this.#cycleBase, cycleStopped: this.#cycleStopped };
  }

  restore(state: SavedReader): void {
    for (const [address, value] of state.pairs('values', storage.size)) if (storage.has(address)) this.#values.set(address, value);
    this.#cycleBase = state.integer('cycleBase', -0x100000000);
    this.#cycleStopped = state.integer('cycleStopped', 0, 0xffffffff);
    this.#enableMonitor();
  }

  /** A word, or undefined where none of the blocks has a register. */
  read(address: Address): number | undefined {
    if (address < 0xe0000100) return this.#stimulus(address);
    if (ignored.has(address)) return 0;
    if (address === dwtCycleCount) return this.#cycleCount();
    const value = constants.get(address) ?? this.#values.get(address);
    if (address === fpbControl) return fpbIdentity | value!;
    if (address === demcr) return value! | (this.core.exceptions.pending[Exception.debugMonitor]! ? Demcr.pend : 0);
    return value;
  }

  /** False where none of the blocks has a register. */
  write(address: Address, value: number): boolean {
    // Stimulus ports: the trace has no reader.
    if (address < 0xe0000100 || ignored.has(address) || constants.has(address)) return true;
    if (address === dwtCycleCount) {
      this.#cycleBase = this.core.cycles - value;
      this.#cycleStopped = value;
      return true;
    }
    const register = storage.get(address);
    if (register === undefined) return false;
    // FP_CTRL changes with its key only.
    if (address === fpbControl && !(value & 2)) return true;
    this.#refuseStops(address, value);
    const counted = this.#counting();
    const frozen = this.#cycleCount();
    this.#values.set(address, (value & register.mask) >>> 0);
    if (address === demcr) this.#monitor(value);
    if (counted !== this.#counting()) {
      if (counted) this.#cycleStopped = frozen;
      else this.#cycleBase = this.core.cycles - this.#cycleStopped;
    }
    return true;
  }

  #stimulus(address: Address): number {
    const port = (address & 0xff) >>> 2;
    return this.#values.get(itmTraceControl)! & 1 && (this.#values.get(itmTraceEnable)! >>> port) & 1 ? 1 : 0;
  }

  /** Whatever would interrupt the program at an address or step by step. */
  #refuseStops(address: Address, value: number): void {
    const isComparator = fpbComparators.some(([register]) => register === address);
    if (isComparator && value & 1 && this.#values.get(fpbControl)! & 1) throw new UnmodelledAccess('FPB comparator', address);
    if (address === fpbControl && value & 1 && fpbComparators.some(([register]) => this.#values.get(register)! & 1)) throw new UnmodelledAccess('FPB comparator', address);
    if (value & 0xf && dwtFunctions.some(([register]) => register === address)) throw new UnmodelledAccess('DWT comparator', address);
    if (address === demcr && value & Demcr.step) throw new UnmodelledAccess('DEMCR.MON_STEP', address);
  }

  #monitor(value: number): void {
    const { exceptions } = this.core;
    this.#enableMonitor();
    if (value & Demcr.pend) exceptions.pend(Exception.debugMonitor);
    else exceptions.unpend(Exception.debugMonitor);
    exceptions.priorityChanged();
  }

  #enableMonitor(): void {
    this.core.exceptions.enabled[Exception.debugMonitor] = this.#values.get(demcr)! & Demcr.enable ? 1 : 0;
  }

  #counting(): boolean {
    return (this.#values.get(dwtControl)! & 1) !== 0 && (this.#values.get(demcr)! & Demcr.trace) !== 0;
  }

  #cycleCount(): number {
    return this.#counting() ? (this.core.cycles - this.#cycleBase) % 0x100000000 >>> 0 : this.#cycleStopped >>> 0;
  }
}
