import type { BlockPorts, ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Clock } from './clock.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import { RegisterBlock, command, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, CRS_TypeDef.
const at = { CR: 0x00, CFGR: 0x04, ISR: 0x08 } as const;
const cr = { CEN: 1 << 5, SWSYNC: 1 << 7 } as const;
const isr = { SYNCOK: 1, ERR: 4, ESYNC: 8 } as const;
const sourceLse = 1;
/** ICR: the three error flags fall with ERR. */
const errors = 0x700;

/** Clock recovery of the HSI48, which is exact here: every synchronisation is a good one. The LSE and software (SWSYNC) give them; a pin and USB do not. */
export class Crs extends RegisterBlock {
  #event: number | undefined;

  constructor(
    private readonly ports: BlockPorts,
    private readonly clock: Clock,
    private readonly isClocked: () => boolean = () => true,
  ) {
    const { base, size } = peripheral('CRS');
    super('CRS', base, size, {
      0x00: { name: 'CR', reset: 0x4000, writable: 0x7fef, write: (value) => this.#control(value) },
      0x04: storage('CFGR', 0x2022bb7f),
      0x08: { name: 'ISR', writable: 0 },
      0x0c: command('ICR', (value) => {
        this.poke(at.ISR, this.peek(at.ISR) & ~(value & 0xf) & ~((value & isr.ERR) !== 0 ? errors : 0));
        this.#interrupt();
        this.#plan();
      }),
    });
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#plan();
    this.#interrupt();
  }

  protected override savedBeside(): Saved {
    return { event: (this.#event === undefined ? undefined : this.ports.scheduler.cycleOf(this.#event)) ?? null };
  }

  protected override restoreBeside(state: SavedReader): void {
    if (this.#event !== undefined) this.ports.scheduler.cancel(this.#event);
    this.#event = undefined;
    const at = state.optional('event', 0);
    if (at !== undefined) this.#expect(at);
  }

  clockSwitched(): void {
    this.#plan();
  }

  get active(): boolean {
    return this.#event !== undefined;
  }

  #expect(cycle: number): void {
    this.#event = this.ports.scheduler.at(cycle, () => {
      this.#event = undefined;
      this.#synchronise();
      this.#interrupt();
    });
  }

  #control(value: number): number {
    this.poke(at.CR, value & ~cr.SWSYNC);
    if ((value & cr.SWSYNC) !== 0 && (value & cr.CEN) !== 0) this.#synchronise();
    this.#plan();
    this.#interrupt();
    return value & ~cr.SWSYNC;
  }

  #synchronise(): void {
    this.poke(at.ISR, this.peek(at.ISR) | isr.SYNCOK | isr.ESYNC);
  }

  /** The next edge of the LSE, divided by SYNCDIV, while there is a flag that it would raise. */
  #plan(): void {
    if (this.#event !== undefined) this.ports.scheduler.cancel(this.#event);
    this.#event = undefined;
    const configuration = this.peek(at.CFGR);
    const { lse } = this.clock.frequencies;
    if (!this.isClocked() || (this.peek(at.CR) & cr.CEN) === 0 || ((configuration >>> 28) & 3) !== sourceLse || lse === 0 || (this.peek(at.ISR) & isr.SYNCOK) !== 0) return;
    const period = 2 ** ((configuration >>> 24) & 7) / lse;
    this.#expect(this.clock.cycleAt(this.clock.seconds + period));
  }

  /** Enables stand in CR where the flags stand in ISR. */
  #interrupt(): void {
    this.ports.interrupts.setLevel(interruptNumbers.CRS, (this.peek(at.ISR) & this.peek(at.CR) & 0xf) !== 0);
  }
}
