import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { peripheral } from './peripherals.js';
import { registerBits } from './testing/register-bits.js';
import { wholeChip } from './testing/whole-chip.js';

/** Registers that come in numbers, each like the first. */
const repeated: Readonly<Record<string, (offset: number) => boolean>> = {
  TAMP: (offset) => offset >= 0x100 && offset < 0x180,
  MCE1: (offset) => (offset >= 0x40 && offset < 0x80) || (offset >= 0x200 && offset < 0x230),
  GPDMA1: (offset) => offset >= 0xd0,
  RAMECC1: (offset) => offset >= 0x40 && offset < 0xc0,
  SBS: (offset) => offset >= 0x130 && offset < 0x140,
};
const enables = [0x58024538, 0x5802453c, 0x58024540, 0x58024534, 0x58024548, 0x5802454c, 0x58024550, 0x58024554, 0x58024558];

/** A chip with every clock on and every key given. */
function open(): ReturnType<typeof wholeChip> {
  const board = wholeChip();
  for (const enable of enables) board.write(enable, 0xffffffff);
  for (const [register, value] of [[0x58024800, 0x100], [0x58004024, 0xca], [0x58004024, 0x53], [0x58004800, 0x5555]]) board.write(register, value);
  return board;
}

const stops = (action: () => void): boolean => {
  try {
    action();
    return false;
  } catch (error) {
    if (error instanceof UnmodelledAccess) return true;
    throw error;
  }
};

describe.each(Object.entries(registerBits))('%s', (block, rows) => {
  let board = open();
  const { base, size } = peripheral(block);

  it('each bit of each register → stops the run by name where the table says so, and nowhere else', () => {
    const found = rows.map(([name, offset, bits]) => {
      const address = base + offset;
      if (stops(() => board.read(address)) && stops(() => board.write(address, 0))) return [name, 'whole'];
      const before = stops(() => board.read(address)) ? 0 : board.read(address);
      let refused = 0;
      for (let bit = 0; bit < 32; bit += 1) {
        const one = 2 ** bit;
        if ((bits & one) !== 0 && stops(() => board.write(address, before | one))) refused = (refused | one) >>> 0;
        // A bit that cannot be taken back without a stop.
        if (stops(() => board.write(address, before))) board = open();
      }
      return [name, refused];
    });
    expect(found).toEqual(rows.map(([name, , , refused]) => [name, refused === 0xffffffff && found.some(([other, what]) => other === name && what === 'whole') ? 'whole' : refused]));
  });

  it('registers that the table does not have → stop the run', () => {
    const known = new Set(rows.map(([, offset]) => offset));
    const silent = Array.from({ length: size / 4 }, (_, i) => 4 * i).filter((offset) => !known.has(offset) && repeated[block]?.(offset) !== true && !stops(() => board.read(base + offset)));
    expect(silent).toEqual([]);
  });

  it('bits without effect → are bits of the register that are not refused, each with its reason', () => {
    for (const [name, , bits, refused, inert = 0, why = ''] of rows) {
      expect([name, (inert & ~bits) >>> 0, (inert & refused) >>> 0, inert !== 0 && why === '']).toEqual([name, 0, 0, false]);
    }
  });
});
