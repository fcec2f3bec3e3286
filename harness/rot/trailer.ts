import type { ByteCount } from '../units/index.js';
import type { FlashArea } from './flash-area.js';

/** The 16 bytes at the end of a slot that ask for an installation (MCUboot, boot/bootutil/src/bootutil_misc.c, boot_img_magic). */
export const bootMagic = Uint8Array.of(0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80);

export type Magic = 'unset' | 'good' | 'bad';
export type Flag = 'unset' | 'set' | 'bad';

/** What ST's build fixes for the trailer. */
export interface TrailerFormat {
  /** BOOT_MAX_ALIGN: pitch of the fields in front of the magic. */
  readonly maxAlign: ByteCount;
  /** Smallest program operation: 16 in the build with the MCE, which tests whole fields for erased; 4 in the other, which tests their first byte. */
  readonly programUnit: 4 | 16;
}

export interface TrailerState {
  readonly magic: Magic;
  readonly imageOk: Flag;
  readonly copyDone: Flag;
}

export const magicOffset = (area: FlashArea): ByteCount => area.size - bootMagic.length;
export const imageOkOffset = (area: FlashArea, format: TrailerFormat): ByteCount => magicOffset(area) - format.maxAlign;
export const copyDoneOffset = (area: FlashArea, format: TrailerFormat): ByteCount => imageOkOffset(area, format) - format.maxAlign;

function readFlag(area: FlashArea, offset: ByteCount, format: TrailerFormat): Flag {
  const tested = format.programUnit === 16 ? format.maxAlign : 1;
  if (area.isErased(offset, tested)) return 'unset';
  return area.read(offset, 1)[0] === 1 ? 'set' : 'bad';
}

/** Reads the fields that decide the swap type (boot_read_swap_state). */
export function readTrailer(area: FlashArea, format: TrailerFormat): TrailerState {
  const magic = area.read(magicOffset(area), bootMagic.length);
  return {
    magic: area.isErased(magicOffset(area), bootMagic.length) ? 'unset' : magic.every((byte, i) => byte === bootMagic[i]) ? 'good' : 'bad',
    imageOk: readFlag(area, imageOkOffset(area, format), format),
    copyDone: readFlag(area, copyDoneOffset(area, format), format),
  };
}
