import type { BlockPorts, ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Clock } from './clock.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import { RegisterBlock } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, WWDG_TypeDef; the 4096 of the prescaler: stm32h7rsxx_hal_wwdg.c.
const at = { CR: 0x00, CFR: 0x04, SR: 0x08 } as const;
const wdga = 1 << 7;
const ewi = 1 << 9;
const counterBits = 0x7f;
const earlyWakeup = 0x40;
const clocksPerStep = 4096;

/** Window watchdog on PCLK1: it bites when the counter falls below 0x40, or when it is refreshed above the window. */
export class Wwdg extends RegisterBlock {
  #since = 0;
  #from = counterBits;
  #events: number[] = [];
  #cyclesPerStep = Infinity;

  constructor(
    private readonly ports: BlockPorts,
    private readonly clock: Clock,
  ) {
    const { base, size } = peripheral('WWDG');
    super('WWDG', base, size, {
      0x00: { name: 'CR', reset: counterBits, writable: 0xff, read: (stored) => (stored & wdga) | this.#counter, write: (value, stored) => this.#refresh(value, stored) },
      0x04: { name: 'CFR', reset: counterBits, writable: 0x3a7f, write: (value, stored) => this.#configure(value, stored) },
      0x08: {
        name: 'SR',
        writable: 1,
        write: (value, stored) => {
          const left = value & stored; // cleared by writing 0
          this.poke(at.SR, left);
          this.#interrupt();
          return left;
        },
      },
    });
    clock.onChange(() => this.#clockChanged());
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#from = counterBits;
    this.#since = this.ports.scheduler.now;
    this.#plan();
    this.#interrupt();
  }

  protected override savedBeside(): Saved {
    return { since: this.#since, from: this.#from };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#since = state.number('since', 0);
    this.#from = state.integer('from', 0, counterBits);
    this.#plan();
  }

  get #running(): boolean {
    return (this.peek(at.CR) & wdga) !== 0;
  }

  #stepCycles(): number {
    const { cpu, pclk1 } = this.clock.frequencies;
    return (clocksPerStep << ((this.peek(at.CFR) >>> 11) & 7)) * (pclk1 === 0 ? Infinity : cpu / pclk1);
  }

  get #counter(): number {
    if (!this.#running) return this.#from;
    return Math.max(0, this.#from - Math.floor((this.ports.scheduler.now - this.#since) / this.#cyclesPerStep));
  }

  #refresh(value: number, stored: number): number {
    if (this.#running && this.#counter > (this.peek(at.CFR) & counterBits)) this.ports.requestReset('window-watchdog');
    this.#from = value & counterBits;
    this.#since = this.ports.scheduler.now;
    // Once started it only ends with a reset.
    const next = value | (stored & wdga);
    this.poke(at.CR, next);
    if (this.#running && this.#from < earlyWakeup) this.ports.requestReset('window-watchdog');
    this.#plan();
    return next;
  }

  #configure(value: number, stored: number): number {
    this.#hold();
    const next = value | (stored & ewi); // EWI is only cleared by a reset
    this.poke(at.CFR, next);
    this.#plan();
    this.#interrupt();
    return next;
  }

  #clockChanged(): void {
    if (!this.#running) return;
    this.#hold();
    this.#plan();
  }

  /** What has been counted stays; the step under way begins anew. */
  #hold(): void {
    this.#from = this.#counter;
    this.#since = this.ports.scheduler.now;
  }

  #plan(): void {
    for (const event of this.#events) this.ports.scheduler.cancel(event);
    this.#events = [];
    this.#cyclesPerStep = this.#stepCycles();
    if (!this.#running || !Number.isFinite(this.#cyclesPerStep)) return;
    const after = (steps: number, what: () => void): void => {
      if (steps > 0) this.#events.push(this.ports.scheduler.at(Math.ceil(this.#since + steps * this.#cyclesPerStep), what));
    };
    after(this.#from - earlyWakeup, () => {
      this.poke(at.SR, 1);
      this.#interrupt();
    });
    after(this.#from - earlyWakeup + 1, () => this.ports.requestReset('window-watchdog'));
  }

  #interrupt(): void {
    this.ports.interrupts.setLevel(interruptNumbers.WWDG, this.peek(at.SR) !== 0 && (this.peek(at.CFR) & ewi) !== 0);
  }
}
