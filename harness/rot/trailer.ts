import { trailerMagic } from '../image/index.js';
import type { ByteCount } from '../units/index.js';
import type { FlashArea } from './flash-area.js';

export type Magic = 'unset' | 'good' | 'bad';
export type Flag = 'unset' | 'set' | 'bad';

/** What ST's build fixes for the trailer. */
export interface TrailerFormat {
  /** BOOT_MAX_ALIGN: pitch of the fields in front of the magic. */
  readonly maxAlign: 8 | 16;
  /** Smallest program operation: 16 in the build with the MCE, which tests whole fields for erased; 4 in the other, which tests their first byte. */
  readonly programUnit: 4 | 16;
}

export interface TrailerState {
  readonly magic: Magic;
  readonly imageOk: Flag;
  readonly copyDone: Flag;
}

export const magicOffset = (area: FlashArea): ByteCount => area.size - trailerMagic.length;
export const imageOkOffset = (area: FlashArea, format: TrailerFormat): ByteCount => magicOffset(area) - format.maxAlign;
export const copyDoneOffset = (area: FlashArea, format: TrailerFormat): ByteCount => imageOkOffset(area, format) - format.maxAlign;

function readFlag(area: FlashArea, offset: ByteCount, format: TrailerFormat): Flag {
  const tested = format.programUnit === 16 ? format.maxAlign : 1;
  if (area.isErased(offset, tested)) return 'unset';
  return area.read(offset, 1)[0] === 1 ? 'set' : 'bad';
}

/** Reads the fields that decide the swap type (boot_read_swap_state). */
export function readTrailer(area: FlashArea, format: TrailerFormat): TrailerState {
  const magic = area.read(magicOffset(area), trailerMagic.length);
  return {
    magic: area.isErased(magicOffset(area), trailerMagic.length) ? 'unset' : magic.every((byte, i) => byte === trailerMagic[i]) ? 'good' : 'bad',
    imageOk: readFlag(area, imageOkOffset(area, format), format),
    copyDone: readFlag(area, copyDoneOffset(area, format), format),
  };
}
