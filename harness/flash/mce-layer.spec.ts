import { describe, expect, it } from '@jest/globals';
import { MceLayer, NorFlash, SectorCatalogue } from './index.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const block = (value: number): Uint8Array => new Uint8Array(16).fill(value);
const board = () => {
  const chip = new NorFlash({ size: 0x10000 });
  return { chip, layer: new MceLayer(chip, [{ offset: 0x4000, size: 0x2000 }]) };
};

describe('memory cipher engine', () => {
  it('in its region → other bytes on the chip, the same through the layer, whole or in part', () => {
    const { chip, layer } = board();
    const data = Uint8Array.from({ length: 64 }, (_, i) => i);
    layer.program(0x4010, data);
    expect(layer.read(0x4010, 64)).toEqual(data);
    expect(layer.read(0x4015, 20)).toEqual(data.subarray(5, 25));
    expect(chip.read(0x4010, 64)).not.toEqual(data);
  });

  it('a Buffer programmed → the caller still has what it had', () => {
    const { layer } = board();
    const key = Buffer.alloc(16, 0xa5);
    layer.program(0x4010, key);
    expect(key).toEqual(Buffer.alloc(16, 0xa5));
    expect(layer.read(0x4010, 16)).toEqual(block(0xa5));
  });

  it('outside its region → the chip as it is, in any length', () => {
    const { chip, layer } = board();
    layer.program(0x101, bytes(1, 2, 3));
    expect(chip.read(0x101, 3)).toEqual(bytes(1, 2, 3));
    expect(layer.read(0x101, 3)).toEqual(bytes(1, 2, 3));
  });

  it('an erased block → noise that depends on the address, although the chip is erased; 0xff programmed → reads as 0xff', () => {
    const { layer } = board();
    expect(layer.isErased(0x4000, 0x2000)).toBe(true);
    expect(layer.read(0x4000, 16)).not.toEqual(block(0xff));
    expect(layer.read(0x4000, 16)).not.toEqual(layer.read(0x4010, 16));
    layer.program(0x4000, block(0xff));
    expect(layer.read(0x4000, 16)).toEqual(block(0xff));
    layer.erase(0x4000);
    expect(layer.isErased(0x4000, 16)).toBe(true);
  });

  it('a part of a block, or over the border of the region → flash-range; a whole block at its end → programmed', () => {
    const { layer } = board();
    const range = expect.objectContaining({ code: 'flash-range', kind: 'usage' });
    expect(() => { layer.program(0x4008, block(0)); }).toThrow(range);
    expect(() => { layer.program(0x4000, bytes(0)); }).toThrow(range);
    expect(() => { layer.program(0x5ff0, new Uint8Array(32)); }).toThrow(range);
    layer.program(0x5ff0, block(7));
    expect(layer.read(0x5ff0, 16)).toEqual(block(7));
  });
});

describe('numbers of sectors', () => {
  it('equal contents on two chips → equal numbers, whatever way they were written; erased → 0; changed → another', () => {
    const catalogue = new SectorCatalogue();
    const [one, two] = [new NorFlash({ size: 0x4000, catalogue }), new NorFlash({ size: 0x4000, catalogue })];
    one.program(0x1000, bytes(1, 2));
    two.program(0x1001, bytes(2));
    two.program(0x1000, bytes(1));
    expect(one.contents(0, 0x4000)).toEqual([0, expect.any(Number), 0, 0]);
    expect(one.contents(0x1000, 0x1000)).toEqual(two.contents(0x1000, 0x1000));
    const [before] = one.contents(0x1000, 0x1000);
    one.program(0x1010, bytes(0));
    expect(one.contents(0x1000, 0x1000)).not.toEqual([before]);
    one.erase(0x1000);
    two.program(0x2000, bytes(0xff));
    expect([...one.contents(0x1000, 0x1000), ...two.contents(0x2000, 0x1000)]).toEqual([0, 0]);
    expect(catalogue.bytesOf(before!)?.subarray(0, 2)).toEqual(bytes(1, 2));
  });

  it('a program operation cut in the middle → its first bytes as after it, the rest as before', () => {
    const chip = new NorFlash({ size: 0x4000 });
    chip.program(0x1000, bytes(1, 1, 1, 1));
    const before = chip.snapshot();
    chip.erase(0x1000);
    const after = chip.snapshot();
    chip.restoreTorn(before, after, { offset: 0x1000, length: 0x1000 }, 2);
    expect(chip.read(0x1000, 4)).toEqual(bytes(0xff, 0xff, 1, 1));
    chip.restore(before);
    expect(chip.read(0x1000, 4)).toEqual(bytes(1, 1, 1, 1));
  });
});
