import type { AccessWidth } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { peripheral } from './peripherals.js';
import { RegisterBlock, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, CRC_TypeDef. Default polynomial: stm32h7rsxx_hal_crc.h.
const at = { CR: 0x08, INIT: 0x10, POL: 0x14 } as const;
const reset = 1;
const defaultPolynomial = 0x04c11db7;

/** CRC unit: polynomials of 32, 16, 8 and 7 bits, input by byte, halfword or word, reversals of input and output. */
export class Crc extends RegisterBlock {
  #crc = 0xffffffff;

  constructor() {
    const { base, size } = peripheral('CRC');
    super('CRC', base, size, {
      0x00: { name: 'DR', reset: 0xffffffff, read: () => this.#result() },
      0x04: storage('IDR'),
      0x08: {
        name: 'CR',
        writable: 0xf9,
        write: (value) => {
          if ((value & reset) !== 0) this.#crc = this.peek(at.INIT);
          return value & ~reset;
        },
      },
      0x10: {
        name: 'INIT',
        reset: 0xffffffff,
        write: (value) => {
          this.#crc = value;
          return value;
        },
      },
      0x14: storage('POL', defaultPolynomial),
    });
  }

  override write(offset: number, value: number, width: AccessWidth): void {
    // The width of a store to DR says how many bits come in.
    if (offset >>> 2 === 0) this.#feed(value >>> 0, 8 * width);
    else super.write(offset, value, width);
  }

  protected override savedBeside(): Saved {
    return { crc: this.#crc };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#crc = state.word('crc');
  }

  get #bits(): number {
    return [32, 16, 8, 7][(this.peek(at.CR) >>> 3) & 3]!;
  }

  #feed(value: number, width: number): void {
    const bits = this.#bits;
    const polynomial = this.peek(at.POL);
    const top = (1 << (bits - 1)) >>> 0;
    const mask = bits === 32 ? 0xffffffff : (1 << bits) - 1;
    const input = this.#reverseInput(value, width);
    let crc = this.#crc & mask;
    for (let bit = width - 1; bit >= 0; bit -= 1) {
      const out = (crc & top) !== 0 ? 1 : 0;
      crc = ((crc << 1) & mask) ^ ((out ^ ((input >>> bit) & 1)) === 1 ? polynomial & mask : 0);
    }
    this.#crc = crc >>> 0;
  }

  /** REV_IN: none, within bytes, within halfwords, within the word. */
  #reverseInput(value: number, width: number): number {
    const field = [0, 8, 16, 32][(this.peek(at.CR) >>> 5) & 3]!;
    if (field === 0) return value;
    const unit = Math.min(field, width);
    let result = 0;
    for (let low = 0; low < width; low += unit) result |= reverse(value >>> low, unit) << low;
    return result >>> 0;
  }

  #result(): number {
    return (this.peek(at.CR) & 0x80) === 0 ? this.#crc : reverse(this.#crc, this.#bits);
  }
}

function reverse(value: number, bits: number): number {
  let result = 0;
  for (let i = 0; i < bits; i += 1) result |= ((value >>> i) & 1) << (bits - 1 - i);
  return result >>> 0;
}
