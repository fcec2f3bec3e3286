import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { Mce } from './mce.js';

describe('MCE', () => {
  it('key written → valid, reads as 0; a reset forgets it', () => {
    const mce = new Mce('MCE1');
    expect(mce.read(0x04, 4)).toBe(0);
    mce.write(0x200, 0x12345678, 4);
    expect([mce.read(0x04, 4) & 1, mce.read(0x200, 4)]).toEqual([1, 0]);
    mce.reset('system');
    expect(mce.read(0x04, 4)).toBe(0);
  });

  it('region without cipher → kept; cipher switched on → stops by name', () => {
    const mce = new Mce('MCE2');
    mce.write(0x44, 0x70000000, 4);
    mce.write(0x40, 1, 4);
    expect([mce.read(0x44, 4), mce.read(0x40, 4)]).toEqual([0x70000000, 1]);
    expect(() => mce.write(0x40, 1 | (1 << 14), 4)).toThrow(new UnmodelledAccess('MCE2 cipher of region 1 (REGCR)', 0x5200bc40));
  });

  it('locked → nothing changes any more, the lock included', () => {
    const mce = new Mce('MCE1');
    mce.write(0x00, 1, 4);
    mce.write(0x44, 1, 4);
    mce.write(0x00, 0, 4);
    expect([mce.read(0x44, 4), mce.read(0x00, 4)]).toEqual([0, 1]);
  });
});
