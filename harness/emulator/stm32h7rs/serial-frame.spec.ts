import { describe, expect, it } from '@jest/globals';
import type { FrameFormat } from './serial-frame.js';
import { frameSeconds, parityOf, receivedAs } from './serial-frame.js';

const at = (baudRate: number, bits = 8): FrameFormat => ({ baudRate, bits, stopBits: 1 });

describe('a character on the line', () => {
  it.each([0.96, 0.98, 1, 1.02, 1.04])('sender at %s of the receiver’s rate → every character arrives', (factor) => {
    for (let value = 0; value < 256; value += 1) expect(receivedAs(value, at(115200 * factor), at(115200))).toEqual({ value, framingError: false });
  });

  it('sender 10 % too fast or too slow → garbled characters', () => {
    expect(receivedAs(0x55, at(115200 * 1.12), at(115200)).value).not.toBe(0x55);
    expect(receivedAs(0x55, at(115200 * 0.88), at(115200)).value).not.toBe(0x55);
  });

  it('sender at half the rate → each bit seen twice; a low last bit is no stop bit', () => {
    expect(receivedAs(0b0101, at(57600), at(115200))).toEqual({ value: 0b01100110, framingError: true });
  });

  it('nine bits sent to a receiver of eight → a framing error where the ninth is 0', () => {
    expect(receivedAs(0x041, at(115200, 9), at(115200))).toEqual({ value: 0x41, framingError: true });
    expect(receivedAs(0x141, at(115200, 9), at(115200))).toEqual({ value: 0x41, framingError: false });
  });

  it('duration and parity', () => {
    expect(frameSeconds({ baudRate: 9600, bits: 8, stopBits: 2 })).toBeCloseTo(11 / 9600, 12);
    expect([parityOf(0x41, false), parityOf(0x43, false), parityOf(0x43, true)]).toEqual([0, 1, 0]);
  });
});
