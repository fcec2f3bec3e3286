import { describe, expect, it } from '@jest/globals';
import { program, smallMachine } from './testing/small-machine.js';

const itcmcr = 0xe000ef90;
const dtcmcr = 0xe000ef94;
const cfsr = 0xe000ed28;
const abfsr = 0xe000efa8;
const busFaultEnable = { address: 0xe000ed24, value: 0x20000 };
const tightlyCoupled = { itcm: { bank: 'code', size: 0x10000 }, dtcm: { bank: 'data', size: 0x10000 } } as const;

describe('ITCMCR and DTCMCR', () => {
  it('after reset → on, 64 KB; all ones written → EN, RMW and RETEN are kept, the size is read-only', () => {
    const { core, system } = smallMachine(program('b .', [0xe7fe]), { tightlyCoupled });
    for (const address of [itcmcr, dtcmcr]) {
      expect(core.system.load(address, 4, true)).toBe(0x3b);
      system(address, 0xffffffff);
      expect(core.system.load(address, 4, true)).toBe(0x3f);
    }
  });

  it('a core without TCMs → both read 0, whatever is written', () => {
    const { core, system } = smallMachine(program('b .', [0xe7fe]));
    system(itcmcr, 1);
    expect([core.system.load(itcmcr, 4, true), core.system.load(dtcmcr, 4, true)]).toEqual([0, 0]);
  });

  it('DTCM off → a load there is a BusFault with its address although it worked before; on again → the old contents', () => {
    const machine = smallMachine(program('1: ldr r0, [r1]; b 1b', [0x6808, 0xe7fd]), { tightlyCoupled });
    machine.system(busFaultEnable.address, busFaultEnable.value);
    machine.setWord(0x20000100, 0x1234);
    machine.core.r[1] = 0x20000100;
    machine.step(4);
    expect(machine.reg(0)).toBe(0x1234);
    // The stack stands there too: its frame cannot be written either.
    machine.core.r[13] = 0x9000;
    machine.system(dtcmcr, 0);
    machine.step(1);
    expect([machine.core.ipsr, machine.core.system.load(cfsr, 4, true), machine.core.exceptions.bfar]).toEqual([5, 0x8200, 0x20000100]);
    machine.system(dtcmcr, 1);
    expect(machine.core.loadSlowly(0x20000100, 4)).toBe(0x1234);
  });

  it('ITCM off while code runs from it → BusFault of the fetch, and no handler can be found there: lock-up', () => {
    const machine = smallMachine(program('1: nop; b 1b', [0xbf00, 0xe7fd]), { tightlyCoupled });
    machine.step(4);
    machine.system(itcmcr, 0);
    expect(machine.run(4)).toMatchObject({ kind: 'lockup', why: 'the HardFault vector cannot be read' });
    expect(machine.core.system.load(cfsr, 4, true)).toBe(0x100);
  });

  it('core reset → both are on again', () => {
    const machine = smallMachine(program('nop', [0xbf00]), { tightlyCoupled });
    machine.system(itcmcr, 0);
    machine.core.reset();
    machine.core.jump(0);
    machine.step(1);
    expect(machine.core.system.load(itcmcr, 4, true)).toBe(0x3b);
  });
});

describe('ABFSR', () => {
  it('an imprecise bus fault of a store → the interface is noted; any write → 0', () => {
    const machine = smallMachine(program('str r0, [r1]; nop', [0x6008, 0xbf00]));
    machine.system(busFaultEnable.address, busFaultEnable.value);
    machine.core.r[1] = 0x70000000;
    machine.step(1);
    expect(machine.core.system.load(abfsr, 4, true)).toBe(0x308);
    machine.system(abfsr, 1);
    expect(machine.core.system.load(abfsr, 4, true)).toBe(0);
  });
});
