import type { BlockPorts, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Clock } from './clock.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command, lacking, readOnly, storage } from './register-block.js';
import type { CalendarTime } from './rtc-calendar.js';
import { alarmMatches, calendarFrom, dateRegister, laterBy, savedCalendar, timeRegister } from './rtc-calendar.js';

// Offsets and bits: ST device header stm32h7s7xx.h, RTC_TypeDef. Keys: stm32h7rsxx_hal_rtc.h.
const at = { TR: 0x00, DR: 0x04, ICSR: 0x0c, PRER: 0x10, WUTR: 0x14, CR: 0x18, ALRMAR: 0x40, ALRMASSR: 0x44, SR: 0x50 } as const;
const icsr = { WUTWF: 1 << 2, INITS: 1 << 4, RSF: 1 << 5, INITF: 1 << 6, INIT: 1 << 7, BIN: 3 << 8 } as const;
/** TSE, ITSE, TAMPTS: time stamps; REFCKON: a clock on a pin; ALRAFCLR, ALRBFCLR: flags that the hardware clears. */
const unmodelledCr = (1 << 4) | (1 << 11) | (1 << 24) | (1 << 25) | (1 << 27) | (1 << 28);
/** WUTR.WUTOCLR: the hardware clears the flag. */
const automaticClear = 0xffff0000;
/** ALRMxSSR.SSCLR, of binary mode. */
const binaryClear = 0x80000000;
/** CALR: CALM and CALP change the speed of the clock. */
const calibration = 0x81ff;
const cr = { REFCKON: 1 << 4, FMT: 1 << 6, ALRAE: 1 << 8, WUTE: 1 << 10, ADD1H: 1 << 16, SUB1H: 1 << 17 } as const;
/** Bits of CR that are only written with the key. */
const keyed = cr.FMT | cr.REFCKON | cr.ADD1H | cr.SUB1H;
/** SR's ALRAF, ALRBF, WUTF, TSF; their enables stand in CR from bit 12 on, in the same order. */
const flags = { alarm: 1, wakeup: 4 } as const;
const enablesFrom = 12;
const unlock = [0xca, 0x53] as const;
const drReset = 0x00002101;
const prerReset = 0x007f00ff;

/**
 * Real-time clock in BCD mode: calendar, sub-seconds, both alarms, wake-up timer. It counts with its own clock through every
 * reset but that of the backup domain. Synchronisation takes no time (a model choice); binary mode and alarms that compare
 * only some of the sub-second bits stop the run.
 */
export class Rtc extends RegisterBlock {
  /** The calendar at a moment of board time; it stands still while it has no clock or is being set. */
  #calendar: CalendarTime = calendarFrom(0, drReset);
  #since = 0;
  #ticksPerSecond = 0;
  #wakeupSince = 0;
  #keys = 0;
  #events: number[] = [];

