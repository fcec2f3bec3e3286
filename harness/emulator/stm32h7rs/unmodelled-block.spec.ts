import { describe, expect, it, jest } from '@jest/globals';
import { BusError, UnmodelledAccess } from '../ports.js';
import { peripheral } from './peripherals.js';
import { RegisterBlock, storage } from './register-block.js';
import type { ToleratedBlock } from './unmodelled-block.js';
import { StorageBlock, UnmodelledBlock } from './unmodelled-block.js';

describe('a block that this model lacks', () => {
  it('any access → stops with the block, the offset and the address', () => {
    const sai1 = new UnmodelledBlock(peripheral('SAI1'));
    expect(() => sai1.read(0x10)).toThrow(new UnmodelledAccess('SAI1 +0x10', 0x42005810));
    expect(() => sai1.write(0)).toThrow('SAI1 +0x0 is not modelled');
  });

  it('allowed → storage in every width, told once, counted; a reset forgets it', () => {
    const told = jest.fn<(touched: ToleratedBlock) => void>();
    const sai1 = new StorageBlock(new UnmodelledBlock(peripheral('SAI1')), told);
    expect(sai1.tolerated.first).toBeUndefined();
    sai1.write(0x24, 0x11223344, 4);
    sai1.write(0x25, 0xaa, 1);
    expect([sai1.read(0x24, 4), sai1.read(0x26, 2), sai1.read(0x40, 4)]).toEqual([0x1122aa44, 0x1122, 0]);
    expect(told).toHaveBeenCalledTimes(1);
    expect(sai1.tolerated).toEqual({ name: 'SAI1', reads: 3, writes: 2, first: { what: 'SAI1 +0x24', address: 0x42005824 } });
    sai1.reset('system');
    expect(sai1.read(0x24, 4)).toBe(0);
  });

  it('allowed for a block that is modelled → its registers stay what they are, only the lacking ones are storage', () => {
    const block = new StorageBlock(new RegisterBlock('X', 0x40000000, 0x400, { 0: storage('A', 5, 0xf) }));
    block.write(0, 0xff, 4);
    block.write(4, 0xff, 4);
    expect([block.read(0, 4), block.read(4, 4)]).toEqual([0xf, 0xff]);
    expect(block.tolerated).toMatchObject({ reads: 1, writes: 1, first: { what: 'X +0x4' } });
  });

  it('allowed, and the bus answers with an error → still an error', () => {
    const inner = { name: 'X', base: 0, size: 4, read: () => 0, write: () => { throw new BusError(0); }, reset: () => undefined, saved: () => ({}), restore: () => undefined };
    expect(() => new StorageBlock(inner).write(0, 1, 4)).toThrow(BusError);
  });
});
