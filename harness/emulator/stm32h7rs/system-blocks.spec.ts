import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { Dbgmcu } from './dbgmcu.js';
import { FlashInterface } from './flash.js';
import { Pwr } from './pwr.js';
import { Rng } from './rng.js';
import { testPorts } from './testing/ports.js';
import { Sbs } from './sbs.js';

describe('PWR', () => {
  it('voltage scale asked for → ready and active at once', () => {
    const pwr = new Pwr();
    pwr.write(0x14, 1, 4);
    expect(pwr.read(0x14, 4)).toBe(3);
    expect(pwr.read(0x04, 4)).toBe(3);
  });

  it('supply configuration → survives a system reset, not power-on; the XSPI enables do not', () => {
    const pwr = new Pwr();
    pwr.write(0x0c, (1 << 14) | 0x05, 4);
    pwr.reset('system');
    expect(pwr.read(0x0c, 4)).toBe(0x05);
    pwr.reset('power-on');
    expect(pwr.read(0x0c, 4)).toBe(0x06);
  });
});

describe('FLASH', () => {
  it('latency written → reads back, reserved bits stay 0', () => {
    const flash = new FlashInterface(() => new Map());
    flash.write(0, 0xffffff37, 4);
    expect(flash.read(0, 4)).toBe(0x37);
  });

  it('option status changed outside → the registers show it', () => {
    const status = new Map<number, number>();
    const flash = new FlashInterface(() => status);
    expect(flash.read(0x218, 4)).toBe(0);
    expect(flash.read(0x21c, 4)).toBe(0);
    status.set(0x52002218, 0xa5).set(0x52002200, 0x51);
    expect(flash.read(0x218, 4)).toBe(0xa5);
    expect(flash.read(0x21c, 4)).toBe(0xa5);
    expect(flash.read(0x200, 4)).toBe(0x51);
  });

  it('right keys → unlocked until reset; a wrong key → locked whatever follows', () => {
    const flash = new FlashInterface(() => new Map());
    flash.write(4, 0x45670123, 4);
    flash.write(4, 0xcdef89ab, 4);
    expect(flash.read(0x10, 4)).toBe(0);
    flash.reset('system');
    flash.write(4, 0x12345678, 4);
    flash.write(4, 0x45670123, 4);
    flash.write(4, 0xcdef89ab, 4);
    expect(flash.read(0x10, 4)).toBe(1);
  });

  it('programming started while unlocked → stops as unmodelled; while locked → ignored', () => {
    const flash = new FlashInterface(() => new Map());
    expect(() => flash.write(0x10, 0x22, 4)).not.toThrow();
    flash.write(4, 0x45670123, 4);
    flash.write(4, 0xcdef89ab, 4);
    expect(() => flash.write(0x10, 0x22, 4)).toThrow(UnmodelledAccess);
  });
});

describe('SBS', () => {
  it('increment code written three times → hide protection level 3, no further; reset → 0', () => {
    const sbs = new Sbs();
    const codes = [sbs.read(0x14, 4)];
    for (let i = 0; i < 4; i += 1) {
      sbs.write(0x10, 0x6a, 4);
      codes.push(sbs.read(0x14, 4));
    }
    expect(codes).toEqual([0xb4, 0x51, 0x8a, 0x6f, 0x6f]);
    sbs.write(0x10, 0x6b, 4);
    sbs.reset('pin');
    expect(sbs.hideProtectionLevel).toBe(0);
  });

  it('compensation cell enabled → its ready flag, no other', () => {
    const sbs = new Sbs();
    sbs.write(0x110, 4, 4);
    expect(sbs.read(0x110, 4)).toBe(0x204);
  });
});

describe('RNG', () => {
  it('enabled → a number is ready; off → none, DR 0', () => {
    const rng = new Rng(testPorts(), 1);
    expect([rng.read(4, 4), rng.read(8, 4)]).toEqual([0, 0]);
    rng.write(0, 4, 4);
    expect(rng.read(4, 4)).toBe(1);
    expect(rng.read(8, 4)).not.toBe(rng.read(8, 4));
  });

  it('interrupt enabled while it is on → requested until IE goes', () => {
    const ports = testPorts();
    const rng = new Rng(ports, 1);
    rng.write(0, 8, 4);
    expect(ports.active.has(37)).toBe(false);
    rng.write(0, 12, 4);
    expect(ports.active.has(37)).toBe(true);
    rng.write(0, 4, 4);
    expect(ports.active.has(37)).toBe(false);
  });

  it('same seed → same numbers; another seed → others', () => {
    const draw = (seed: number): number[] => {
      const rng = new Rng(testPorts(), seed);
      rng.write(0, 4, 4);
      return [rng.read(8, 4), rng.read(8, 4), rng.read(8, 4)];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });
});

describe('DBGMCU', () => {
  it('identity → device id 0x485', () => {
    expect(new Dbgmcu(0x485).read(0, 4) & 0xfff).toBe(0x485);
  });
});
