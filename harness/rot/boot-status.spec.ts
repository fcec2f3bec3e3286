import { describe, expect, it } from '@jest/globals';
import { NorFlash } from '../flash/index.js';
import { isUntouched, newBootStatus, readBootStatus, writeBootStatus } from './boot-status.js';
import { FlashArea } from './flash-area.js';
import type { TrailerLayout } from './trailer.js';
import { copyDoneOffset, magicOffset, statusOffset, swapInfoOffset, trailerBytes, writeMagic } from './trailer.js';

const slot = 0x40000;
const layoutOf = (programUnit: 4 | 16, statusEntries = 4): TrailerLayout => ({ mode: 'swap', maxAlign: 16, programUnit, statusEntries });

function areas(slotSize = slot) {
  const chip = new NorFlash({ size: 0x500000 });
  const area = (name: 'primary' | 'secondary' | 'scratch', base: number, size: number): FlashArea => new FlashArea(name, chip, { base, size }, 0);
  return { primary: area('primary', 0, slotSize), secondary: area('secondary', slotSize, slotSize), scratch: area('scratch', 2 * slotSize, 0x10000) };
}

describe('layout of a swap trailer', () => {
  it.each([
    [0x200000, 32, 16, 0x1ff990, 1648],
    [0x40000, 4, 16, 0x3fed0, 304],
    [0x20000, 2, 16, 0x1ff30, 208],
    [0x40000, 4, 4, 0x3ff60, 160],
  ] as const)('slot of %d bytes, %d entries, program unit %d → status at %d, trailer of %d bytes', (size, entries, unit, status, bytes) => {
    const layout = layoutOf(unit, entries);
    expect([statusOffset(areas(size).primary, layout), trailerBytes(layout)]).toEqual([status, bytes]);
  });
});

describe('where the status stands', () => {
  const states = ['unset', 'good', 'bad'] as const;
  const flags = ['unset', 'set', 'bad'] as const;
  const source = (primary: (typeof states)[number], scratch: (typeof states)[number], copyDone: (typeof flags)[number]): string => {
    if (primary === 'good' && scratch !== 'good' && copyDone === 'set') return 'none';
    if (primary === 'good' && scratch !== 'good' && copyDone === 'unset') return 'primary slot';
    if (scratch === 'good') return 'scratch';
    return primary === 'unset' && copyDone === 'unset' ? 'primary slot' : 'none';
  };
  const cases = states.flatMap((primary) => states.flatMap((scratch) => flags.map((copyDone) => [primary, scratch, copyDone, source(primary, scratch, copyDone)] as const)));

  it.each(cases)('primary magic %s, scratch magic %s, copy_done %s → %s', (primaryMagic, scratchMagic, copyDone, expected) => {
    const layout = layoutOf(16);
    const set = areas();
    for (const [area, magic] of [[set.primary, primaryMagic], [set.scratch, scratchMagic]] as const) {
      if (magic !== 'unset') writeMagic(area);
      if (magic === 'bad') area.program(magicOffset(area), Uint8Array.of(0));
    }
    if (copyDone !== 'unset') set.primary.program(copyDoneOffset(set.primary, layout), Uint8Array.of(copyDone === 'set' ? 1 : 0));
    const log: string[] = [];
    readBootStatus(set, layout, (line) => log.push(line));
    expect(log[0]).toBe(`[INF] Primary image: magic=${primaryMagic}, swap_type=0x1, copy_done=0x${{ set: 1, bad: 2, unset: 3 }[copyDone]}, image_ok=0x3`);
    expect(log.slice(1)).toEqual([`[INF] Scratch: magic=${scratchMagic}, swap_type=0x1, copy_done=0x3, image_ok=0x3`, `[INF] Boot source: ${expected}`]);
  });
});

describe('how far a swap has come', () => {
  it.each([16, 4] as const)('program unit %d: every step written and read back → the next step of the same or the next index', (programUnit) => {
    const layout = layoutOf(programUnit);
    const set = areas();
    const status = newBootStatus();
    expect(isUntouched(readBootStatus(set, layout, () => undefined))).toBe(true);
    for (let index = 1; index <= layout.statusEntries; index++) {
      for (let step = 1; step <= 3; step++) {
        writeBootStatus(set, layout, { ...status, index, step });
        const read = readBootStatus(set, layout, () => undefined);
        expect([read.index, read.step]).toEqual(step === 3 ? [index + 1, 1] : [index, step + 1]);
      }
    }
  });

  it('status of the index that covers the trailer → in scratch, where only one index is looked for', () => {
    const layout = layoutOf(16);
    const set = areas();
    writeMagic(set.scratch);
    writeBootStatus(set, layout, { ...newBootStatus(), inScratch: true, step: 1 });
    expect(set.primary.isErased(0, slot)).toBe(true);
    expect(readBootStatus(set, layout, () => undefined)).toMatchObject({ index: 1, step: 2 });
    set.scratch.program(statusOffset(set.scratch, layout) + 3 * 16, Uint8Array.of(1));
    expect(readBootStatus(set, layout, () => undefined)).toMatchObject({ index: 1, step: 2 });
  });

  it('swap info → its low nibble, whatever it means', () => {
    const layout = layoutOf(16);
    const set = areas();
    set.primary.program(swapInfoOffset(set.primary, layout), Uint8Array.of(0x37));
    expect(readBootStatus(set, layout, () => undefined).swapType).toBe(7);
  });

  it('a trailer larger than scratch → assertion instead of a wrong offset', () => {
    const layout = layoutOf(16, 2000);
    const set = areas();
    writeMagic(set.scratch);
    expect(() => readBootStatus(set, layout, () => undefined)).toThrow('does not fit into scratch');
  });
});
