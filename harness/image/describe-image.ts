import type { ByteCount } from '../units/index.js';
import { applicationMagic, flagNames, formatVersion, headerStructSize, parseHeader, stirotMagic } from './header.js';
import type { ImageHeader } from './header.js';
import type { SlotReader } from './slot-reader.js';
import { findTlvArea, tlvName, tlvType, tlvValue, walkTlvs } from './tlv.js';

/** One TLV as `image verify --json` and `inspect` show it. */
export interface TlvDescription {
  readonly type: number;
  readonly name: string;
  readonly length: ByteCount;
  /** Of its value, from the start of the slot. */
  readonly offset: ByteCount;
  readonly protected: boolean;
}

/** What an image says about itself, judged by nobody. */
export interface ImageDescription {
  /** `1.0.0`, with `+build` where there is one. */
  readonly version: string;
  /** Payload in bytes. */
  readonly size: ByteCount;
  readonly flags: number;
  readonly flagNames: readonly string[];
  /** null when the image has none. */
  readonly securityCounter: number | null;
  readonly tlvs: readonly TlvDescription[];
}

/** No sensible image has more; a broken one may, and nobody wants to read them. */
const maxTlvs = 64;

/** An image as far as it can be read; undefined when the slot begins with neither of the known magics. */
export function describeImage(slot: SlotReader): ImageDescription | undefined {
  if (slot.size < headerStructSize) return undefined;
  const header = parseHeader(slot.read(0, headerStructSize));
  if (header.magic !== applicationMagic && header.magic !== stirotMagic) return undefined;
  const tlvs = describeTlvs(slot, header);
  return {
    version: formatVersion(header.version),
    size: header.imageSize,
    flags: header.flags,
    flagNames: flagNames(header.flags),
    securityCounter: readCounter(slot, tlvs),
    tlvs,
  };
}

function describeTlvs(slot: SlotReader, header: ImageHeader): TlvDescription[] {
  const area = findTlvArea(slot, header);
  const tlvs: TlvDescription[] = [];
  if (area === undefined) return tlvs;
  for (const tlv of walkTlvs(slot, area)) {
    if (tlv === undefined || tlvs.length === maxTlvs) break;
    tlvs.push({ type: tlv.type, name: tlvName(tlv.type), length: tlv.length, offset: tlv.offset, protected: tlv.end <= area.protectedEnd });
  }
  return tlvs;
}

function readCounter(slot: SlotReader, tlvs: readonly TlvDescription[]): number | null {
  const tlv = tlvs.find((each) => each.type === tlvType.SEC_CNT && each.protected && each.length === 4);
  const value = tlv && tlvValue(slot, { ...tlv, end: tlv.offset + tlv.length });
  return value ? new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true) : null;
}
