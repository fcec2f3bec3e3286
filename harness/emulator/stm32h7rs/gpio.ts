import type { AccessWidth, ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { RegisterBlock, command, readOnly, storage } from './register-block.js';
import type { Register } from './register-block.js';

// Offsets: ST device header stm32h7s7xx.h, GPIO_TypeDef.
const at = { MODER: 0x00, OTYPER: 0x04, PUPDR: 0x0c, ODR: 0x14, LCKR: 0x1c, AFRL: 0x20, AFRH: 0x24 } as const;
const lckk = 1 << 16;
/** Ports of the chip and their address; there is no I, J, K or L. */
export const gpioPorts = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'M', 'N', 'O', 'P'] as const;
export type GpioPortName = (typeof gpioPorts)[number];
/** `unverified:` analog mode everywhere but on the debug port's pins (PA13, PA14, PA15, PB3, PB4). */
const moderReset: Partial<Record<GpioPortName, number>> = { A: 0xabffffff, B: 0xfffffebf };
const pupdrReset: Partial<Record<GpioPortName, number>> = { A: 0x64000000, B: 0x00000100 };
const ospeedrReset: Partial<Record<GpioPortName, number>> = { A: 0x0c000000, B: 0x000000c0 };

/** Who wants to know of edges on a port (EXTI), and of pins that were given to other blocks, or taken from them. */
export interface PortListener {
  /** Pins whose edges matter now. */
  listening(): number;
  changed(rising: number, falling: number): void;
  configured(): void;
}

/** One port of 16 pins. Outputs read back as driven, open drain ones that are let go as inputs do; an input nobody drives reads its pull, else 0. */
export class GpioPort extends RegisterBlock {
  /** Levels from outside: bit set in `#driven` where something drives the pin. */
  #driven = 0;
  #levels = 0;
  /** Steps of the lock key sequence that were right so far. */
  #lockStep = 0;
  #lockPins = 0;

