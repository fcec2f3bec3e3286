import { HarnessError } from '../errors/index.js';
import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';

/** ih_magic of an application image (MCUboot, bootutil/image.h). */
export const applicationMagic = 0x96f3b83d;
/** ih_magic that STM32TrustedPackageCreator's `-ma` gives an image for STiROT on STM32H7RS (STiROT_Code_Image.xml). */
export const stirotMagic = 0xc1592ee9;

/** Bytes of the header structure; the header area (ih_hdr_size) is larger. */
export const headerStructSize: ByteCount = 32;

/** ih_flags, as ST's imgtool (IMAGE_F) names them. PRIMARY_ONLY, OTFDEC and AES256 differ from upstream MCUboot. */
export const imageFlag = {
  PIC: 0x1,
  PRIMARY_ONLY: 0x2,
  ENCRYPTED: 0x4,
  OTFDEC: 0x8,
  NON_BOOTABLE: 0x10,
  RAM_LOAD: 0x20,
  ROM_FIXED: 0x100,
  AES256: 0x20000000,
  CHIP_SPECIFIC: 0x40000000,
  LICENSE_FILE: 0x80000000,
} as const;

/** major and minor 0 … 255, revision 0 … 65535, build 32 bits. */
export interface ImageVersion {
  readonly major: number;
  readonly minor: number;
  readonly revision: number;
  readonly build: number;
}

/** struct image_header (MCUboot, bootutil/image.h). Sizes in bytes; everything little endian in the file. */
export interface ImageHeader {
  readonly magic: number;
  readonly loadAddress: number;
  readonly headerSize: ByteCount;
  /** Size of the protected TLV area with its 4 byte info, 0 when there is none. */
  readonly protectedTlvSize: ByteCount;
  /** Payload, without header and TLVs. */
  readonly imageSize: ByteCount;
  readonly flags: number;
  readonly version: ImageVersion;
}

/**
 * Reads the header structure; judges nothing.
 * @param bytes at least 32 bytes from the start of the slot
 * @throws HarnessError `image-truncated` (subject) when there are fewer
 */
export function parseHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < headerStructSize) {
    throw new HarnessError({
      code: 'image-truncated',
      kind: 'subject',
      message: `an image header has ${headerStructSize} bytes, only ${bytes.length} are there`,
      nextStep: 'check that the file is a signed image and was copied whole',
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerStructSize);
  return {
    magic: view.getUint32(0, true),
    loadAddress: view.getUint32(4, true),
    headerSize: view.getUint16(8, true),
    protectedTlvSize: view.getUint16(10, true),
    imageSize: view.getUint32(12, true),
    flags: view.getUint32(16, true),
    version: { major: view.getUint8(20), minor: view.getUint8(21), revision: view.getUint16(22, true), build: view.getUint32(24, true) },
  };
}

/** The 32 bytes of a header structure. */
export function encodeHeader(header: ImageHeader): Uint8Array {
  const out = new Uint8Array(headerStructSize);
  const view = new DataView(out.buffer);
  view.setUint32(0, header.magic, true);
  view.setUint32(4, header.loadAddress, true);
  view.setUint16(8, header.headerSize, true);
  view.setUint16(10, header.protectedTlvSize, true);
  view.setUint32(12, header.imageSize, true);
  view.setUint32(16, header.flags, true);
  view.setUint8(20, header.version.major);
  view.setUint8(21, header.version.minor);
  view.setUint16(22, header.version.revision, true);
  view.setUint32(24, header.version.build, true);
  return out;
}

/** `1.2.3`, and `1.2.3+4` where there is a build number. */
export function formatVersion(version: ImageVersion): string {
  const text = `${version.major}.${version.minor}.${version.revision}`;
  return version.build === 0 ? text : `${text}+${version.build}`;
}

/**
 * Reads a version as imgtool does: `major[.minor[.revision[+build]]]`, decimal without leading zeros (imgtool/version.py).
 * @throws HarnessError `image-version` (usage)
 */
export function parseVersion(text: string): ImageVersion {
  const match = /^(0|[1-9]\d{0,9})(?:\.(0|[1-9]\d{0,9})(?:\.(0|[1-9]\d{0,9})(?:\+(0|[1-9]\d{0,9}))?)?)?$/.exec(text);
  const [major, minor, revision, build] = (match ?? []).slice(1).map((part: string | undefined) => Number(part ?? '0'));
  if (match === null || major > 0xff || minor > 0xff || revision > 0xffff || build > 0xffffffff) {
    throw new HarnessError({
      code: 'image-version',
      kind: 'usage',
      message: `'${text.slice(0, 60)}' is no image version: major and minor are 0 to 255, revision 0 to 65535, build 32 bits`,
      nextStep: 'write it as major.minor.revision or major.minor.revision+build, for example 1.0.0',
    });
  }
  return { major, minor, revision, build };
}

/** Names of the flags that are set; a bit without a name appears as 0x…. */
export function flagNames(flags: number): readonly string[] {
  const names: string[] = [];
  let rest = flags >>> 0;
  for (const [name, bit] of Object.entries(imageFlag)) {
    if ((rest & bit) !== 0) names.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (rest !== 0) names.push(hex(rest));
  return names;
}
