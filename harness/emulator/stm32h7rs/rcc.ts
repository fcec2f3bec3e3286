import type { BlockPorts, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { ClockEnable } from './clock-gate.js';
import type { EnableRegister } from './clock-enables.js';
import { enableRegisters, memorySleepBits, stayOn } from './clock-enables.js';
import type { RccRegisters } from './clock-sources.js';
import { frequencies, pllVco } from './clock-tree.js';
import { Clock } from './clock.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { Register, RegisterMap } from './register-block.js';
import { RegisterBlock, command, readOnly, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, RCC_TypeDef. Reset values: stm32h7rsxx_hal_rcc.c, HAL_RCC_DeInit
// (`unverified:` CR 0x25 and the enable registers' 0).
const at = {
  CR: 0x00, HSICFGR: 0x04, CRRCR: 0x08, CSICFGR: 0x0c, CFGR: 0x10, CDCFGR: 0x18, BMCFGR: 0x1c, APBCFGR: 0x20,
  PLLCKSELR: 0x28, PLLCFGR: 0x2c, CIER: 0x60, CIFR: 0x64, CICR: 0x68, BDCR: 0x70, CSR: 0x74, RSR: 0x130, CCIPR1: 0x4c, CCIPR2: 0x50,
  CCIPR3: 0x54, CCIPR4: 0x58,
} as const;
const pllAt = [
  { DIVR1: 0x30, FRACR: 0x34, DIVR2: 0xc0 },
  { DIVR1: 0x38, FRACR: 0x3c, DIVR2: 0xc4 },
  { DIVR1: 0x40, FRACR: 0x44, DIVR2: 0xc8 },
] as const;
const crReset = 0x25;
const pllDivr1Reset = 0x01010280;
const pllDivr2Reset = 0x00000101;

/** Registers that only hold what was written, by offset. */
const plain: Readonly<Record<number, string>> = {
  0xb0: 'CKGDISR', 0xcc: 'PLL1SSCGR', 0xd0: 'PLL2SSCGR', 0xd4: 'PLL3SSCGR',
  0x100: 'CKPROTR',
};

const enables: ReadonlyMap<string, EnableRegister> = new Map(enableRegisters.map((register) => [register.name, register]));

/** Peripheral reset registers, by offset. */
const resetRegisters: Readonly<Record<number, string>> = {
  0x7c: 'AHB5RSTR', 0x80: 'AHB1RSTR', 0x84: 'AHB2RSTR', 0x88: 'AHB4RSTR', 0x8c: 'APB5RSTR', 0x90: 'APB1RSTR1',
  0x94: 'APB1RSTR2', 0x98: 'APB2RSTR', 0x9c: 'APB4RSTR', 0xa4: 'AHB3RSTR',
};

const resetOffsets: ReadonlyMap<string, number> = new Map(Object.entries(resetRegisters).map(([offset, name]) => [name, Number(offset)]));

/** ON bits of CR whose ready flag stands `gap` bits above; `flag`: its bit in CIFR. */
const readyFollows = [
  { on: 0, gap: 2, flag: 2, pll: undefined }, // HSI
  { on: 7, gap: 1, flag: 4, pll: undefined }, // CSI
  { on: 12, gap: 1, flag: 5, pll: undefined }, // HSI48
  { on: 16, gap: 1, flag: 3, pll: undefined }, // HSE
  { on: 24, gap: 1, flag: 6, pll: 0 },
  { on: 26, gap: 1, flag: 7, pll: 1 },
  { on: 28, gap: 1, flag: 8, pll: 2 },
] as const;
const readyMask = readyFollows.reduce((mask, { on, gap }) => mask | (1 << (on + gap)), 1 << 5); // and HSIDIVF

/** RSR flags per reset: an internal reset pulls NRST too. `unverified:` which flags accompany each other. */
const resetFlags: Readonly<Record<ResetCause, number>> = {
  'power-on': (1 << 21) | (1 << 22) | (1 << 23), // BORRSTF PINRSTF PORRSTF
  pin: 1 << 22,
  system: (1 << 22) | (1 << 24), // SFTRSTF
  watchdog: (1 << 22) | (1 << 26), // IWDGRSTF
  'window-watchdog': (1 << 22) | (1 << 28), // WWDGRSTF
};
const rmvf = 1 << 16;
const vswrst = 1 << 16;
const rtcsel = 3 << 8;
/** PLLCKSELR.PLLSRC. */
const pllSource = 3;
const pll1pEnable = 1 << 5;

export interface RccOptions {
  /** The board's crystal in Hz. */
  readonly hse: number;
  /** A bit of a peripheral reset register went up: `APB1RSTR1`, 19. */
  readonly onPeripheralReset?: (register: string, bit: number) => void;
  /** BDCR.VSWRST. */
  readonly onBackupDomainReset?: () => void;
  /** PWR's DBP: BDCR may be written; default: it may. */
  readonly backupDomainWritable?: () => boolean;
  /** Bits of an enable register went up or down. */
  readonly onEnable?: (register: string, bits: number) => void;
}

/**
 * Reset and clock control. Oscillators and PLLs are ready as soon as they are on (a model choice; a PLL without input
 * divider never locks), the system clock switches at once to a source that is ready.
 */
export class Rcc extends RegisterBlock {
  readonly clock: Clock;
  readonly #hse: number;

  constructor(
    private readonly ports: BlockPorts,
    options: RccOptions,
  ) {
    super('RCC', peripheral('RCC').base, 0x400, {
      ...registerMap({
        control: (value, stored) => this.#control(value, stored),
        ready: (offset, value, stored, flag) => this.#ready(offset, value, stored, flag),
        interrupts: () => this.#interrupt(),
        clear: (flags) => this.#clear(flags),
        pllInputs: (value, stored) => this.#pllInputs(value, stored),
        isOn: (pll) => this.#isOn(pll),
        configuration: (value, stored) => this.#configuration(value, stored),
        changed: (offset, value) => this.#changed(offset, value),
        onPeripheralReset: options.onPeripheralReset ?? (() => undefined),
        enable: (register, value, stored) => {
          const next = (value | (stored & (stayOn[register.name] ?? 0))) >>> 0;
          this.poke(register.offset, next);
          if (next !== stored) options.onEnable?.(register.name, next ^ stored);
          return next;
        },
        backupDomain: (value, stored) => (options.backupDomainWritable?.() === false ? stored : this.#backupDomain(value, stored, options.onBackupDomainReset)),
      }),
    });
    this.#hse = options.hse;
    this.clock = new Clock(ports.scheduler, frequencies(this.#registers(), this.#hse));
  }

  protected override savedBeside(): Saved {
    return { clock: this.clock.saved() };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.clock.restore(state.child('clock'), frequencies(this.#registers(), this.#hse));
  }

  /** Whether a bit of an enable register is set. */
  isEnabled({ register, bit }: ClockEnable): boolean {
    return ((this.peek(enables.get(register)!.offset) >>> bit) & 1) === 1;
  }

  /** Whether a block is held in reset. */
  isHeld(register: string, bit: number): boolean {
    return ((this.peek(resetOffsets.get(register)!) >>> bit) & 1) === 1;
  }

  /** Whether the clock of an enable bit, where it is on, goes on while the core sleeps. */
  staysOnAsleep({ register, bit }: ClockEnable): boolean {
    return ((this.peek(enables.get(register)!.sleepOffset) >>> bit) & 1) === 1;
  }

  /** Whether Sleep stops any clock, and whether that of a memory. */
  get stopsInSleep(): { readonly any: boolean; readonly memories: boolean } {
    let [any, memories] = [false, false];
    for (const { name, sleepOffset, sleepBits } of enableRegisters) {
      const stopped = ~this.peek(sleepOffset) & sleepBits;
      any ||= stopped !== 0;
      memories ||= (stopped & (memorySleepBits[name] ?? 0)) !== 0;
    }
    return { any, memories };
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.poke(at.RSR, this.peek(at.RSR) | resetFlags[cause]);
    this.#interrupt();
    this.#update();
  }

  #control(value: number, stored: number): number {
    // What the system clock comes from, directly or through PLL1, cannot be switched off.
    value |= stored & this.#clocksInUse();
    // The oscillators come first: a PLL locks only with its input clock and the divider registers as they are when it is switched on.
    let result = (value & ~readyMask) | (1 << 5);
    for (const { on, gap, pll } of readyFollows) {
      this.poke(at.CR, result);
      const running = ((value >>> on) & 1) === 1 && (pll === undefined || pllVco(this.#registers(), this.#hse, pll) > 0);
      if (running) result |= 1 << (on + gap);
    }
    for (const { on, gap, flag } of readyFollows) if (((result & ~stored) >>> (on + gap)) & 1) this.#flag(flag);
    return this.#changed(at.CR, result);
  }

  #clocksInUse(): number {
    const source = (this.peek(at.CFGR) >>> 3) & 7;
    const oscillator = source === 3 ? this.peek(at.PLLCKSELR) & 3 : source;
    const bit = [0, 7, 16][oscillator];
    return (bit === undefined ? 0 : 1 << bit) | (source === 3 ? 1 << 24 : 0);
  }

  #isOn(pll: number): boolean {
    return ((this.peek(at.CR) >>> (24 + 2 * pll)) & 1) === 1;
  }

  /** A PLL that is on keeps its input divider and dividers, and all of them their source (`unverified:` for the output dividers). */
  #pllInputs(value: number, stored: number): number {
    let frozen = 0;
    for (let pll = 0; pll < 3; pll += 1) if (this.#isOn(pll)) frozen |= pllSource | (0x3f << (4 + 8 * pll));
    return this.#changed(at.PLLCKSELR, (stored & frozen) | (value & ~frozen));
  }

  #backupDomain(value: number, stored: number, onReset: RccOptions['onBackupDomainReset']): number {
    // The clock of the RTC is chosen once until the domain is reset.
    if ((stored & rtcsel) !== 0) value = (value & ~rtcsel) | (stored & rtcsel);
    if ((value & vswrst) === 0) return this.#ready(at.BDCR, value, stored, 1);
    onReset?.();
    return this.#changed(at.BDCR, vswrst);
  }

  /** LSE and LSI: bit 1 follows bit 0. */
  #ready(offset: number, value: number, stored: number, flag: number): number {
    const result = (value & ~2) | ((value & 1) << 1);
    if ((result & ~stored & 2) !== 0) this.#flag(flag);
    return this.#changed(offset, result);
  }

  /** A clock became ready: the flag is raised only where its interrupt is enabled (`unverified:`). */
  #flag(flag: number): void {
    if (((this.peek(at.CIER) >>> flag) & 1) === 0) return;
    this.poke(at.CIFR, this.peek(at.CIFR) | (1 << flag));
    this.#interrupt();
  }

  #clear(flags: number): void {
    this.poke(at.CIFR, this.peek(at.CIFR) & ~flags);
    this.#interrupt();
  }

  #interrupt(): void {
    this.ports.interrupts.setLevel(interruptNumbers.RCC, (this.peek(at.CIFR) & this.peek(at.CIER)) !== 0);
  }

  #configuration(value: number, stored: number): number {
    const target = value & 7;
    const control = this.peek(at.CR);
    const readyBit = [2, 8, 17, 25][target];
    const output = target !== 3 || (this.peek(at.PLLCFGR) & pll1pEnable) !== 0;
    const ready = readyBit !== undefined && output && ((control >>> readyBit) & 1) === 1;
    const status = ready ? target : (stored >>> 3) & 7;
    return this.#changed(at.CFGR, (value & ~0x38) | (status << 3));
  }

  #changed(offset: number, value: number): number {
    this.poke(offset, value);
    this.#update();
    return value;
  }

  #update(): void {
    this.clock.update(frequencies(this.#registers(), this.#hse));
  }

  #registers(): RccRegisters {
    return {
      CR: this.peek(at.CR),
      CFGR: this.peek(at.CFGR),
      CDCFGR: this.peek(at.CDCFGR),
      BMCFGR: this.peek(at.BMCFGR),
      APBCFGR: this.peek(at.APBCFGR),
      PLLCKSELR: this.peek(at.PLLCKSELR),
      PLLCFGR: this.peek(at.PLLCFGR),
      PLL: pllAt.map((pll) => ({ DIVR1: this.peek(pll.DIVR1), DIVR2: this.peek(pll.DIVR2), FRACR: this.peek(pll.FRACR) })),
      CCIPR1: this.peek(at.CCIPR1),
      CCIPR2: this.peek(at.CCIPR2),
      CCIPR3: this.peek(at.CCIPR3),
      CCIPR4: this.peek(at.CCIPR4),
      BDCR: this.peek(at.BDCR),
      CSR: this.peek(at.CSR),
    };
  }
}

