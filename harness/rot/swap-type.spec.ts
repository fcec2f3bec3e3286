import { describe, expect, it } from '@jest/globals';
import { NorFlash } from '../flash/index.js';
import { trailerMagic } from '../image/index.js';
import { FlashArea } from './flash-area.js';
import { swapType } from './swap-type.js';
import type { TrailerState } from './trailer.js';
import { copyDoneOffset, imageOkOffset, magicOffset, readTrailer } from './trailer.js';

const states: TrailerState[] = (['unset', 'good', 'bad'] as const).flatMap((magic) =>
  (['unset', 'set', 'bad'] as const).flatMap((imageOk) => (['unset', 'set', 'bad'] as const).map((copyDone) => ({ magic, imageOk, copyDone }))),
);

describe('swap type', () => {
  it('every combination of both trailers → MCUboot’s table', () => {
    let seen = 0;
    for (const primary of states) {
      for (const secondary of states) {
        let wanted = 'none';
        if (secondary.magic === 'good' && secondary.imageOk === 'unset') wanted = 'test';
        else if (secondary.magic === 'good' && secondary.imageOk === 'set') wanted = 'perm';
        else if (primary.magic === 'good' && secondary.magic === 'unset' && primary.imageOk === 'unset' && primary.copyDone === 'set') wanted = 'revert';
        expect(swapType(primary, secondary)).toBe(wanted);
        seen++;
      }
    }
    expect(seen).toBe(27 * 27);
  });
});

describe('trailer', () => {
  const area = () => new FlashArea('secondary', new NorFlash({ size: 0x400000 }), { base: 0x90200000, size: 0x200000 }, 0x90000000);
  const mce = { maxAlign: 16, programUnit: 16 } as const;

  it('a 2 MB slot → magic, image_ok and copy_done 16 bytes apart at its end', () => {
    const slot = area();
    expect([magicOffset(slot), imageOkOffset(slot, mce), copyDoneOffset(slot, mce)]).toEqual([0x1ffff0, 0x1fffe0, 0x1fffd0]);
  });

  it('an erased slot → everything unset', () => {
    expect(readTrailer(area(), mce)).toEqual({ magic: 'unset', imageOk: 'unset', copyDone: 'unset' });
  });

  it('magic and flags written → good and set; one bit off → bad', () => {
    const slot = area();
    slot.program(0x1ffff0, trailerMagic);
    slot.program(0x1fffe0, Uint8Array.of(1));
    slot.program(0x1fffd0, Uint8Array.of(3));
    expect(readTrailer(slot, mce)).toEqual({ magic: 'good', imageOk: 'set', copyDone: 'bad' });
    slot.program(0x1ffff0, Uint8Array.of(0x76));
    expect(readTrailer(slot, mce).magic).toBe('bad');
  });

  it('a byte behind an unset flag → bad with program unit 16, which tests the whole field; unset with unit 4', () => {
    const slot = area();
    slot.program(0x1fffe0 + 8, Uint8Array.of(1));
    expect(readTrailer(slot, mce).imageOk).toBe('bad');
    expect(readTrailer(slot, { maxAlign: 16, programUnit: 4 }).imageOk).toBe('unset');
  });

  it('image_ok where imgtool puts it for align 4 (24 bytes from the end) → bad, so the image is never installed', () => {
    const slot = area();
    slot.program(0x1ffff0, trailerMagic);
    slot.program(0x200000 - 24, Uint8Array.of(1));
    const state = readTrailer(slot, mce);
    expect(state.imageOk).toBe('bad');
    expect(swapType({ magic: 'unset', imageOk: 'unset', copyDone: 'unset' }, state)).toBe('none');
  });
});
