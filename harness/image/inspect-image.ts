import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';
import { describeImage } from './describe-image.js';
import type { ImageDescription, TlvDescription } from './describe-image.js';
import { applicationMagic, formatVersion, headerStructSize, parseHeader, stirotMagic } from './header.js';
import type { ImageHeader } from './header.js';
import { readInside, slotOf } from './slot-reader.js';
import type { SlotReader } from './slot-reader.js';
import { tlvType } from './tlv.js';
import { copyDoneOffset, imageOkOffset, magicOffset, readTrailerFlag, readTrailerRequest, trailerSize } from './trailer.js';
import type { TrailerBuild, TrailerFlag, TrailerRequest } from './trailer.js';
import { trailerBuild } from './validate-slot.js';
import type { BootMode, ValidationOptions } from './validation.js';

/** The trailer of a secondary slot as one build of the boot reads it. */
export interface TrailerInspection extends TrailerRequest {
  readonly build: TrailerBuild;
  readonly copyDone: TrailerFlag;
  /** Offsets from the start of the slot; negative in a slot too small for them. */
  readonly at: { readonly start: number; readonly copyDone: number; readonly imageOk: number; readonly magic: number };
}

/** An image explained to a person; nothing is judged. */
export interface ImageInspection {
  readonly header: ImageHeader;
  readonly magicMeaning: string;
  /** The one asked for, else the one that the magic suggests. */
  readonly mode: BootMode;
  readonly slotSize: ByteCount;
  /** null when the magic is unknown. */
  readonly image: ImageDescription | null;
  /** Values worth reading, by the offset of the TLV's value; encrypted keys and signatures are left out. */
  readonly values: Readonly<Record<number, string>>;
  /** Offset behind the last TLV, null when there are none. */
  readonly end: ByteCount | null;
  /** null in primary-only mode, whose boot reads none. */
  readonly trailer: TrailerInspection | null;
}

export interface InspectOptions extends Pick<ValidationOptions, 'writeUnit' | 'maxAlign' | 'statusEntries'> {
  /** What the file does not reach reads as erased. */
  readonly slotSize: ByteCount;
  readonly mode?: BootMode | undefined;
}

/** Shown in full: nobody needs more of a value. */
const shownBytes: ByteCount = 40;

/** @param bytes from the first byte of the slot */
export function inspectImage(bytes: Uint8Array, options: InspectOptions): ImageInspection {
  const { slotSize } = options;
  const slot = slotOf(bytes.subarray(0, slotSize), slotSize);
  const header = parseHeader(slot.read(0, headerStructSize));
  const image = describeImage(slot) ?? null;
  const mode = options.mode ?? (header.magic === stirotMagic ? 'primary-only' : 'overwrite');
  const last = image?.tlvs.at(-1);
  return {
    header,
    magicMeaning: meaningOf(header.magic),
    mode,
    slotSize,
    image,
    values: Object.fromEntries((image?.tlvs ?? []).flatMap((tlv) => shownValue(slot, tlv))),
    end: last === undefined ? null : last.offset + last.length,
    trailer: mode === 'primary-only' ? null : inspectTrailer(slot, trailerBuild(mode, slotSize, options)),
  };
}

function inspectTrailer(slot: SlotReader, build: TrailerBuild): TrailerInspection {
  const at = {
    start: slot.size - trailerSize(build),
    copyDone: copyDoneOffset(slot.size, build.maxAlign),
    imageOk: imageOkOffset(slot.size, build.maxAlign),
    magic: magicOffset(slot.size),
  };
  return { ...readTrailerRequest(slot, build), build, copyDone: readTrailerFlag(slot, at.copyDone, build), at };
}

function meaningOf(magic: number): string {
  if (magic === applicationMagic) return 'MCUboot image for OEMiROT or OEMuROT';
  if (magic === stirotMagic) return 'image for STiROT';
  return magic === 0xffffffff ? 'erased' : 'no image';
}

function shownValue(slot: SlotReader, tlv: TlvDescription): [number, string][] {
  const shown: readonly number[] = [tlvType.SHA256, tlvType.KEYHASH, tlvType.SEC_CNT, tlvType.DEPENDENCY];
  const value = shown.includes(tlv.type) && tlv.length <= shownBytes ? readInside(slot, tlv.offset, tlv.length) : undefined;
  if (value === undefined) return [];
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (tlv.type === tlvType.SEC_CNT && value.length === 4) return [[tlv.offset, hex(view.getUint32(0, true))]];
  if (tlv.type === tlvType.DEPENDENCY && value.length === 12) return [[tlv.offset, dependency(view)]];
  return [[tlv.offset, Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')]];
}

/** struct image_dependency: image number, three bytes of padding, least version (MCUboot, bootutil/image.h). */
function dependency(view: DataView): string {
  const version = { major: view.getUint8(4), minor: view.getUint8(5), revision: view.getUint16(6, true), build: view.getUint32(8, true) };
  return `image ${view.getUint8(0)} from ${formatVersion(version)} on`;
}
