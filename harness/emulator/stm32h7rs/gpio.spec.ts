import { describe, expect, it } from '@jest/globals';
import { GpioPort } from './gpio.js';

const MODER = 0x00;
const PUPDR = 0x0c;
const IDR = 0x10;
const ODR = 0x14;
const BSRR = 0x18;
const LCKR = 0x1c;
const BRR = 0x28;

describe('GPIO port', () => {
  it('base follows the letter → GPIOD 0x58020C00, GPIOM 0x58023000, GPIOP 0x58023C00', () => {
    expect([new GpioPort('D').base, new GpioPort('M').base, new GpioPort('P').base]).toEqual([0x58020c00, 0x58023000, 0x58023c00]);
  });

  it('BSRR, BRR and ODR on an output → ODR and IDR show the pins, set wins over reset', () => {
    const port = new GpioPort('O');
    port.write(MODER, 0x55555555, 4);
    port.write(BSRR, 0x0000_0022, 4);
    expect(port.read(IDR, 4)).toBe(0x22);
    port.write(BRR, 0x20, 4);
    expect(port.read(ODR, 4)).toBe(0x02);
    port.write(BSRR, 0x0002_0002, 4);
    expect(port.read(ODR, 4)).toBe(0x02);
    port.write(BSRR + 2, 0x0002, 2);
    expect(port.read(ODR, 4)).toBe(0);
    expect(port.read(BSRR, 4)).toBe(0);
  });

  it('input → outside level, else its pull; analog → 0', () => {
    const port = new GpioPort('C');
    port.write(MODER, 0xffffffff & ~(3 << 26), 4); // PC13 input
    expect(port.read(IDR, 4)).toBe(0);
    port.write(PUPDR, 1 << 26, 4);
    expect(port.read(IDR, 4)).toBe(1 << 13);
    port.drive(13, false);
    expect(port.read(IDR, 4)).toBe(0);
    port.drive(13, true);
    port.drive(3, true);
    expect(port.read(IDR, 4)).toBe(1 << 13);
    port.drive(13, undefined);
    port.write(PUPDR, 0, 4);
    expect(port.read(IDR, 4)).toBe(0);
  });

  it('a LED on an output → its level; on a pin that is no output → undefined', () => {
    const port = new GpioPort('O');
    expect(port.outputLevel(1)).toBeUndefined();
    port.write(MODER, 1 << 2, 4);
    port.write(BSRR, 2, 4);
    expect(port.outputLevel(1)).toBe(true);
  });

  it('lock sequence right → the pin keeps its configuration until reset; broken sequence → it does not', () => {
    const port = new GpioPort('D');
    const lock = (values: number[]): void => values.forEach((value) => port.write(LCKR, value, 4));
    lock([0x10001, 0x00001, 0x10002]);
    port.write(MODER, 0, 4);
    expect(port.read(MODER, 4)).toBe(0);
    port.reset('pin');
    lock([0x10001, 0x00001, 0x10001]);
    expect(port.read(LCKR, 4)).toBe(0x10001);
    port.write(MODER, 0, 4);
    expect(port.read(MODER, 4)).toBe(3);
    port.reset('pin');
    port.write(MODER, 0, 4);
    expect(port.read(MODER, 4)).toBe(0);
  });
});
