import { HarnessError } from '../errors/index.js';
import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';
import type { ImageHeader } from './header.js';
import { readInside } from './slot-reader.js';
import type { SlotReader } from './slot-reader.js';

/** TLV types (MCUboot, bootutil/image.h) by the names of imgtool. */
export const tlvType = {
  KEYHASH: 0x01,
  PUBKEY: 0x02,
  SHA256: 0x10,
  ECDSASIG: 0x22,
  ENCEC256: 0x32,
  DEPENDENCY: 0x40,
  SEC_CNT: 0x50,
  BOOT_RECORD: 0x60,
} as const;

export const tlvInfoMagic = 0x6907;
export const protectedTlvInfoMagic = 0x6908;
const infoSize: ByteCount = 4;
const entrySize: ByteCount = 4;

/** The name imgtool gives a type, or its number. */
export function tlvName(type: number): string {
  return Object.entries(tlvType).find(([, value]) => value === type)?.[0] ?? hex(type, 2);
}

/** One TLV as it stands in a slot. `offset` is that of its value; the value may reach out of the slot. */
export interface Tlv {
  readonly type: number;
  readonly offset: ByteCount;
  readonly length: ByteCount;
  /** Offset behind its value. */
  readonly end: ByteCount;
}

/** Where the areas lie. `protectedEnd` equals `start` when there is no protected area. */
export interface TlvArea {
  readonly start: ByteCount;
  readonly protectedEnd: ByteCount;
  readonly end: ByteCount;
}

const u16 = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8);

/**
 * Finds the TLV areas as bootutil_tlv_iter_begin does (MCUboot, bootutil/src/tlv.c).
 * Undefined when an info is not where the header says, has another magic, or lies outside the slot.
 */
export function findTlvArea(slot: SlotReader, header: ImageHeader): TlvArea | undefined {
  const start = header.headerSize + header.imageSize;
  let info = readInside(slot, start, infoSize);
  if (info === undefined) return undefined;
  if (u16(info, 0) === protectedTlvInfoMagic) {
    const total = u16(info, 2);
    if (total !== header.protectedTlvSize) return undefined;
    info = readInside(slot, start + total, infoSize);
    if (info === undefined) return undefined;
  } else if (header.protectedTlvSize !== 0) {
    return undefined;
  }
  if (u16(info, 0) !== tlvInfoMagic) return undefined;
  const protectedEnd = start + header.protectedTlvSize;
  return { start, protectedEnd, end: protectedEnd + u16(info, 2) };
}

/**
 * Walks both areas, the protected one first, as bootutil_tlv_iter_next does, leniencies included: lengths are followed without a look
 * at the areas' borders. Yields undefined once, as its last value, when a TLV header lies outside the slot. Ends after at most 32768 TLVs.
 */
export function* walkTlvs(slot: SlotReader, area: TlvArea): Generator<Tlv | undefined, void> {
  let at = area.start + infoSize;
  while (at < area.end) {
    if (area.protectedEnd > area.start && at === area.protectedEnd) at += infoSize;
    const entry = readInside(slot, at, entrySize);
    if (entry === undefined) {
      yield undefined;
      return;
    }
    const length = u16(entry, 2);
    const offset = at + entrySize;
    at = offset + length;
    yield { type: u16(entry, 0), offset, length, end: at };
  }
}

/** The value of a TLV, undefined when it reaches out of the slot. */
export function tlvValue(slot: SlotReader, tlv: Tlv): Uint8Array | undefined {
  return readInside(slot, tlv.offset, tlv.length);
}

/** One TLV to be written. */
export interface TlvInit {
  readonly type: number;
  readonly value: Uint8Array;
}

/**
 * One area with its info; nothing at all when there are no TLVs.
 * @throws HarnessError `tlv-too-long` (usage) when a value or the area passes 65535 bytes
 */
export function encodeTlvArea(magic: typeof tlvInfoMagic | typeof protectedTlvInfoMagic, tlvs: readonly TlvInit[]): Uint8Array {
  if (tlvs.length === 0) return new Uint8Array(0);
  const total = tlvs.reduce((sum, tlv) => sum + entrySize + tlv.value.length, infoSize);
  if (total > 0xffff) {
    throw new HarnessError({
      code: 'tlv-too-long',
      kind: 'usage',
      message: `a TLV area holds at most 65535 bytes, this one would have ${total}`,
      nextStep: 'leave out or shorten additional TLVs',
    });
  }
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  view.setUint16(0, magic, true);
  view.setUint16(2, total, true);
  let at = infoSize;
  for (const tlv of tlvs) {
    view.setUint16(at, tlv.type, true);
    view.setUint16(at + 2, tlv.value.length, true);
    out.set(tlv.value, at + entrySize);
    at += entrySize + tlv.value.length;
  }
  return out;
}
