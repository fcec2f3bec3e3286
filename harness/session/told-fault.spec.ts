import { describe, expect, it } from '@jest/globals';
import { cfsrFlags, faultAddress, faultKinds, toldFault } from './told-fault.js';

describe('a fault as a console tells of it', () => {
  it("the fixtures' line → exception, registers, address and flags", () => {
    const fault = toldFault(['@1 ok', '!fault seq=2 exception=4 cfsr=0x00000082 hfsr=0x00000000 mmfar=0x52000000 bfar=0x00000000 pc=0x7000123c lr=0x700012af xpsr=0x01000000 psr_priv=1 crc=00000000'])!;
    expect(fault).toMatchObject({ exception: 'MemManage', cfsr: 0x82, pc: 0x7000123c, mmfar: 0x52000000 });
    expect(faultAddress(fault)).toBe(0x52000000);
    expect(cfsrFlags(fault.cfsr)).toEqual(['DACCVIOL', 'MMARVALID']);
  });

  it("somebody's handler, registers on lines of their own → the same; a HardFault by escalation is its cause as well", () => {
    const fault = toldFault(['*** HardFault ***', 'CFSR : 0x00008200', 'HFSR : 0x40000000', 'BFAR : 0x90001000', 'PC   : 0x70001234'])!;
    expect(fault).toMatchObject({ exception: 'HardFault', hfsr: 0x40000000, bfar: 0x90001000, pc: 0x70001234 });
    expect(faultKinds(fault)).toEqual(['HardFault', 'BusFault']);
    expect(faultAddress(fault)).toBe(0x90001000);
  });

  it('two reports → the last one; an address that is not marked valid → none', () => {
    const fault = toldFault(['UsageFault CFSR=0x00010000 PC=0x1', ...Array.from({ length: 40 }, () => 'something else'), 'MemManage CFSR=0x00000001 MMFAR=0x20000000 PC=0x2'])!;
    expect(fault).toMatchObject({ exception: 'MemManage', cfsr: 1, pc: 2 });
    expect(faultAddress(fault)).toBeUndefined();
  });

  it.each([['no word of it', ['tick 1', 'no fault']], ['a name without a value', ['CFSR unknown']], ['nothing', []]])('%s → no fault', (_what, lines) => {
    expect(toldFault(lines)).toBeUndefined();
  });
});
