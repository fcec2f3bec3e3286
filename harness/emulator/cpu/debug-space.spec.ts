import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { codeBase, handlerOf, program, smallMachine, type SmallMachine } from './testing/small-machine.js';

const Reg = { cfsr: 0xe000ed28, hfsr: 0xe000ed2c, dfsr: 0xe000ed30, shpr3: 0xe000ed20, demcr: 0xe000edfc, dhcsr: 0xe000edf0, dwtControl: 0xe0001000, cycles: 0xe0001004, fpbControl: 0xe0002000, fpbComparator: 0xe0002008 } as const;
const monitorEnable = 1 << 16;
const monitorPend = 1 << 17;
const read = (machine: SmallMachine, address: number): number => machine.core.system.load(address, 4, true);
const breakpoint = program('bkpt #1; nop', [0xbe01, 0xbf00]);

describe('debug blocks without a debugger', () => {
  it('BKPT with the monitor enabled → DebugMonitor with DFSR.BKPT, at the instruction; without → HardFault with DEBUGEVT', () => {
    for (const [demcr, exception, hfsr] of [[monitorEnable, 12, 0], [0, 3, 0x80000000]] as const) {
      const machine = smallMachine(breakpoint);
      machine.system(Reg.demcr, demcr);
      machine.core.run(1);
      expect(machine.core.ipsr).toBe(exception);
      expect(machine.reg(15)).toBe(handlerOf(exception));
      expect(machine.word(machine.reg(13) + 24)).toBe(codeBase);
      expect([read(machine, Reg.dfsr), read(machine, Reg.hfsr)]).toEqual([2, hfsr]);
    }
  });

  it('BKPT where the monitor is not above the running priority → HardFault', () => {
    const machine = smallMachine(breakpoint);
    machine.system(Reg.demcr, monitorEnable);
    machine.core.primask = 1;
    machine.core.run(1);
    expect(machine.core.ipsr).toBe(3);
  });

  it('DEMCR.MON_PEND → the monitor is pending, and entered once it is enabled', () => {
    const machine = smallMachine(program('nop; nop', [0xbf00, 0xbf00]));
    machine.system(Reg.demcr, monitorPend);
    machine.step(1);
    expect(machine.core.ipsr).toBe(0);
    expect(read(machine, Reg.demcr) & monitorPend).toBe(monitorPend);
    machine.system(Reg.demcr, monitorPend | monitorEnable);
    machine.core.run(0);
    expect(machine.core.ipsr).toBe(12);
    expect(read(machine, Reg.demcr) & monitorPend).toBe(0);
  });

  it('DWT_CYCCNT → counts with TRCENA and CYCCNTENA only, from what is written', () => {
    const machine = smallMachine(program('nop; nop; nop; nop; b .', [0xbf00, 0xbf00, 0xbf00, 0xbf00, 0xe7fe]));
    machine.system(Reg.dwtControl, 1);
    machine.step(2);
    expect(read(machine, Reg.cycles)).toBe(0);
    machine.system(Reg.demcr, 1 << 24);
    machine.system(Reg.cycles, 100);
    machine.step(2);
    expect(read(machine, Reg.cycles)).toBe(102);
  });

  it('ITM and TPIU as start-up code sets them → kept; a stimulus port is ready only when it is enabled, and writes go nowhere', () => {
    const machine = smallMachine(breakpoint);
    expect(read(machine, 0xe0000000)).toBe(0);
    machine.system(0xe0000fb0, 0xc5acce55);
    machine.system(0xe0000e80, 0x0001000d);
    machine.system(0xe0000e00, 1);
    machine.system(0xe0000000, 0x41);
    expect([read(machine, 0xe0000000), read(machine, 0xe0000004), read(machine, 0xe0000e80)]).toEqual([1, 0, 0x0001000d]);
    machine.system(0xe0040010, 99);
    expect(read(machine, 0xe0040010)).toBe(99);
    expect(read(machine, Reg.dhcsr)).toBe(0x00010000);
  });

  it('an armed comparator of FPB or DWT, or a step of the monitor → the run ends with its name; disarmed → kept', () => {
    const machine = smallMachine(breakpoint);
    machine.system(Reg.fpbComparator, 0x1001);
    expect(read(machine, Reg.fpbControl)).toBe(0x10000080);
    machine.system(Reg.fpbControl, 1);
    expect(read(machine, Reg.fpbControl)).toBe(0x10000080);
    expect(() => machine.system(Reg.fpbControl, 3)).toThrow(UnmodelledAccess);
    machine.system(Reg.fpbComparator, 0);
    machine.system(Reg.fpbControl, 3);
    expect(read(machine, Reg.fpbControl)).toBe(0x10000081);
    expect(() => machine.system(Reg.fpbComparator, 0x1001)).toThrow('FPB comparator');
    expect(() => machine.system(0xe0001028, 5)).toThrow('DWT comparator');
    expect(() => machine.system(Reg.demcr, 1 << 18)).toThrow('DEMCR.MON_STEP');
  });
});
