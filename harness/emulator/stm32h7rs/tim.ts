import type { AccessWidth, BlockPorts, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { captureClocks } from './capture-inputs.js';
import type { Clock } from './clock.js';
import type { InterruptName } from './interrupts.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command, lacking, storage } from './register-block.js';
import type { Counting } from './timer-counter.js';
import { TimerCounter } from './timer-counter.js';

// Offsets and bits: ST device header stm32h7s7xx.h, TIM_TypeDef; 32-bit counters: IS_TIM_32B_COUNTER_INSTANCE.
const at = { CR1: 0x00, CR2: 0x04, SMCR: 0x08, DIER: 0x0c, SR: 0x10, CCMR1: 0x18, CCMR2: 0x1c, CCER: 0x20, CNT: 0x24, PSC: 0x28, ARR: 0x2c, RCR: 0x30, CCR1: 0x34, TISEL: 0x5c } as const;
const cr1 = { CEN: 1, UDIS: 1 << 1, URS: 1 << 2, OPM: 1 << 3, DIR: 1 << 4, CMS: 3 << 5, ARPE: 1 << 7, UIFREMAP: 1 << 11, DITHEN: 1 << 12 } as const;
const uif = 1;
const compareFlags = [1 << 1, 1 << 2, 1 << 3, 1 << 4] as const;
/** CC1OF. */
const overcapture = 1 << 9;
/** OC1PE; the other channels' stand at the same place of their byte. */
const ocpe = 1 << 3;
const dmaRequests = 0x7f00;
const slaveMode = (7 << 0) | (1 << 14) | (1 << 16) | (1 << 24); // SMS ECE SMS[3] SMSPE
const wide: ReadonlySet<string> = new Set(['TIM2', 'TIM3', 'TIM4', 'TIM5']);

export interface TimOptions {
  readonly name: string;
  readonly kernelClock: 'timers1' | 'timers2';
  /** Capture/compare channels: 0 for a basic timer. */
  readonly channels: 0 | 1 | 2 | 4;
  /** Interrupt lines of update, and of the channels where they have one of their own. */
  readonly interrupts: { readonly update: InterruptName; readonly compare?: InterruptName; };
}

/** The chip's timers. Bus and channels: ST device header, APB1 and APB2 bases and IS_TIM_CC…_INSTANCE. */
export const timers: readonly TimOptions[] = [
  { name: 'TIM1', kernelClock: 'timers2', channels: 4, interrupts: { update: 'TIM1_UP', compare: 'TIM1_CC' } },
  ...(['TIM2', 'TIM3', 'TIM4', 'TIM5'] as const).map((name) => ({ name, kernelClock: 'timers1' as const, channels: 4 as const, interrupts: { update: name } })),
  ...(['TIM6', 'TIM7'] as const).map((name) => ({ name, kernelClock: 'timers1' as const, channels: 0 as const, interrupts: { update: name } })),
  { name: 'TIM9', kernelClock: 'timers2', channels: 2, interrupts: { update: 'TIM9' } },
  { name: 'TIM12', kernelClock: 'timers1', channels: 2, interrupts: { update: 'TIM12' } },
  ...(['TIM13', 'TIM14'] as const).map((name) => ({ name, kernelClock: 'timers1' as const, channels: 1 as const, interrupts: { update: name } })),
  { name: 'TIM15', kernelClock: 'timers2', channels: 2, interrupts: { update: 'TIM15' } },
  ...(['TIM16', 'TIM17'] as const).map((name) => ({ name, kernelClock: 'timers2' as const, channels: 1 as const, interrupts: { update: name } })),
];

/**
 * A timer as a time base: counter up or down, prescaler, reload with its shadow, repetition, one pulse, update and compare
 * flags with their interrupts. Pins are not driven and give no edge to capture; channel 1 captures clocks inside the chip. Center-aligned counting, slave modes
 * and DMA requests stop the run.
 */
export class Tim extends RegisterBlock {
  readonly #counter = new TimerCounter();
  /** Prescaler, reload and repetition in effect; the registers hold what comes with the next update. */
  #prescaler = 0;
  #reload: number;
  #repetitions = 0;
  /** Compare values in effect. */
  readonly #compares = [0, 0, 0, 0];
  #event: number | undefined;
  /** The clock that channel 1 captures: its period with the capture prescaler, and when an edge was last, in seconds. */
  #capture: { readonly period: number; last: number } | undefined;
  #captureEvent: number | undefined;
  /** The clock that the present steps are counted with. */
  #clockRatio = 1;

  constructor(
    private readonly ports: BlockPorts,
    private readonly clock: Clock,
    private readonly options: TimOptions,
    private readonly isClocked: () => boolean = () => true,
  ) {
    const { name, channels } = options;
    const { base, size } = peripheral(name);
    const highest = wide.has(name) ? 0xffffffff : 0xffff;
    const refuse = (register: string, offset: number, value: number, bits: number): number => {
      if ((value & bits) !== 0) throw new UnmodelledAccess(`${name} ${register} bits 0x${((value & bits) >>> 0).toString(16)}`, base + offset);
      return value;
    };
    // Every register whose value the count depends on: what has passed is settled before, what comes is planned after.
    const settled = (registerName: string, offset: number, reset = 0, writable = 0xffffffff, stored?: (value: number) => number): Register => ({
      name: registerName,
      reset,
      writable,
      write: (value) => {
        this.#settle();
        const next = stored?.(value) ?? value;
        this.poke(offset, next);
        this.#loadUnpreloaded();
        this.#plan();
        return this.peek(offset);
      },
    });
    super(name, base, size, {
      0x00: settled('CR1', at.CR1, 0, 0x1fff, (value) => this.#control(refuse('CR1', at.CR1, value, cr1.CMS | cr1.DITHEN))),
      0x04: storage('CR2'),
      0x0c: settled('DIER', at.DIER, 0, 0x7fff, (value) => refuse('DIER', at.DIER, value, dmaRequests)),
      0x10: {
        name: 'SR',
        read: () => {
          this.#settle();
          return this.peek(at.SR);
        },
        write: (value) => {
          this.#settle();
          this.poke(at.SR, this.peek(at.SR) & value); // cleared by writing 0
          this.#plan();
          return this.peek(at.SR);
        },
      },
      // COMG TG BG B2G: their flags and what they do to the outputs are not modelled.
      0x14: { ...command('EGR', (value) => this.#generate(value)), lacks: 0x1e0 },
      0x24: {
        name: 'CNT',
        read: () => {
          this.#settle();
          const copy = (this.peek(at.CR1) & cr1.UIFREMAP) !== 0 && (this.peek(at.SR) & uif) !== 0 ? 0x80000000 : 0;
          return (this.#counter.value | copy) >>> 0;
        },
        write: (value) => {
          this.#settle();
          this.#counter.set((value & highest) >>> 0, this.ports.scheduler.now);
          this.#plan();
          return value;
        },
      },
      0x28: storage('PSC', 0, 0xffff),
      0x2c: settled('ARR', at.ARR, highest, highest, (value) => {
        if ((this.peek(at.CR1) & cr1.ARPE) === 0) this.#reload = value >>> 0;
        return value;
      }),
      ...(channels === 0 ? {} : channelRegisters(channels, settled, (value) => refuse('SMCR', at.SMCR, value, slaveMode), (value) => this.#selectInput(value), (channel) => this.#captureRead(channel))),
    });
    this.#reload = highest;
    clock.onChange(() => this.#clockChanged());
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#prescaler = 0;
    this.#repetitions = 0;
    this.#reload = this.peek(at.ARR);
    this.#compares.fill(0);
    this.#counter.set(0, this.ports.scheduler.now);
    this.#plan();
  }

  protected override savedBeside(): Saved {
    return {
      counter: this.#counter.saved(),
      prescaler: this.#prescaler,
      reload: this.#reload,
      repetitions: this.#repetitions,
      compares: [...this.#compares],
      capture: this.#capture === undefined ? null : { ...this.#capture },
      clockRatio: Number.isFinite(this.#clockRatio) ? this.#clockRatio : null,
    };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#counter.restore(state.child('counter'));
    this.#prescaler = state.integer('prescaler', 0, 0xffff);
    this.#reload = state.word('reload');
    this.#repetitions = state.integer('repetitions', 0, 0xffff);
    state.numbers('compares', { exactly: 4 }).forEach((value, channel) => (this.#compares[channel] = value));
    this.#capture = undefined;
    if (!state.isNull('capture')) this.#capture = { period: state.child('capture').number('period', 1e-12), last: state.child('capture').number('last', 0) };
    this.#clockRatio = state.optional('clockRatio', 1e-6) ?? Infinity;
    this.#plan();
  }

  override write(offset: number, value: number, width: AccessWidth): void {
    // A late look at the clock, so that a timer that nobody touched costs nothing when clocks change.
    this.#clockRatio = this.#ratio();
    super.write(offset, value, width);
  }

  clockSwitched(): void {
    this.#clockChanged();
  }

  get active(): boolean {
    return (this.peek(at.CR1) & cr1.CEN) !== 0;
  }

  #ratio(): number {
    const kernel = this.clock.frequencies[this.options.kernelClock];
    return kernel === 0 || !this.isClocked() ? Infinity : this.clock.frequencies.cpu / kernel;
  }

  get #counting(): Counting {
    const highest = wide.has(this.name) ? 0xffffffff : 0xffff;
    return { cyclesPerStep: (this.#prescaler + 1) * this.#clockRatio, reload: this.#reload, highest, down: (this.peek(at.CR1) & cr1.DIR) !== 0 };
  }

  get #running(): boolean {
    // A reload value of 0 blocks the counter.
    return (this.peek(at.CR1) & cr1.CEN) !== 0 && this.#reload !== 0 && Number.isFinite(this.#clockRatio);
  }

  #control(value: number): number {
    if ((value & cr1.CEN) !== 0 && (this.peek(at.CR1) & cr1.CEN) === 0) this.#counter.set(this.#counter.value, this.ports.scheduler.now);
    return value;
  }

  #clockChanged(): void {
    const ratio = this.#ratio();
    if (ratio === this.#clockRatio) return;
    this.#settle();
    this.#clockRatio = ratio;
    // The step that was under way begins anew: less than one step of error.
    this.#counter.set(this.#counter.value, this.ports.scheduler.now);
    this.#plan();
  }

  /** Lets everything happen that was due by now. */
  #settle(): void {
    let wraps = 0;
    while (this.#running) {
      const counting = this.#counting;
      const steps = this.#counter.steps(this.ports.scheduler.now, counting);
      if (steps === 0) return;
      const toWrap = this.#counter.stepsToWrap(counting);
      const taken = Math.min(steps, toWrap);
      this.#flagCompares(taken, counting);
      this.#counter.advance(taken, counting);
      if (taken === toWrap) {
        this.#overflow();
        wraps += 1;
        if (wraps > this.peek(at.RCR) + 1) this.#skipWholePeriods();
      }
    }
  }

  /** Once a whole repetition has passed, another one changes nothing but the time: thousands of short periods are not walked through. */
  #skipWholePeriods(): void {
    if (!this.#running) return;
    const counting = this.#counting;
    const steps = (counting.reload + 1) * (this.peek(at.RCR) + 1);
    const repetitions = Math.floor(this.#counter.steps(this.ports.scheduler.now, counting) / steps);
    if (repetitions > 0) this.#counter.pass(repetitions * steps, counting);
  }

  #flagCompares(steps: number, counting: Counting): void {
    for (let channel = 0; channel < this.options.channels; channel += 1) {
      if (this.#isOutput(channel) && (this.#counter.stepsTo(this.#compares[channel]!, counting) ?? Infinity) <= steps) {
        this.poke(at.SR, this.peek(at.SR) | compareFlags[channel]!);
      }
    }
  }

  /** Byte of CCMR1 or CCMR2 that sets up a channel. */
  #mode(channel: number): number {
    return (this.peek(channel < 2 ? at.CCMR1 : at.CCMR2) >>> ((channel & 1) * 8)) & 0xff;
  }

  /** CCxS = 0: the channel compares. A capture channel sees no edge, as nothing drives its pin. */
  #isOutput(channel: number): boolean {
    return (this.#mode(channel) & 3) === 0;
  }

  /** Without its preload (OCxPE) a compare value takes effect as soon as it is written, else with the next update. */
  #loadUnpreloaded(): void {
    for (let channel = 0; channel < this.options.channels; channel += 1) if ((this.#mode(channel) & ocpe) === 0) this.#loadCompare(channel);
  }

  #loadCompare(channel: number): void {
    this.#compares[channel] = this.peek(at.CCR1 + 4 * channel) >>> 0;
  }

  #overflow(): void {
    if (this.#repetitions > 0) {
      this.#repetitions -= 1;
      return;
    }
    if ((this.peek(at.CR1) & cr1.OPM) !== 0) this.poke(at.CR1, this.peek(at.CR1) & ~cr1.CEN);
    if ((this.peek(at.CR1) & cr1.UDIS) !== 0) return;
    this.poke(at.SR, this.peek(at.SR) | uif);
    this.#load();
  }

  /** The shadows take what the registers hold. */
  #load(): void {
    this.#prescaler = this.peek(at.PSC);
    this.#reload = this.peek(at.ARR) >>> 0;
    this.#repetitions = this.peek(at.RCR);
    for (let channel = 0; channel < this.options.channels; channel += 1) this.#loadCompare(channel);
  }

  #generate(value: number): void {
    this.#settle();
    if ((value & 1) !== 0 && (this.peek(at.CR1) & cr1.UDIS) === 0) {
      this.#load();
      this.#counter.set((this.peek(at.CR1) & cr1.DIR) === 0 ? 0 : this.#reload, this.ports.scheduler.now);
      if ((this.peek(at.CR1) & cr1.URS) === 0) this.poke(at.SR, this.peek(at.SR) | uif);
    }
    for (let channel = 0; channel < this.options.channels; channel += 1) {
      if ((value & compareFlags[channel]!) !== 0) this.poke(at.SR, this.peek(at.SR) | compareFlags[channel]!);
    }
    this.#plan();
  }

  /** Tells the NVIC, and schedules the next moment at which an enabled flag that is not raised yet will be. */
  #plan(): void {
    if (this.#event !== undefined) this.ports.scheduler.cancel(this.#event);
    this.#event = undefined;
    this.#interrupt();
    this.#planCapture();
    const waited = this.peek(at.DIER) & ~this.peek(at.SR);
    if (!this.#running || waited === 0) return;
    const counting = this.#counting;
    let steps = (waited & uif) === 0 ? Infinity : this.#counter.stepsToWrap(counting);
    for (let channel = 0; channel < this.options.channels; channel += 1) {
      if ((waited & compareFlags[channel]!) === 0 || !this.#isOutput(channel)) continue;
      steps = Math.min(steps, this.#counter.stepsTo(this.#compares[channel]!, counting) ?? Infinity);
    }
    if (!Number.isFinite(steps)) return;
    this.#event = this.ports.scheduler.at(this.#counter.cycleAfter(steps, counting), () => {
      this.#event = undefined;
      this.#settle();
      this.#plan();
    });
  }

  #selectInput(value: number): number {
    const select = value & 0xf;
    if (select !== 0 && captureClocks[this.name]?.[select] === undefined) throw new UnmodelledAccess(`${this.name} input ${select} (TISEL)`, this.base + at.TISEL);
    return value;
  }

  /** Reading a captured value clears its flag. */
  #captureRead(channel: number): void {
    if (this.#isOutput(channel)) return;
    this.poke(at.SR, this.peek(at.SR) & ~compareFlags[channel]!);
    this.#interrupt();
  }

  /** Channel 1 set up to capture a clock: the next edge, every so many of them as IC1PSC says. */
  #planCapture(): void {
    const clock = captureClocks[this.name]?.[this.peek(at.TISEL) & 0xf];
    const mode = this.peek(at.CCMR1);
    const frequency = clock === undefined || (mode & 3) !== 1 || (this.peek(at.CCER) & 1) === 0 ? 0 : clock(this.clock.frequencies);
    const period = frequency === 0 ? Infinity : (1 << ((mode >>> 2) & 3)) / frequency;
    if (this.#captureEvent !== undefined) this.ports.scheduler.cancel(this.#captureEvent);
    this.#captureEvent = undefined;
    if (!this.#running || !Number.isFinite(period)) {
      this.#capture = undefined;
      return;
    }
    if (this.#capture?.period !== period) this.#capture = { period, last: this.clock.seconds };
    const capture = this.#capture;
    this.#captureEvent = this.ports.scheduler.at(this.clock.cycleAt(capture.last + period), () => {
      this.#captureEvent = undefined;
      capture.last += period;
      this.#settle();
      const raised = this.peek(at.SR);
      this.poke(at.SR, raised | compareFlags[0] | ((raised & compareFlags[0]) === 0 ? 0 : overcapture));
      this.poke(at.CCR1, this.#counter.value);
      this.#plan();
    });
  }

  #interrupt(): void {
    const { update, compare } = this.options.interrupts;
    const active = this.peek(at.SR) & this.peek(at.DIER);
    if (compare === undefined) this.ports.interrupts.setLevel(interruptNumbers[update], active !== 0);
    else {
      this.ports.interrupts.setLevel(interruptNumbers[update], (active & uif) !== 0);
      this.ports.interrupts.setLevel(interruptNumbers[compare], (active & 0x1e) !== 0);
    }
  }
}

function channelRegisters(
  channels: number,
  settled: (name: string, offset: number, reset?: number, writable?: number, stored?: (value: number) => number) => Register,
  slave: (value: number) => number,
  selectInput: (value: number) => number,
  captureRead: (channel: number) => void,
): Record<number, Register> {
  const map: Record<number, Register> = {
    0x08: { name: 'SMCR', write: slave },
    0x18: settled('CCMR1', at.CCMR1),
    0x1c: settled('CCMR2', at.CCMR2),
    0x20: settled('CCER', at.CCER),
    0x30: settled('RCR', at.RCR, 0, 0xffff),
    // LOCK would freeze registers until the next reset; what a break does to the outputs, nobody sees.
    0x44: lacking('BDTR', 0x300),
    // Channels 5 and 6 and the encoder's index.
    0x48: lacking('CCR5', 0xffffffff),
    0x4c: lacking('CCR6', 0xffffffff),
    0x50: lacking('CCMR3', 0xffffffff),
    0x54: storage('DTR2'),
    0x58: lacking('ECR', 0xffffffff),
    // Inputs of the other channels than their pins.
    0x5c: { ...settled('TISEL', at.TISEL, 0, 0xffffffff, selectInput), lacks: 0x0f0f0f00 },
    0x60: storage('AF1'),
    0x64: storage('AF2'),
    0x3dc: storage('DCR'),
  };
  for (let channel = 0; channel < Math.max(channels, 1); channel += 1) {
    const offset = at.CCR1 + 4 * channel;
    map[offset] = {
      ...settled(`CCR${channel + 1}`, offset),
      read: (stored) => {
        captureRead(channel);
        return stored;
      },
    };
  }
  return map;
}
