import type { ByteCount } from '../units/index.js';
import type { SlotReader } from './slot-reader.js';

/** The 16 bytes at the end of a slot that ask for an installation (MCUboot, bootutil/src/bootutil_misc.c, boot_img_magic); the same for every alignment in ST's tools. */
export const trailerMagic: Readonly<Uint8Array> = Uint8Array.of(0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80);

/** One trailer field that tells yes, not yet, or garbage. */
export type TrailerFlag = 'set' | 'unset' | 'bad';

/** What a build of the boot fixes about the trailer. */
export interface TrailerBuild {
  readonly mode: 'overwrite' | 'swap';
  /** Program unit of the external flash: 16 in the build with the memory cipher engine, which takes a whole field as erased or not; 4 looks at the first byte only. */
  readonly writeUnit: 4 | 16;
  /** BOOT_MAX_ALIGN: pitch of the fields. */
  readonly maxAlign: 8 | 16;
  /** BOOT_STATUS_MAX_ENTRIES; overwrite mode keeps no status. */
  readonly statusEntries: number;
}

/** Scratch area of ST's swap builds (OEMiROT_Boot/Inc/flash_layout.h). */
const scratchSize: ByteCount = 0x10000;

/** BOOT_STATUS_MAX_ENTRIES of ST's shipped swap build for a slot of this size: one entry for each scratch-size piece (OEMiROT_Boot/Inc/flash_layout.h). */
export function shippedStatusEntries(slotSize: ByteCount): number {
  return Math.floor((slotSize - 1) / scratchSize) + 1;
}

/** Bytes of the trailer (boot_trailer_sz): in swap mode status, two plain AES keys, swap_size and swap_info; then in both copy_done, image_ok and the magic. */
export function trailerSize(build: TrailerBuild): ByteCount {
  const swapFields = build.mode === 'swap' ? build.statusEntries * 3 * build.writeUnit + 2 * 16 + 2 * build.maxAlign : 0;
  return swapFields + 2 * build.maxAlign + trailerMagic.length;
}

export function magicOffset(slotSize: ByteCount): ByteCount {
  return slotSize - trailerMagic.length;
}

export function imageOkOffset(slotSize: ByteCount, maxAlign: ByteCount): ByteCount {
  return magicOffset(slotSize) - maxAlign;
}

export function copyDoneOffset(slotSize: ByteCount, maxAlign: ByteCount): ByteCount {
  return imageOkOffset(slotSize, maxAlign) - maxAlign;
}

/** What the trailer of a secondary slot asks for: the columns of boot_swap_tables that an untouched primary slot leaves open. */
export interface TrailerRequest {
  readonly magic: 'good' | 'unset' | 'bad';
  readonly imageOk: TrailerFlag;
  /** `none`: the image stays where it is. */
  readonly swapType: 'test' | 'perm' | 'none';
}

const isErased = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0xff);

/** Reads magic and image_ok as boot_read_swap_state does. A slot too small for them asks for nothing. */
export function readTrailerRequest(slot: SlotReader, build: Pick<TrailerBuild, 'writeUnit' | 'maxAlign'>): TrailerRequest {
  const okOffset = imageOkOffset(slot.size, build.maxAlign);
  if (okOffset < 0) return { magic: 'bad', imageOk: 'bad', swapType: 'none' };
  const magicBytes = slot.read(magicOffset(slot.size), trailerMagic.length);
  const magic = magicBytes.every((byte, i) => byte === trailerMagic[i]) ? 'good' : isErased(magicBytes) ? 'unset' : 'bad';
  const imageOk = readTrailerFlag(slot, okOffset, build);
  const swapType = magic !== 'good' || imageOk === 'bad' ? 'none' : imageOk === 'set' ? 'perm' : 'test';
  return { magic, imageOk, swapType };
}

/** image_ok or copy_done: the build with the memory cipher engine takes a whole field as erased or not, the other one its first byte. */
export function readTrailerFlag(slot: SlotReader, offset: number, build: Pick<TrailerBuild, 'writeUnit' | 'maxAlign'>): TrailerFlag {
  const size = build.writeUnit === 16 ? build.maxAlign : 1;
  if (offset < 0 || offset + size > slot.size) return 'bad';
  const field = slot.read(offset, size);
  return isErased(field) ? 'unset' : field[0] === 1 ? 'set' : 'bad';
}
