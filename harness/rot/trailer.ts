import { trailerMagic, trailerSize } from '../image/index.js';
import type { UpdateMode } from '../board/index.js';
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

/** A build with its status entries: what fixes where everything of a trailer stands. */
export interface TrailerLayout extends TrailerFormat {
  readonly mode: UpdateMode;
  /** BOOT_STATUS_MAX_ENTRIES: pieces of scratch size that a slot is swapped in; overwrite mode keeps no status. */
  readonly statusEntries: number;
}

/** A swap type as trailers hold it (BOOT_SWAP_TYPE_*, a nibble; others mean nothing). */
export const swapTypeCode = { none: 1, test: 2, perm: 3, revert: 4, fail: 5 } as const;

export interface TrailerState {
  readonly magic: Magic;
  readonly imageOk: Flag;
  readonly copyDone: Flag;
}

/** Bytes of one content key (BOOT_ENC_KEY_SIZE). */
export const contentKeySize: ByteCount = 16;

export const magicOffset = (area: FlashArea): ByteCount => area.size - trailerMagic.length;
export const imageOkOffset = (area: FlashArea, format: TrailerFormat): ByteCount => magicOffset(area) - format.maxAlign;
export const copyDoneOffset = (area: FlashArea, format: TrailerFormat): ByteCount => imageOkOffset(area, format) - format.maxAlign;
export const swapInfoOffset = (area: FlashArea, format: TrailerFormat): ByteCount => copyDoneOffset(area, format) - format.maxAlign;
export const swapSizeOffset = (area: FlashArea, format: TrailerFormat): ByteCount => swapInfoOffset(area, format) - format.maxAlign;
/** @param slot 0: key of the primary image, 1: of the secondary one */
export const contentKeyOffset = (area: FlashArea, format: TrailerFormat, slot: 0 | 1): ByteCount => swapSizeOffset(area, format) - (slot + 1) * contentKeySize;
/** Bytes of a trailer (boot_trailer_sz), the same in slots and scratch. */
export const trailerBytes = ({ mode, statusEntries, maxAlign, programUnit }: TrailerLayout): ByteCount => trailerSize({ mode, statusEntries, maxAlign, writeUnit: programUnit });
/** First status byte. */
export const statusOffset = (area: FlashArea, layout: TrailerLayout): ByteCount => area.size - trailerBytes(layout);

/** Bytes of a one-byte field that are asked whether they are erased. */
const testedBytes = (format: TrailerFormat): ByteCount => (format.programUnit === 16 ? format.maxAlign : 1);

function readFlag(area: FlashArea, offset: ByteCount, format: TrailerFormat): Flag {
  if (area.readsErased(offset, testedBytes(format))) return 'unset';
  return area.read(offset, 1)[0] === 1 ? 'set' : 'bad';
}

const isMagic = (bytes: Uint8Array): boolean => bytes.every((byte, i) => byte === trailerMagic[i]);

/** Whether the magic stands there, as boot_find_status asks. */
export const hasMagic = (area: FlashArea): boolean => isMagic(area.read(magicOffset(area), trailerMagic.length));

/** Reads the fields that decide the swap type (boot_read_swap_state). */
export function readTrailer(area: FlashArea, format: TrailerFormat): TrailerState {
  const magic = area.read(magicOffset(area), trailerMagic.length);
  return {
    magic: area.readsErased(magicOffset(area), trailerMagic.length) ? 'unset' : isMagic(magic) ? 'good' : 'bad',
    imageOk: readFlag(area, imageOkOffset(area, format), format),
    copyDone: readFlag(area, copyDoneOffset(area, format), format),
  };
}

/** The swap type of a trailer as boot_read_swap_state reads it: what is erased or no type is none. */
export function readSwapInfo(area: FlashArea, format: TrailerFormat): number {
  const offset = swapInfoOffset(area, format);
  const type = area.read(offset, 1)[0] & 0xf;
  return area.readsErased(offset, testedBytes(format)) || type > swapTypeCode.revert ? swapTypeCode.none : type;
}

/** One field: programmed in whole program units, filled up with 0xff (boot_write_trailer). */
function writeField(area: FlashArea, offset: ByteCount, format: TrailerFormat, value: readonly number[]): void {
  const bytes = new Uint8Array(Math.max(format.programUnit, value.length)).fill(0xff);
  bytes.set(value);
  area.program(offset, bytes);
}

export const writeImageOk = (area: FlashArea, format: TrailerFormat): void => {
  writeField(area, imageOkOffset(area, format), format, [1]);
};

export const writeCopyDone = (area: FlashArea, format: TrailerFormat): void => {
  writeField(area, copyDoneOffset(area, format), format, [1]);
};

/** Type in the low nibble; the image number in the high one is 0. */
export const writeSwapInfo = (area: FlashArea, format: TrailerFormat, type: number): void => {
  writeField(area, swapInfoOffset(area, format), format, [type]);
};

export const writeSwapSize = (area: FlashArea, format: TrailerFormat, size: ByteCount): void => {
  writeField(area, swapSizeOffset(area, format), format, [size & 0xff, (size >>> 8) & 0xff, (size >>> 16) & 0xff, size >>> 24]);
};

export const writeMagic = (area: FlashArea): void => {
  area.program(magicOffset(area), Uint8Array.from(trailerMagic));
};
