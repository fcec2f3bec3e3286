import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { RegisterBlock, command, readOnly, storage } from './register-block.js';

function block(): { block: RegisterBlock; commands: number[] } {
  const commands: number[] = [];
  return {
    commands,
    block: new RegisterBlock('X', 0x40000000, 0x400, {
      0: storage('A', 0x11223344),
      4: { name: 'B', reset: 0xf0, writable: 0x0f },
      8: command('C', (value) => commands.push(value)),
      0xc: readOnly('D', () => 0xffffffff),
      0x10: { name: 'E', reset: 5, retained: 0xff00 },
    }),
  };
}

describe('a block of registers', () => {
  it('byte store into a stored register → only that lane changes', () => {
    const { block: x } = block();
    x.write(1, 0xaa, 1);
    expect(x.read(0, 4)).toBe(0x1122aa44);
    expect(x.read(1, 1)).toBe(0xaa);
    expect(x.read(2, 2)).toBe(0x1122);
  });

  it('store to bits that are not writable → they keep their value', () => {
    const { block: x } = block();
    x.write(4, 0xffffffff, 4);
    expect(x.read(4, 4)).toBe(0xff);
  });

  it('halfword store into a command register → the other lanes count as 0', () => {
    const { block: x, commands } = block();
    x.write(10, 0xffff, 2);
    expect(commands.map((value) => value >>> 0)).toEqual([0xffff0000]);
    expect(x.read(8, 4)).toBe(0);
  });

  it('store to a read-only register → ignored, reads stay unsigned', () => {
    const { block: x } = block();
    x.write(0xc, 0, 4);
    expect(x.read(0xc, 4)).toBe(0xffffffff);
  });

  it('reset after a store → reset value, retained bits only after other causes than power-on', () => {
    const { block: x } = block();
    x.write(0, 0, 4);
    x.write(0x10, 0xabcd, 4);
    x.reset('pin');
    expect(x.read(0, 4)).toBe(0x11223344);
    expect(x.read(0x10, 4)).toBe(0xab05);
    x.reset('power-on');
    expect(x.read(0x10, 4)).toBe(5);
  });

  it('offset without a register → the run stops with block, offset and address', () => {
    const { block: x } = block();
    expect(() => x.read(0x14, 4)).toThrow(new UnmodelledAccess('X +0x14', 0x40000014));
    expect(() => x.write(0x16, 0, 2)).toThrow(UnmodelledAccess);
  });
});
