import type { BlockPorts, ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { oscillators } from './clock-tree.js';
import type { Clock } from './clock.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, IWDG_TypeDef. Keys: stm32h7rsxx_hal_iwdg.h.
const at = { PR: 0x04, RLR: 0x08, SR: 0x0c, WINR: 0x10, EWCR: 0x14 } as const;
const key = { reload: 0xaaaa, access: 0x5555, start: 0xcccc } as const;
const onf = 1 << 8;
const ewif = 1 << 14;
const ewie = 1 << 15;
const ewic = 1 << 14;
const irq = 3;
const maximum = 0xfff;

/**
 * Independent watchdog on the LSI. Register updates take effect at once (the chip needs a few LSI cycles and shows them
 * in SR: a model choice), a new prescaler or reload value with the next reload.
 */
export class Iwdg extends RegisterBlock {
  #writable = false;
  /** The running count, undefined while the watchdog is off. */
  #count: { readonly from: number; readonly reload: number; readonly tick: number } | undefined;
  #events: number[] = [];

  constructor(
    private readonly ports: BlockPorts,
    private readonly clock: Clock,
    /** IWDG_HW option byte: true when the watchdog starts by itself with every reset. */
    private readonly startsAtReset: () => boolean,
  ) {
    super('IWDG', 0x58004800, 0x400, {
      0x00: command('KR', (value) => this.#key(value & 0xffff)),
      0x04: keyProtected('PR', 0, 0xf, () => this.#writable),
      0x08: keyProtected('RLR', maximum, maximum, () => this.#writable),
      0x0c: { name: 'SR', writable: 0 },
      0x10: {
        name: 'WINR',
        reset: maximum,
        writable: maximum,
        write: (value, stored) => {
          if (!this.#writable) return stored;
          this.#reload();
          return value;
        },
      },
      0x14: { name: 'EWCR', writable: 0xffff, write: (value, stored) => this.#earlyWakeup(value, stored) },
    });
    clock.onChange(() => this.#plan());
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#writable = false;
    this.#count = undefined;
    this.ports.interrupts.setLevel(irq, false);
    if (this.startsAtReset()) this.#start();
    else this.#plan();
  }

  protected override savedBeside(): Saved {
    return { writable: this.#writable, count: this.#count === undefined ? null : { ...this.#count } };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#writable = state.flag('writable');
    this.#count = undefined;
    if (!state.isNull('count')) {
      const count = state.child('count');
      this.#count = { from: count.number('from', 0), reload: count.integer('reload', 0, maximum), tick: count.number('tick', 1e-6, 1) };
    }
    this.#plan();
  }

  #key(value: number): void {
    this.#writable = value === key.access;
    if (value === key.start) this.#start();
    if (value === key.reload && this.#count !== undefined) {
      const elapsed = Math.floor((this.clock.seconds - this.#count.from) / this.#count.tick);
      const window = this.peek(at.WINR);
      if (window < maximum && this.#count.reload - elapsed > window) this.ports.requestReset('watchdog');
      else this.#reload();
    }
  }

  #start(): void {
    if (this.#count !== undefined) return;
    this.poke(at.SR, this.peek(at.SR) | onf);
    this.#count = this.#counting();
    this.#plan();
  }

  #reload(): void {
    if (this.#count === undefined) return;
    this.#count = this.#counting();
    this.#plan();
  }

  #counting(): { from: number; reload: number; tick: number } {
    const divider = 4 << Math.min(this.peek(at.PR), 8); // PR 0 … 8: /4 … /1024
    return { from: this.clock.seconds, reload: this.peek(at.RLR), tick: divider / oscillators.lsi };
  }

  /** Schedules the bite and the early wake-up for the count and core clock as they are. */
  #plan(): void {
    for (const event of this.#events) this.ports.scheduler.cancel(event);
    this.#events = [];
    const count = this.#count;
    if (count === undefined) return;
    const bite = this.clock.cycleAt(count.from + (count.reload + 1) * count.tick);
    this.#events.push(this.ports.scheduler.at(bite, () => this.ports.requestReset('watchdog')));
    const early = this.peek(at.EWCR) & maximum;
    if ((this.peek(at.EWCR) & ewie) === 0 || early === 0 || early > count.reload) return;
    const wakeup = this.clock.cycleAt(count.from + (count.reload - early + 1) * count.tick);
    if (wakeup > this.ports.scheduler.now) this.#events.push(this.ports.scheduler.at(wakeup, () => this.#signal(true)));
  }

  #earlyWakeup(value: number, stored: number): number {
    if ((value & ewic) !== 0) this.#signal(false);
    const next = this.#writable ? value & ~ewic : stored;
    this.poke(at.EWCR, next);
    this.#plan();
    return next;
  }

  #signal(active: boolean): void {
    this.poke(at.SR, active ? this.peek(at.SR) | ewif : this.peek(at.SR) & ~ewif);
    this.ports.interrupts.setLevel(irq, active);
  }
}

function keyProtected(name: string, reset: number, mask: number, writable: () => boolean): Register {
  return { name, reset, writable: mask, write: (value, stored) => (writable() ? value : stored) };
}
