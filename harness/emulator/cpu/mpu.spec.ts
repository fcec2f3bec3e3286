import { beforeEach, describe, expect, it } from '@jest/globals';
import { Mpu, Permission } from './mpu.js';

const none = 0;
const read = Permission.read;
const readWrite = Permission.read | Permission.write;
const execute = Permission.execute;
const Reg = { type: 0x00, control: 0x04, number: 0x08, rbar: 0x0c, rasr: 0x10 } as const;
const normal = 1 << 17;

let mpu: Mpu;
beforeEach(() => {
  mpu = new Mpu();
  mpu.reset();
});

function region(number: number, base: number, log2: number, attributes: number): void {
  mpu.write(Reg.rbar, (base | 0x10 | number) >>> 0);
  mpu.write(Reg.rasr, (attributes | ((log2 - 1) << 1) | 1) >>> 0);
}
const privileged = (address: number): number => mpu.permissions(address, true, false);
const user = (address: number): number => mpu.permissions(address, false, false);

describe('MPU registers', () => {
  it('TYPE → 16 unified regions', () => expect(mpu.read(Reg.type)).toBe(0x1000));

  it('RBAR with VALID → selects the region; without → the one of RNR', () => {
    mpu.write(Reg.rbar, 0x20000000 | 0x10 | 7);
    expect([mpu.read(Reg.number), mpu.read(Reg.rbar)]).toEqual([7, 0x20000007]);
    mpu.write(Reg.number, 3);
    mpu.write(Reg.rbar, 0x30000005);
    expect([mpu.read(Reg.number), mpu.read(Reg.rbar)]).toEqual([3, 0x30000003]);
  });

  it('the alias registers → the same pair', () => {
    [0, 8, 16, 24].forEach((alias, index) => {
      mpu.write(Reg.rbar + alias, (0x1000 * index) | 0x10 | index);
      mpu.write(Reg.rasr + alias, (3 << 24) | (11 << 1) | 1);
    });
    for (let index = 0; index < 4; index += 1) {
      mpu.write(Reg.number, index);
      expect([mpu.read(Reg.rbar), mpu.read(Reg.rasr)]).toEqual([0x1000 * index + index, 0x03000017]);
    }
  });
});

describe('MPU permissions', () => {
  it('switched off → the default map: peripherals and system space never executable', () => {
    expect([0x08000000, 0x20000000, 0x70000000, 0x90000000].map(privileged)).toEqual([7, 7, 7, 7]);
    expect([0x40000000, 0x5fffffff, 0xa0000000, 0xdfffffff, 0xe0100000].map(user)).toEqual([3, 3, 3, 3, 3]);
  });

  it.each([
    [0, none, none], [1, readWrite, none], [2, readWrite, read], [3, readWrite, readWrite], [5, read, none], [6, read, read], [7, read, read],
  ])('AP %i → privileged %i, unprivileged %i, executable where readable', (ap, forPrivileged, forUser) => {
    region(0, 0x20000000, 12, (ap << 24) | normal);
    mpu.write(Reg.control, 1);
    expect(privileged(0x20000800)).toBe(forPrivileged && forPrivileged | execute);
    expect(user(0x20000800)).toBe(forUser && forUser | execute);
    region(0, 0x20000000, 12, ((ap << 24) | normal | (1 << 28)) >>> 0);
    expect(privileged(0x20000800)).toBe(forPrivileged);
  });

  it('a region of 32 bytes → exactly these; 4 GB → everything', () => {
    region(2, 0x20000020, 5, 3 << 24);
    mpu.write(Reg.control, 1);
    expect([0x2000001f, 0x20000020, 0x2000003f, 0x20000040].map(privileged)).toEqual([none, 7, 7, none]);
    region(2, 0, 32, 3 << 24);
    expect([0, 0x7fffffff, 0x90000000].map(privileged)).toEqual([7, 7, 7]);
    expect(privileged(0xe0200000)).toBe(readWrite);
  });

  it('overlap → the highest number decides; a disabled subregion falls through to the next lower', () => {
    region(1, 0x20000000, 20, 3 << 24);
    region(4, 0x20000000, 12, (6 << 24) | (0x02 << 8));
    mpu.write(Reg.control, 1);
    expect([0x20000000, 0x20000200, 0x20000400, 0x20001000].map(privileged)).toEqual([5, 7, 5, 7]);
    region(9, 0x20000000, 12, 0);
    expect(privileged(0x20000000)).toBe(none);
  });

  it('SRD of a region below 256 bytes → ignored', () => {
    region(0, 0x20000000, 7, (3 << 24) | (0xff << 8));
    mpu.write(Reg.control, 1);
    expect(privileged(0x20000010)).toBe(7);
  });

  it('outside every region → nothing, unless PRIVDEFENA and privileged', () => {
    mpu.write(Reg.control, 1);
    expect([privileged(0x20000000), user(0x20000000)]).toEqual([none, none]);
    mpu.write(Reg.control, 5);
    expect([privileged(0x20000000), user(0x20000000)]).toEqual([7, none]);
  });

  it('HardFault, NMI and FAULTMASK code → the MPU applies only with HFNMIENA', () => {
    mpu.write(Reg.control, 1);
    expect(mpu.permissions(0x20000000, true, true)).toBe(7);
    mpu.write(Reg.control, 3);
    expect(mpu.permissions(0x20000000, true, true)).toBe(none);
  });

  it('the private peripheral bus → data only, whatever the regions say', () => {
    region(15, 0xe0000000, 20, 0);
    mpu.write(Reg.control, 1);
    expect(privileged(0xe000ed00)).toBe(readWrite);
  });

  it.each([
    ['Strongly-ordered (TEX 0)', 0, true], ['Device, shareable (TEX 0, B)', 1 << 16, true], ['Device (TEX 2)', 2 << 19, true],
    ['Normal, write-through (TEX 0, C)', 1 << 17, false], ['Normal, not cacheable (TEX 1)', 1 << 19, false], ['Normal, write-back (TEX 1, C, B)', (1 << 19) | (3 << 16), false],
  ])('%s → Device memory: %p', (_, attributes, device) => {
    region(0, 0x20000000, 12, (3 << 24) | attributes);
    mpu.write(Reg.control, 1);
    expect(mpu.isDevice(0x20000000, false)).toBe(device);
    // Switched off, the default map says Normal here and Device for peripherals.
    mpu.write(Reg.control, 0);
    expect([mpu.isDevice(0x20000000, false), mpu.isDevice(0x40000000, false), mpu.isDevice(0x70000000, false), mpu.isDevice(0xa0000000, false)]).toEqual([false, true, false, true]);
  });
});

describe('MPU pages', () => {
  it.each([
    ['a region of a page', 0x20000000, 12, 0, true],
    ['a region of 128 bytes', 0x20000f80, 7, 0, false],
    ['8 KB with subregions of 1 KB', 0x20000000, 13, 0x01 << 8, false],
    ['32 KB with subregions of a page', 0x20000000, 15, 0x01 << 8, true],
    ['a small region elsewhere', 0x20001000, 7, 0, true],
  ])('%s → the page at 0x20000000 has one permission: %p', (_, base, log2, srd, uniform) => {
    region(0, base, log2, (3 << 24) | srd);
    mpu.write(Reg.control, 1);
    expect(mpu.uniform(0x20000000)).toBe(uniform);
    // What is said to be uniform is.
    const found = new Set(Array.from({ length: 128 }, (__, index) => privileged(0x20000000 + 32 * index)));
    expect(found.size === 1).toBe(uniform);
  });
});
