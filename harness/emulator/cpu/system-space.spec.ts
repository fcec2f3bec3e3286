import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { program, smallMachine } from './testing/small-machine.js';

const machine = (): ReturnType<typeof smallMachine> => smallMachine(program('b .', [0xe7fe]));
type Width = 1 | 2 | 4;

describe('system control space', () => {
  it.each([
    ['CPUID', 0xe000ed00, 0x411fc272], ['MPU_TYPE', 0xe000ed90, 0x1000], ['ICTR', 0xe000e004, 4], ['AIRCR', 0xe000ed0c, 0xfa050000], ['CCR', 0xe000ed14, 0x00040200],
    ['CPACR', 0xe000ed88, 0], ['FPCCR', 0xe000ef34, 0xc0000000], ['SHCSR', 0xe000ed24, 0], ['CTR', 0xe000ed7c, 0x8303c003],
  ])('%s after reset → its value', (_, address, value) => {
    expect(machine().core.system.load(address, 4, true)).toBe(value);
  });

  it.each([
    [0xe000ed28, 1 as Width, 0x01], [0xe000ed29, 1 as Width, 0x82], [0xe000ed2a, 2 as Width, 0x0200], [0xe000ed28, 4 as Width, 0x02008201],
  ])('CFSR at 0x%s, width %i, ones written → these bits are cleared and no others', (address, width, ones) => {
    const { core } = machine();
    core.exceptions.cfsr = 0x03018f93;
    const shift = 8 * (address & 3);
    core.system.store(address, ones, width, true);
    expect(core.system.load(0xe000ed28, 4, true)).toBe((0x03018f93 & ~(ones << shift)) >>> 0);
  });

  it('SHPR and IPR by bytes and halfwords → only these priorities, four bits each', () => {
    const { core } = machine();
    core.system.store(0xe000ed23, 0xff, 1, true);
    core.system.store(0xe000ed22, 0x50, 1, true);
    expect(core.system.load(0xe000ed20, 4, true)).toBe(0xf0500000);
    expect(core.system.load(0xe000ed22, 2, true)).toBe(0xf050);
    core.system.store(0xe000e455, 0xab, 1, true);
    expect(core.system.load(0xe000e454, 4, true)).toBe(0xa000);
  });

  it('NVIC enables → set and cleared by ones; 155 interrupts of the chip have a place', () => {
    const { core } = machine();
    core.system.store(0xe000e110, 0x8000_0001, 4, true);
    core.system.store(0xe000e190, 0x8000_0000, 4, true);
    expect(core.system.load(0xe000e110, 4, true)).toBe(1);
    expect(core.exceptions.enabled[16 + 128]).toBe(1);
    expect(core.exceptions.enabled).toHaveLength(176);
  });

  it('cache switches → read back; maintenance → nothing, cache sizes by CSSELR', () => {
    const { core } = machine();
    core.system.store(0xe000ed14, 0x00070200, 4, true);
    expect(core.system.load(0xe000ed14, 4, true)).toBe(0x00070200);
    for (const address of [0xe000ef50, 0xe000ef60, 0xe000ef6c, 0xe000ef74]) core.system.store(address, 0, 4, true);
    const data = core.system.load(0xe000ed80, 4, true);
    core.system.store(0xe000ed84, 1, 4, true);
    expect([data, core.system.load(0xe000ed80, 4, true)]).toEqual([0xf003e019, 0xf007e009]);
  });

  it('CYCCNT → counts instructions while TRCENA and CYCCNTENA are set, stands still otherwise', () => {
    const m = machine();
    const count = (): number => m.core.system.load(0xe0001004, 4, true);
    m.step(5);
    expect(count()).toBe(0);
    m.system(0xe000edfc, 0x01000000);
    m.system(0xe0001000, 1);
    m.system(0xe0001004, 100);
    m.step(5);
    expect(count()).toBe(105);
    m.system(0xe0001000, 0);
    m.step(5);
    expect(count()).toBe(105);
  });

  it('a register that is not modelled → stops with its address; unprivileged → a bus fault', () => {
    const { core } = machine();
    expect(() => core.system.load(0xe000e000, 4, true)).toThrow(UnmodelledAccess);
    expect(() => core.system.store(0xe0041000, 1, 4, true)).toThrow(expect.objectContaining({ what: 'system register 0xe0041000', address: 0xe0041000 }));
    expect(() => core.system.load(0xe000ed00, 4, false)).toThrow(expect.objectContaining({ exception: 5, cfsr: 0x8200, address: 0xe000ed00 }));
    // With CCR.USERSETMPEND unprivileged code may trigger an interrupt.
    expect(() => core.system.store(0xe000ef00, 1, 4, false)).toThrow(expect.objectContaining({ cfsr: 0x8200 }));
    core.system.store(0xe000ed14, 0x00040202, 4, true);
    core.system.store(0xe000ef00, 1, 4, false);
    expect(core.exceptions.pending[17]).toBe(1);
  });
});