  /** @param listener told which input levels changed, where someone listens */
  constructor(
    port: GpioPortName,
    private readonly listener?: PortListener,
  ) {
    const position = port.charCodeAt(0) - 'A'.charCodeAt(0);
    super(`GPIO${port}`, 0x58020000 + position * 0x400, 0x400, {
      0x00: lockable('MODER', 2, moderReset[port] ?? 0xffffffff, () => this.#locked),
      0x04: lockable('OTYPER', 1, 0, () => this.#locked),
      0x08: lockable('OSPEEDR', 2, ospeedrReset[port] ?? 0, () => this.#locked),
      0x0c: lockable('PUPDR', 2, pupdrReset[port] ?? 0, () => this.#locked),
      0x10: readOnly('IDR', () => this.#input()),
      0x14: storage('ODR', 0, 0xffff),
      0x18: command('BSRR', (value) => this.#output((value & 0xffff) >>> 0, value >>> 16)),
      0x1c: { name: 'LCKR', writable: 0x1ffff, write: (value, stored) => this.#lock(value, stored) },
      0x20: lockable('AFRL', 4, 0, () => this.#locked & 0xff),
      0x24: lockable('AFRH', 4, 0, () => this.#locked >>> 8),
      0x28: command('BRR', (value) => this.#output(0, value & 0xffff)),
    });
  }

  /** A level on a pin from outside (a button); undefined lets go of it. Outputs are not affected. */
  drive(pin: number, level: boolean | undefined): void {
    const bit = 1 << pin;
    this.#watchingEdges(() => {
      this.#driven = level === undefined ? this.#driven & ~bit : this.#driven | bit;
      this.#levels = level === true ? this.#levels | bit : this.#levels & ~bit;
    });
  }

  /** The level on a pin as a LED on it sees it; undefined where the pin is no output. */
  outputLevel(pin: number): boolean | undefined {
    if (((this.peek(at.MODER) >>> (2 * pin)) & 3) !== 1) return undefined;
    return ((this.peek(at.ODR) >>> pin) & 1) === 1;
  }

  /** Whether a pin carries an alternate function. */
  carries(pin: number, alternate: number): boolean {
    return ((this.peek(at.MODER) >>> (2 * pin)) & 3) === 2 && ((this.peek(pin < 8 ? at.AFRL : at.AFRH) >>> (4 * (pin & 7))) & 0xf) === alternate;
  }

  override write(offset: number, value: number, width: AccessWidth): void {
    this.#watchingEdges(() => super.write(offset, value, width));
    const register = offset & ~3;
    if (register === at.MODER || register === at.AFRL || register === at.AFRH) this.listener?.configured();
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#lockStep = 0;
    this.#lockPins = 0;
  }

  protected override savedBeside(): Saved {
    return { driven: this.#driven, levels: this.#levels, lockStep: this.#lockStep, lockPins: this.#lockPins };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#driven = state.integer('driven', 0, 0xffff);
    this.#levels = state.integer('levels', 0, 0xffff);
    this.#lockStep = state.integer('lockStep', 0, 3);
    this.#lockPins = state.integer('lockPins', 0, 0xffff);
  }

  #watchingEdges(change: () => void): void {
    const listening = this.listener?.listening() ?? 0;
    if (listening === 0) return change();
    const before = this.#input();
    change();
    const after = this.#input();
    const rising = after & ~before & listening;
    const falling = before & ~after & listening;
    if ((rising | falling) !== 0) this.listener?.changed(rising, falling);
  }

  get #locked(): number {
    return (this.peek(at.LCKR) & lckk) !== 0 ? this.peek(at.LCKR) & 0xffff : 0;
  }

  #output(set: number, clear: number): void {
    // BSRR: set wins over reset.
    this.poke(at.ODR, (this.peek(at.ODR) & ~clear) | set);
  }

  #input(): number {
    const moder = this.peek(at.MODER);
    const pupdr = this.peek(at.PUPDR);
    let value = 0;
    for (let pin = 0; pin < 16; pin += 1) {
      const mode = (moder >>> (2 * pin)) & 3;
      if (mode === 3) continue; // analog: the Schmitt trigger is off, reads 0
      const bit = 1 << pin;
      const pulledUp = ((pupdr >>> (2 * pin)) & 3) === 1;
      const outside = (this.#driven & bit) !== 0 ? (this.#levels & bit) !== 0 : pulledUp;
      const driven = mode === 1 && ((this.peek(at.ODR) & bit) === 0 || (this.peek(at.OTYPER) & bit) === 0);
      if (driven ? (this.peek(at.ODR) & bit) !== 0 : outside) value |= bit;
    }
    return value;
  }

  /** Lock key sequence: LCKK 1, 0, 1 with the same pins, then a read; locked until the next reset. */
  #lock(value: number, stored: number): number {
    if ((stored & lckk) !== 0) return stored;
    const pins = value & 0xffff;
    const key = (value & lckk) !== 0;
    const expected = this.#lockStep !== 1;
    if (this.#lockStep > 0 && pins !== this.#lockPins) this.#lockStep = 0;
    this.#lockStep = key === expected ? this.#lockStep + 1 : 0;
    this.#lockPins = pins;
    if (this.#lockStep < 3) return pins;
    this.#lockStep = 0;
    return pins | lckk;
  }
}

/** A configuration register with `bits` bits a pin that the lock freezes. */
function lockable(name: string, bits: 1 | 2 | 4, reset: number, locked: () => number): Register {
  const field = (1 << bits) - 1;
  return {
    name,
    reset,
    writable: bits === 1 ? 0xffff : 0xffffffff,
    write: (value, stored) => {
      let frozen = 0;
      const pins = locked();
      for (let pin = 0; pin < 32 / bits && pin < 16; pin += 1) if (((pins >>> pin) & 1) === 1) frozen |= field << (pin * bits);
      return (stored & frozen) | (value & ~frozen);
    },
  };
}

