import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';
import { describeImage } from './describe-image.js';
import type { ImageDescription, TlvDescription } from './describe-image.js';
import { applicationMagic, headerStructSize, parseHeader, stirotMagic } from './header.js';
import type { ImageHeader } from './header.js';
import { readInside, slotOf } from './slot-reader.js';
import type { SlotReader } from './slot-reader.js';
import { tlvType } from './tlv.js';
import { readTrailerRequest } from './trailer.js';
import type { TrailerRequest } from './trailer.js';
import type { BootMode } from './validation.js';

/** An image explained to a person; nothing is judged. */
export interface ImageInspection {
  readonly header: ImageHeader;
  readonly magicMeaning: string;
  /** The mode that the magic suggests. */
  readonly mode: BootMode;
  /** null when the magic is unknown. */
  readonly image: ImageDescription | null;
  /** Values worth reading, by the offset of the TLV's value; encrypted keys and signatures are left out. */
  readonly values: Readonly<Record<number, string>>;
  /** As ST's shipped build reads it. */
  readonly trailer: TrailerRequest;
}

/** Shown in full: nobody needs more of a value. */
const shownBytes: ByteCount = 40;

/** @param bytes from the first byte of the slot @param slotSize what the file does not reach reads as erased */
export function inspectImage(bytes: Uint8Array, slotSize: ByteCount): ImageInspection {
  const slot = slotOf(bytes.subarray(0, slotSize), slotSize);
  const header = parseHeader(slot.read(0, headerStructSize));
  const image = describeImage(slot) ?? null;
  return {
    header,
    magicMeaning: meaningOf(header.magic),
    mode: header.magic === stirotMagic ? 'primary-only' : 'overwrite',
    image,
    values: Object.fromEntries((image?.tlvs ?? []).flatMap((tlv) => shownValue(slot, tlv))),
    trailer: readTrailerRequest(slot, { writeUnit: 16, maxAlign: 16 }),
  };
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
  if (tlv.type === tlvType.SEC_CNT && value.length === 4) return [[tlv.offset, hex(new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true))]];
  return [[tlv.offset, Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')]];
}
