import { describe, expect, it } from '@jest/globals';
import { hex, hex32, parseNumber } from './numbers.js';

describe('numbers', () => {
  it('prints an address → 0x and 8 digits', () => {
    expect(hex32(0x70000400)).toBe('0x70000400');
    expect(hex32(-1)).toBe('0xffffffff');
    expect(hex(0x22, 4)).toBe('0x0022');
  });

  it('reads decimal and 0x numbers → the value', () => {
    expect(parseNumber('2097152')).toBe(0x200000);
    expect(parseNumber('0x200000')).toBe(0x200000);
    expect(parseNumber('0XfF')).toBe(255);
  });

  it.each(['', '-1', '1.5', '0x', '12k', ' 1', '0x1g', '99999999999999999999'])('reads %j → undefined', (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });
});
