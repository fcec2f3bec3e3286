import { describe, expect, it } from '@jest/globals';
import { loadDevice } from '../board/index.js';
import { OptionBytes } from './option-bytes.js';

const fresh = (): OptionBytes => new OptionBytes(loadDevice('stm32h7s7').optionBytes);

describe('option bytes', () => {
  it('of a chip as delivered → OPEN, nothing protected, and the registers of the device header', () => {
    const registers = fresh().registers();
    expect(fresh().get('NVSTATE')).toBe(0xb4);
    expect(registers.get(0x52002218)).toBe(0xff);
    expect(registers.get(0x52002230)).toBe(0x000000ff);
  });

  it('programmed → values, registers and the listing say so', () => {
    const bytes = fresh();
    bytes.program([{ name: 'WRPS3', value: 0 }, { name: 'HDP_AREA_END', value: 0xff }, { name: 'ECC_ON_SRAM', value: 1 }]);
    expect(bytes.registers().get(0x52002218)).toBe(0xf7);
    expect(bytes.registers().get(0x52002230)).toBe(0x00ff00ff);
    expect(bytes.registers().get(0x52002268)! & 0x100).toBe(0x100);
    expect(bytes.list().find(({ name }) => name === 'WRPS3')?.value).toBe(0);
  });

  it.each([
    ['WRPS0', 2, 'option-byte-value'],
    ['HDP_AREA_START', 256, 'option-byte-value'],
    ['ECC_ON_SRAM', -1, 'option-byte-value'],
    ['ECC_ON_SRAM', 0.5, 'option-byte-value'],
    ['NVSTATE', 0x51, 'unknown-option-byte'],
    ['RDP', 0, 'unknown-option-byte'],
  ])('%s = %d → refused as %s, and the valid one before it is not programmed either', (name, value, code) => {
    const bytes = fresh();
    expect(() => bytes.program([{ name: 'WRPS1', value: 0 }, { name, value }])).toThrow(expect.objectContaining({ code }));
    expect(bytes.get('WRPS1')).toBe(1);
    bytes.program([{ name: 'WRPS1', value: 0 }]);
    expect(bytes.get('WRPS1')).toBe(0);
  });

  it('restored from a file that names another option byte → refused', () => {
    const bytes = fresh();
    bytes.restore({ WRPS0: 0 });
    expect(bytes.get('WRPS0')).toBe(0);
    expect(() => bytes.restore({ RDP: 1 })).toThrow('RDP');
  });
});
