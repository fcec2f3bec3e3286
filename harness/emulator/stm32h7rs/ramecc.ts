import type { BankWatcher, BlockPorts, MemoryBank, ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { BankName } from './memories.js';
import { eccCode } from './ecc-code.js';
import type { EccObserver } from './ecc-memory.js';
import { EccMemory } from './ecc-memory.js';
import type { Register } from './register-block.js';
import { RegisterBlock } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, RAMECC_TypeDef and RAMECC_MonitorTypeDef; bits 17:16 of CR:
// NUCLEO-H7S3L8 RAMECC_ErrorCount/Appli/Src/main.c; which monitor watches which RAM: OEMiROT_Boot/Src/low_level_ramecc.c.
const irq = 9;
const cr = { ECCSEIE: 1 << 2, ECCDEIE: 1 << 3, ECCDEBWIE: 1 << 4, ECCELEN: 1 << 5, bypass: 3 << 16 } as const;
const bypassEccUpdate = 2 << 16;
const sr = { SEDCF: 1, DEDF: 2, DEBWDF: 4 } as const;
const ier = { GIE: 1, GECCSEIE: 2, GECCDEIE: 4, GECCDEBWIE: 8 } as const;
const flagOf = { single: sr.SEDCF, double: sr.DEDF, 'double-on-write': sr.DEBWDF } as const;
const at = { CR: 0x00, SR: 0x04, FAR: 0x08, FDRL: 0x0c, FDRH: 0x10, FECR: 0x14 } as const;

interface MonitorPlan {
  readonly unit: 1 | 2;
  readonly monitor: number;
}

interface MemoryPlan {
  readonly bank: BankName;
  readonly wordBytes: 4 | 8;
  /** Monitors that share the bank, word by word in turn. */
  readonly monitors: readonly MonitorPlan[];
  /** Only with the option bit ECC_ON_SRAM; the others always have ECC (`unverified:`). */
  readonly optional: boolean;
}

/** `unverified:` DTCM0 and DTCM1 as the even and odd 32-bit words of DTCM; the word size of the backup RAM. */
const plan: readonly MemoryPlan[] = [
  { bank: 'AXI SRAM1', wordBytes: 8, monitors: [{ unit: 1, monitor: 0 }], optional: true },
  { bank: 'ITCM', wordBytes: 8, monitors: [{ unit: 1, monitor: 1 }], optional: false },
  { bank: 'DTCM', wordBytes: 4, monitors: [{ unit: 1, monitor: 2 }, { unit: 1, monitor: 3 }], optional: false },
  { bank: 'AXI SRAM3', wordBytes: 8, monitors: [{ unit: 1, monitor: 4 }], optional: true },
  { bank: 'BKPSRAM', wordBytes: 4, monitors: [{ unit: 2, monitor: 1 }], optional: false },
];

export interface RameccOptions {
  bank(name: BankName): MemoryBank;
  /** Puts a watcher on a bank or takes it away. */
  watch(bank: MemoryBank, watcher: BankWatcher | undefined): void;
  /** The ECC_ON_SRAM option bit. */
  eccOnSram(): boolean;
}

/** The two RAM ECC units with their memories. */
export class Ramecc {
  readonly blocks: readonly RegisterBlock[];
  readonly #units: { readonly 1: RameccUnit; readonly 2: RameccUnit };
  readonly #memories = new Map<BankName, EccMemory>();

  constructor(ports: BlockPorts, options: RameccOptions) {
    const changed = (): void => {
      ports.interrupts.setLevel(irq, this.#units[1].requesting || this.#units[2].requesting);
    };
    // Before a monitor's register is read or written, and after a write that may have switched injection on or off.
    const settle = (): void => this.#memories.forEach((memory) => memory.settle());
    const rewatch = (): void => this.#memories.forEach((memory) => memory.update());
    this.#units = {
      1: new RameccUnit('RAMECC1', 0x52009000, [0, 1, 2, 3, 4], { changed, settle, rewatch }),
      2: new RameccUnit('RAMECC2', 0x58027000, [1], { changed, settle, rewatch }),
    };
    this.blocks = [this.#units[1], this.#units[2]];
    for (const { bank: name, wordBytes, monitors, optional } of plan) {
      const bank = options.bank(name);
      const observers = monitors.map(({ unit, monitor }) => this.#units[unit].observer(monitor));
      const memory = new EccMemory(
        bank,
        eccCode(wordBytes),
        (word) => ({ observer: observers[word % observers.length], index: Math.floor(word / observers.length) }),
        () => observers.some((observer) => observer.injecting),
        () => !optional || options.eccOnSram(),
        (watcher) => options.watch(bank, watcher),
      );
      this.#memories.set(name, memory);
    }
  }

  saved(): Saved {
    return Object.fromEntries([...this.#memories].map(([name, memory]) => [name, memory.saved()]));
  }

  /** The units' own registers are restored before. */
  restore(state: SavedReader): void {
    for (const [name, memory] of this.#memories) memory.restore(state.child(name));
  }

  /** A write from outside the chip (debug access, power-on) renewed the check bits of a range of a bank. */
  renew(bank: string, offset?: number, size?: number): void {
    this.#memories.get(bank as BankName)?.renew(offset, size);
  }
}

interface Values {
  peek(offset: number): number;
  poke(offset: number, value: number): void;
}

interface RameccActions {
  changed(): void;
  settle(): void;
  rewatch(): void;
}

/** One unit: the global enables and its monitors, 0x20 bytes each. */
class RameccUnit extends RegisterBlock {
  readonly #monitors: readonly number[];
  readonly #actions: RameccActions;

  constructor(name: string, base: number, monitors: readonly number[], actions: RameccActions) {
    const values: Values = { peek: (offset) => this.peek(offset), poke: (offset, value) => this.poke(offset, value) };
    const map: Record<number, Register> = {
      0x00: {
        name: 'IER',
        writable: 0xf,
        write: (value) => {
          this.poke(0, value);
          actions.changed();
          return value;
        },
      },
    };
    for (const monitor of monitors) Object.assign(map, monitorRegisters(monitor, actions, values));
    super(name, base, 0x400, map);
    this.#monitors = monitors;
    this.#actions = actions;
  }

  /** True while an enabled error is flagged. `unverified:` that the global enables need GIE. */
  get requesting(): boolean {
    const global = this.peek(0);
    const enabled = (bit: number): boolean => (global & (ier.GIE | bit)) === (ier.GIE | bit);
    return this.#monitors.some((monitor) => {
      const control = this.peek(monitorOffset(monitor) + at.CR);
      const status = this.peek(monitorOffset(monitor) + at.SR);
      return (
        ((status & sr.SEDCF) !== 0 && ((control & cr.ECCSEIE) !== 0 || enabled(ier.GECCSEIE))) ||
        ((status & sr.DEDF) !== 0 && ((control & cr.ECCDEIE) !== 0 || enabled(ier.GECCDEIE))) ||
        ((status & sr.DEBWDF) !== 0 && ((control & cr.ECCDEBWIE) !== 0 || enabled(ier.GECCDEBWIE)))
      );
    });
  }

  observer(monitor: number): EccObserver {
    const offset = monitorOffset(monitor);
    const unit = this as RameccUnit;
    return {
      get injecting() {
        return (unit.peek(offset + at.CR) & cr.bypass) === bypassEccUpdate;
      },
      detected(kind, index, low, high, syndrome) {
        unit.#detected(offset, flagOf[kind], [index, low, high, syndrome]);
      },
    };
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#actions.rewatch();
    this.#actions.changed();
  }

  /** The first error since SR was cleared is latched, while ECCELEN is set (`unverified:` later ones are not). */
  #detected(offset: number, flag: number, context: readonly [number, number, number, number]): void {
    const status = this.peek(offset + at.SR);
    if (status === 0 && (this.peek(offset + at.CR) & cr.ECCELEN) !== 0) {
      [at.FAR, at.FDRL, at.FDRH, at.FECR].forEach((register, i) => this.poke(offset + register, context[i]));
    }
    this.poke(offset + at.SR, status | flag);
    this.#actions.changed();
  }
}

function monitorOffset(monitor: number): number {
  return 0x20 + 0x20 * monitor;
}

function monitorRegisters(monitor: number, actions: RameccActions, values: Values): Record<number, Register> {
  const offset = monitorOffset(monitor);
  const settled = (register: number): number => {
    actions.settle();
    return values.peek(offset + register);
  };
  const map: Record<number, Register> = {
    [offset + at.CR]: {
      name: `M${monitor} CR`,
      writable: 0x3003c,
      write: (value) => {
        actions.settle();
        values.poke(offset + at.CR, value);
        actions.rewatch();
        actions.changed();
        return value;
      },
    },
    [offset + at.SR]: {
      name: `M${monitor} SR`,
      writable: 7,
      read: () => settled(at.SR),
      write: (value) => {
        const kept = value & settled(at.SR); // cleared by writing 0
        values.poke(offset + at.SR, kept);
        actions.changed();
        return kept;
      },
    },
  };
  for (const name of ['FAR', 'FDRL', 'FDRH', 'FECR'] as const) {
    map[offset + at[name]] = { name: `M${monitor} ${name}`, writable: 0, read: () => settled(at[name]) };
  }
  return map;
}
