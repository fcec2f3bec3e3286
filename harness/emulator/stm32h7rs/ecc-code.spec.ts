import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eccCode } from './ecc-code.js';

const word = fc.integer({ min: 0, max: 0xffffffff });

describe("SECDED code of the monitored RAMs", () => {
  it("bit 12 of a 64-bit word flipped → syndrome 0x41, as ST's example expects, whatever the data", () => {
    const code = eccCode(8);
    // DATA_VALUE_64 of RAMECC_ErrorCount, then the flipped word.
    const stored = code.encode(0x9abcdeff, 0x12345678);
    expect(code.decode(0x9abcceff, 0x12345678, stored)).toEqual({ error: 'single', syndrome: 0x41, low: 0x9abcdeff, high: 0x12345678 });
  });

  it.each([4, 8] as const)('words of %i bytes: no flip, any one flip, any two flips → none, corrected, double', (bytes) => {
    const code = eccCode(bytes);
    const bit = fc.integer({ min: 0, max: bytes * 8 - 1 });
    fc.assert(
      fc.property(word, word, bit, bit, (low, upper, first, second) => {
        const high = bytes === 8 ? upper : 0;
        const stored = code.encode(low, high);
        expect(code.decode(low, high, stored).error).toBe('none');
        const one = flip(low, high, first);
        expect(code.decode(one.low, one.high, stored)).toMatchObject({ error: 'single', low, high });
        if (first === second) return;
        const two = flip(one.low, one.high, second);
        expect(code.decode(two.low, two.high, stored)).toMatchObject({ error: 'double', ...two });
      }),
    );
  });

  it('a check bit or the parity bit itself flipped → single, data untouched', () => {
    const code = eccCode(8);
    const stored = code.encode(1, 2);
    for (let bit = 0; bit < 8; bit += 1) {
      expect(code.decode(1, 2, stored ^ (1 << bit))).toMatchObject({ error: 'single', low: 1, high: 2 });
    }
  });
});

function flip(low: number, high: number, bit: number): { low: number; high: number } {
  const mask = 1 << (bit & 31);
  return bit < 32 ? { low: (low ^ mask) >>> 0, high } : { low, high: (high ^ mask) >>> 0 };
}