  constructor(
    private readonly ports: BlockPorts,
    private readonly clock: Clock,
    /** PWR's DBP: the backup domain may be written. */
    private readonly writable: () => boolean,
  ) {
    const { base, size } = peripheral('RTC');
    const locked = (name: string, reset: number, write?: (value: number, stored: number) => number): Register => ({
      name,
      reset,
      write: (value, stored) => (this.#unlocked ? (write?.(value, stored) ?? value) : stored),
    });
    // Alarms, wake-up timer and most of CR need no key: stm32h7rsxx_hal_rtc_ex.c writes them without one.
    const planned = (offset: number, name: string, reset = 0): Register => ({
      name,
      reset,
      write: (value, stored) => {
        this.poke(offset, this.writable() ? value : stored);
        this.#plan();
        return this.peek(offset);
      },
    });
    super('RTC', base, size, {
      0x00: { ...locked('TR', 0, (value, stored) => this.#set(at.TR, value, stored)), read: () => timeRegister(this.#now, (this.peek(at.CR) & cr.FMT) !== 0) },
      0x04: { ...locked('DR', drReset, (value, stored) => this.#set(at.DR, value, stored)), read: () => dateRegister(this.#now) },
      0x08: readOnly('SSR', () => this.#subSeconds),
      0x0c: { ...locked('ICSR', 0, (value, stored) => this.#initialise(value, stored)), read: (stored) => this.#status(stored) },
      0x10: locked('PRER', prerReset, (value) => {
        this.#hold();
        this.poke(at.PRER, value);
        this.#plan();
        return value;
      }),
      0x14: { ...planned(at.WUTR, 'WUTR', 0xffff), lacks: automaticClear },
      0x18: { name: 'CR', lacks: unmodelledCr, write: (value, stored) => this.#control(value, stored) },
      0x1c: lacking('PRIVCFGR', 0x0000e00f),
      0x24: command('WPR', (value) => {
        const key = value & 0xff;
        this.#keys = key === unlock[this.#keys] ? this.#keys + 1 : key === unlock[0] ? 1 : 0;
      }),
      0x28: { ...locked('CALR', 0), lacks: calibration },
      0x2c: locked('SHIFTR', 0, () => {
        throw new UnmodelledAccess('RTC shift (SHIFTR)', base + 0x2c);
      }),
      0x30: readOnly('TSTR', () => 0),
      0x34: readOnly('TSDR', () => 0),
      0x38: readOnly('TSSSR', () => 0),
      0x40: planned(0x40, 'ALRMAR'),
      0x44: { ...planned(0x44, 'ALRMASSR'), lacks: binaryClear },
      0x48: planned(0x48, 'ALRMBR'),
      0x4c: { ...planned(0x4c, 'ALRMBSSR'), lacks: binaryClear },
      0x50: { name: 'SR', writable: 0 },
      0x54: readOnly('MISR', () => this.#raised),
      0x5c: command('SCR', (value) => {
        this.poke(at.SR, this.peek(at.SR) & ~value);
        this.#interrupt();
      }),
      0x70: storage('ALRABINR'),
      0x74: storage('ALRBBINR'),
    });
    clock.onChange(() => this.#clockChanged());
  }

  override reset(cause: ResetCause): void {
    this.#keys = 0;
    if (cause !== 'power-on') return this.#interrupt();
    super.reset(cause);
    this.#calendar = calendarFrom(0, drReset);
    this.#since = this.clock.seconds;
    this.#plan();
    this.#interrupt();
  }

  protected override savedBeside(): Saved {
    return { calendar: { ...this.#calendar }, since: this.#since, wakeupSince: this.#wakeupSince, keys: this.#keys };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#calendar = savedCalendar(state.child('calendar'));
    this.#since = state.number('since', 0);
    this.#wakeupSince = state.number('wakeupSince', 0);
    this.#keys = state.integer('keys', 0, unlock.length);
    this.#plan();
  }

  /** BDCR.VSWRST: the reset of the backup domain. */
  resetBackupDomain(): void {
    this.reset('power-on');
  }

  get #unlocked(): boolean {
    return this.#keys === unlock.length && this.writable();
  }

  get #running(): boolean {
    return this.#ticksPerSecond > 0 && (this.peek(at.ICSR) & icsr.INIT) === 0;
  }

  /** Ticks of ck_apre since `#since`; PREDIV_S + 1 of them make a second. */
  get #ticks(): number {
    return this.#running ? Math.floor((this.clock.seconds - this.#since) * this.#ticksPerSecond + 1e-6) : 0;
  }

  get #predivS(): number {
    return this.peek(at.PRER) & 0x7fff;
  }

  get #now(): CalendarTime {
    return laterBy(this.#calendar, Math.floor(this.#ticks / (this.#predivS + 1)));
  }

  get #subSeconds(): number {
    return this.#predivS - (this.#ticks % (this.#predivS + 1));
  }

  /** What has been counted stays. */
  #hold(): void {
    this.#calendar = this.#now;
    this.#since = this.clock.seconds;
  }

  #clockChanged(): void {
    const { rtc } = this.clock.frequencies;
    const ticks = rtc / (((this.peek(at.PRER) >>> 16) & 0x7f) + 1);
    if (ticks !== this.#ticksPerSecond) this.#hold();
    this.#plan();
  }

  #initialise(value: number, stored: number): number {
    if ((value & icsr.BIN) !== 0) throw new UnmodelledAccess('RTC binary mode (ICSR)', peripheral('RTC').base + at.ICSR);
    const entering = (value & icsr.INIT) !== 0 && (stored & icsr.INIT) === 0;
    if (entering) this.#hold();
    if ((value & icsr.INIT) === 0) this.#since = (stored & icsr.INIT) !== 0 ? this.clock.seconds : this.#since;
    const next = value & icsr.INIT;
    this.poke(at.ICSR, next);
    this.#plan();
    return next;
  }

  #status(stored: number): number {
    const initialising = (stored & icsr.INIT) !== 0;
    const year = dateRegister(this.#now) >>> 16;
    return stored | icsr.RSF | (initialising ? icsr.INITF : 0) | (year === 0 ? 0 : icsr.INITS) | ((this.peek(at.CR) & cr.WUTE) === 0 ? icsr.WUTWF : 0);
  }

  /** TR and DR: only while initialising. */
  #set(offset: number, value: number, stored: number): number {
    if ((this.peek(at.ICSR) & icsr.INIT) === 0) return stored;
    const twelve = (this.peek(at.CR) & cr.FMT) !== 0;
    const tr = offset === at.TR ? value : timeRegister(this.#calendar, twelve);
    const dr = offset === at.DR ? value : dateRegister(this.#calendar);
    // Twelve o'clock of the 12-hour format is the hour 0 of its half day.
    const noon = twelve && ((tr >>> 16) & 0x3f) === 0x12 ? tr & ~(0x3f << 16) : tr;
    this.#calendar = calendarFrom(noon, dr);
    return value;
  }

  #control(value: number, stored: number): number {
    if (!this.writable()) return stored;
    if (!this.#unlocked) value = (value & ~keyed) | (stored & keyed);
    const hour = (value & cr.ADD1H) !== 0 ? 3600 : (value & cr.SUB1H) !== 0 ? -3600 : 0;
    if (hour !== 0) this.#calendar = laterBy(this.#calendar, hour);
    const next = value & ~(cr.ADD1H | cr.SUB1H);
    if ((next & ~stored & cr.WUTE) !== 0) this.#wakeupSince = this.clock.seconds;
    this.poke(at.CR, next);
    this.#plan();
    this.#interrupt();
    return next;
  }

  #plan(): void {
    for (const event of this.#events) this.ports.scheduler.cancel(event);
    this.#events = [];
    this.#ticksPerSecond = this.clock.frequencies.rtc / (((this.peek(at.PRER) >>> 16) & 0x7f) + 1);
    if (!this.#running) return;
    this.#planAlarm(0);
    this.#planAlarm(1);
    this.#planWakeup();
  }

  /** Looks at the calendar once a second, at the sub-second that the alarm names. */
  #planAlarm(which: 0 | 1): void {
    if ((this.peek(at.CR) & (cr.ALRAE << which)) === 0) return;
    const subSeconds = this.peek(at.ALRMASSR + 8 * which);
    const compared = (subSeconds >>> 24) & 0x3f;
    const period = this.#predivS + 1;
    if (compared !== 0 && 2 ** compared < period) throw new UnmodelledAccess('RTC alarm on some sub-second bits', peripheral('RTC').base + at.ALRMASSR + 8 * which);
    const phase = compared === 0 ? 0 : Math.max(0, this.#predivS - (subSeconds & 0x7fff));
    const next = (Math.floor((this.#ticks - phase) / period) + 1) * period + phase;
    this.#after(this.#since + next / this.#ticksPerSecond, () => {
      const now = this.#now;
      if (alarmMatches(this.peek(at.ALRMAR + 8 * which), timeRegister(now, (this.peek(at.CR) & cr.FMT) !== 0), dateRegister(now))) this.#raise(flags.alarm << which);
    });
  }

  #planWakeup(): void {
    if ((this.peek(at.CR) & cr.WUTE) === 0) return;
    const select = this.peek(at.CR) & 7;
    const reload = (this.peek(at.WUTR) & 0xffff) + (select >= 6 ? 0x10000 : 0) + 1;
    const rate = select < 4 ? this.clock.frequencies.rtc / (16 >>> select) : this.#ticksPerSecond / (this.#predivS + 1);
    const period = reload / rate;
    const passed = Math.floor((this.clock.seconds - this.#wakeupSince) / period + 1e-9);
    this.#after(this.#wakeupSince + (passed + 1) * period, () => this.#raise(flags.wakeup));
  }

  #after(seconds: number, what: () => void): void {
    this.#events.push(this.ports.scheduler.at(this.clock.cycleAt(seconds), () => {
      what();
      this.#plan();
    }));
  }

  #raise(flag: number): void {
    this.poke(at.SR, this.peek(at.SR) | flag);
    this.#interrupt();
  }

  get #raised(): number {
    return this.peek(at.SR) & (this.peek(at.CR) >>> enablesFrom) & 0xf;
  }

  #interrupt(): void {
    this.ports.interrupts.setLevel(interruptNumbers.RTC, this.#raised !== 0);
  }
}
