import type { Saved, SavedReader } from '../saved-state.js';
import type { Context } from './context.js';
import { Exception } from './faults.js';

/**
 * SysTick (DDI 0403E B3.3): a 24-bit down counter in core cycles or in the reference clock. Only one that interrupts has an event: to a sleeping core the
 * others are nothing to be woken for, and board time does not go on for them.
 */
export class SysTick {
  #control = 0;
  #reload = 0;
  #countFlag = false;
  /** Cycle at which the counter reads `#from`. */
  #since = 0;
  #from = 0;
  #event = 0;

  /** `divider`: core cycles per tick of the reference clock (CLKSOURCE 0). */
  constructor(
    private readonly core: Context,
    private readonly divider: number,
  ) {}

  reset(): void {
    this.#cancel();
    this.#control = this.#reload = this.#from = 0;
    this.#countFlag = false;
  }

  saved(): Saved {
    this.#catchUp();
    return { control: this.#control, reload: this.#reload, countFlag: this.#countFlag, since: this.#since, from: this.#from, zero: (this.#event === 0 ? undefined : this.core.scheduler.cycleOf(this.#event)) ?? null };
  }

  restore(state: SavedReader): void {
    this.#cancel();
    this.#control = state.integer('control', 0, 7);
    this.#reload = state.integer('reload', 0, 0xffffff);
    this.#countFlag = state.flag('countFlag');
    this.#since = state.integer('since');
    this.#from = state.integer('from', 0, 0xffffff);
    const zero = state.optional('zero', 0);
    if (zero !== undefined) this.#event = this.core.scheduler.at(zero, () => this.#reachedZero(zero));
  }

  read(offset: number): number {
    this.#catchUp();
    switch (offset) {
      case 0x0: {
        const value = this.#control | (this.#countFlag ? 0x10000 : 0);
        this.#countFlag = false;
        return value;
      }
      case 0x4:
        return this.#reload;
      case 0x8:
        return this.#value();
      default:
        return 0x40000000; // CALIB: NOREF 0, SKEW 1, TENMS unknown
    }
  }

  write(offset: number, value: number): void {
    this.#catchUp();
    switch (offset) {
      case 0x0: {
        const current = this.#value();
        this.#control = value & 7;
        this.#start(current);
        break;
      }
      case 0x4: {
        const stood = this.#from === 0 && this.#reload === 0;
        this.#reload = value & 0xffffff;
        if (stood) this.#start(0);
        break;
      }
      case 0x8:
        this.#countFlag = false;
        this.#start(0);
        break;
      default:
    }
  }

  get #cyclesPerTick(): number {
    return this.#control & 4 ? 1 : this.divider;
  }

  #value(): number {
    if (!(this.#control & 1)) return this.#from;
    const ticks = Math.floor((this.core.cycles - this.#since) / this.#cyclesPerTick);
    if (ticks <= this.#from) return this.#from - ticks;
    return this.#reload === 0 ? 0 : this.#reload - ((ticks - this.#from - 1) % (this.#reload + 1));
  }

  /** @param since cycle at which the counter reads `value` */
  #start(value: number, since = this.core.cycles): void {
    this.#cancel();
    this.#since = since;
    this.#from = value;
    if ((this.#control & 3) !== 3) return;
    const zero = this.#zero();
    if (zero === undefined) return;
    this.#event = this.core.scheduler.at(zero, () => this.#reachedZero(zero));
  }

  /** Cycle at which the counter reaches 0 next; undefined where it stands. */
  #zero(): number | undefined {
    if (!(this.#control & 1) || (this.#from === 0 && this.#reload === 0)) return undefined;
    // From 0 the counter reloads at the next tick, then counts down to 0.
    return this.#since + (this.#from === 0 ? this.#reload + 1 : this.#from) * this.#cyclesPerTick;
  }

  /** What an event would have done at every 0 since the last look. */
  #catchUp(): void {
    const zero = this.#event === 0 ? this.#zero() : undefined;
    if (zero === undefined || this.core.cycles < zero) return;
    const period = (this.#reload + 1) * this.#cyclesPerTick;
    this.#countFlag = true;
    this.#from = 0;
    this.#since = zero + (this.#reload === 0 ? 0 : Math.floor((this.core.cycles - zero) / period) * period);
  }

  /** The event may come late, behind an exception entry: the next period counts from the cycle that was due. */
  #reachedZero(at: number): void {
    this.#event = 0;
    this.#countFlag = true;
    if (this.#control & 2) this.core.exceptions.pend(Exception.sysTick);
    this.#start(0, at);
  }

  #cancel(): void {
    if (this.#event) this.core.scheduler.cancel(this.#event);
    this.#event = 0;
  }
}
