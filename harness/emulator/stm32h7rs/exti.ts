import type { BlockPorts, ResetCause } from '../ports.js';
import type { InterruptName } from './interrupts.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { Register, RegisterMap } from './register-block.js';
import { RegisterBlock, lacking, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, EXTI_TypeDef; which lines have triggers: stm32h7rsxx_hal_exti.h, EXTI_LINE_x.
const at = { RTSR1: 0x00, FTSR1: 0x04, IMR1: 0x80, PR1: 0x88 } as const;
const configurable1 = 0x003fffff; // 0 … 21
const configurable2 = 0x004a4004; // 34, 46, 49, 51, 54
const pins = 16;
/** `unverified:` direct lines are unmasked after reset. */
const imrReset = [0xffc00000, 0xffb5bffb, 0x00002000] as const;

/**
 * External interrupts: edges of GPIO pins and software triggers on lines 0 … 15 reach the NVIC. Lines of other blocks only
 * wake the chip, or have their own interrupt line; their masks are kept, and a software trigger sets its pending bit.
 */
export class Exti extends RegisterBlock {
  constructor(
    private readonly ports: BlockPorts,
    /** Number of the port (A = 0) that SBS_EXTICRx selects for a line 0 … 15. */
    private readonly selectedPort: (line: number) => number,
  ) {
    const { base, size } = peripheral('EXTI');
    const values: Values = { peek: (offset) => this.peek(offset), poke: (offset, value) => this.poke(offset, value) };
    const changed = (): void => this.#interrupt();
    super('EXTI', base, size, {
      ...triggers(0x00, at.PR1, configurable1, '1', changed, values),
      ...triggers(0x20, 0x98, configurable2, '2', changed, values),
      ...masks(changed, values),
    });
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#interrupt();
  }

  /** Pins of a port whose edges matter: some line selects them and asks for an edge. */
  listeningPins(port: number): number {
    const wanted = (this.peek(at.RTSR1) | this.peek(at.FTSR1)) & 0xffff;
    let mask = 0;
    for (let pin = 0; pin < pins; pin += 1) if ((wanted >>> pin) & 1 && this.selectedPort(pin) === port) mask |= 1 << pin;
    return mask;
  }

  /** Levels of a port's pins changed: `rising` and `falling` are bit masks. */
  pinEdges(port: number, rising: number, falling: number): void {
    const triggered = ((rising & this.peek(at.RTSR1)) | (falling & this.peek(at.FTSR1))) & this.listeningPins(port);
    if (triggered === 0) return;
    this.poke(at.PR1, this.peek(at.PR1) | triggered);
    this.#interrupt();
  }

  #interrupt(): void {
    const active = this.peek(at.PR1) & this.peek(at.IMR1);
    for (let line = 0; line < pins; line += 1) {
      this.ports.interrupts.setLevel(interruptNumbers[`EXTI${line}` as InterruptName], ((active >>> line) & 1) === 1);
    }
    this.ports.interrupts.setLevel(interruptNumbers.PVD_PVM, ((active >>> 16) & 1) === 1);
  }
}

interface Values {
  peek(offset: number): number;
  poke(offset: number, value: number): void;
}

function triggers(offset: number, pending: number, lines: number, suffix: string, changed: () => void, values: Values): RegisterMap {
  return {
    [offset]: storage(`RTSR${suffix}`, 0, lines),
    [offset + 4]: storage(`FTSR${suffix}`, 0, lines),
    [offset + 8]: {
      name: `SWIER${suffix}`,
      writable: lines,
      // A bit that goes up triggers its line; it falls with the pending bit.
      write: (value, stored) => {
        values.poke(pending, values.peek(pending) | (value & ~stored));
        changed();
        return value;
      },
    },
    [pending]: {
      name: `PR${suffix}`,
      command: true,
      writable: lines,
      write: (value, stored) => {
        values.poke(pending, stored & ~value);
        values.poke(offset + 8, values.peek(offset + 8) & ~value);
        changed();
        return stored & ~value;
      },
    },
  };
}

function masks(changed: () => void, values: Values): RegisterMap {
  const map: Record<number, Register> = {};
  imrReset.forEach((reset, index) => {
    const offset = at.IMR1 + 0x10 * index;
    map[offset] = {
      name: `IMR${index + 1}`,
      reset,
      write: (value) => {
        values.poke(offset, value);
        changed();
        return value;
      },
    };
    // An event wakes a core in WFE, which this model lacks.
    map[offset + 4] = lacking(`EMR${index + 1}`, 0xffffffff);
  });
  return map;
}