interface RccActions {
  control(value: number, stored: number): number;
  ready(offset: number, value: number, stored: number, flag: number): number;
  interrupts(): void;
  clear(flags: number): void;
  backupDomain(value: number, stored: number): number;
  pllInputs(value: number, stored: number): number;
  isOn(pll: number): boolean;
  configuration(value: number, stored: number): number;
  changed(offset: number, value: number): number;
  onPeripheralReset(register: string, bit: number): void;
  enable(register: EnableRegister, value: number, stored: number): number;
}

/** The trimming of an internal oscillator, from bit 24 on: another than the factory's would change its frequency by steps that are not public. */
function trimmed(name: string, offset: number, field: number, factory: number): Register {
  return {
    name,
    reset: (factory << 24) >>> 0,
    writable: (field << 24) >>> 0,
    write: (value) => {
      if (((value >>> 24) & field) !== factory) throw new UnmodelledAccess(`RCC ${name} trimming`, peripheral('RCC').base + offset);
      return value;
    },
  };
}

function registerMap(actions: RccActions): RegisterMap {
  const map: Record<number, Register> = {};
  const clocked = (offset: number, name: string, reset = 0): void => {
    map[offset] = { name, reset, write: (value) => actions.changed(offset, value) };
  };
  for (const [offset, name] of Object.entries(plain)) map[Number(offset)] = storage(name);
  for (const register of enableRegisters) {
    const { name, offset, bits, sleepOffset, sleepBits } = register;
    map[offset] = { name, writable: bits, write: (value, stored) => actions.enable(register, value, stored) };
    map[sleepOffset] = storage(name.replace('ENR', 'LPENR'), sleepBits, sleepBits);
  }
  for (const [offset, name] of Object.entries(resetRegisters)) {
    map[Number(offset)] = {
      name,
      write: (value, stored) => {
        for (let bit = 0, rising = value & ~stored; rising !== 0; bit += 1, rising >>>= 1) {
          if ((rising & 1) === 1) actions.onPeripheralReset(name, bit);
        }
        return value;
      },
    };
  }
  map[at.CR] = { name: 'CR', reset: crReset, write: (value, stored) => actions.control(value, stored) };
  map[at.HSICFGR] = trimmed('HSICFGR', at.HSICFGR, 0x7f, 0x40);
  map[at.CRRCR] = readOnly('CRRCR', () => 0);
  map[at.CSICFGR] = trimmed('CSICFGR', at.CSICFGR, 0x3f, 0x20);
  map[at.CFGR] = { name: 'CFGR', write: (value, stored) => actions.configuration(value, stored) };
  clocked(at.CDCFGR, 'CDCFGR');
  clocked(at.BMCFGR, 'BMCFGR');
  clocked(at.APBCFGR, 'APBCFGR');
  map[at.PLLCKSELR] = { name: 'PLLCKSELR', reset: 0x02020200, write: (value, stored) => actions.pllInputs(value, stored) };
  // Spread spectrum would change what every clock behind the PLL counts.
  map[at.PLLCFGR] = { name: 'PLLCFGR', lacks: (1 << 2) | (1 << 13) | (1 << 24), write: (value) => actions.changed(at.PLLCFGR, value) };
  pllAt.forEach((pll, index) => {
    for (const [offset, suffix, reset] of [[pll.DIVR1, 'DIVR1', pllDivr1Reset], [pll.DIVR2, 'DIVR2', pllDivr2Reset]] as const) {
      map[offset] = { name: `PLL${index + 1}${suffix}`, reset, write: (value, stored) => actions.changed(offset, actions.isOn(index) ? stored : value) };
    }
    clocked(pll.FRACR, `PLL${index + 1}FRACR`);
  });
  clocked(at.CCIPR1, 'CCIPR1');
  clocked(at.CCIPR2, 'CCIPR2');
  clocked(at.CCIPR3, 'CCIPR3');
  clocked(at.CCIPR4, 'CCIPR4');
  map[at.CIER] = {
    name: 'CIER',
    writable: 0x3ff,
    write: (value) => {
      actions.changed(at.CIER, value);
      actions.interrupts();
      return value;
    },
  };
  map[at.CIFR] = { name: 'CIFR', writable: 0 };
  map[at.CICR] = command('CICR', (value) => actions.clear(value));
  map[at.BDCR] = {
    name: 'BDCR',
    retained: 0xffffffff, // the backup domain: only a loss of power resets it (no battery is fitted on the kits)
    write: (value, stored) => actions.backupDomain(value, stored),
  };
  map[at.CSR] = { name: 'CSR', write: (value, stored) => actions.ready(at.CSR, value, stored, 0) };
  map[at.RSR] = { name: 'RSR', retained: 0xffffffff, write: (value, stored) => ((value & rmvf) !== 0 ? 0 : stored) };
  return map;
}
