import type { ByteCount } from '../units/index.js';

/** A slot of a flash, or a file that stands for one. Offsets count from its first byte; nobody asks for a byte outside 0 … size. */
export interface SlotReader {
  readonly size: ByteCount;
  /** The bytes of a range; the reader may return a view of its own memory, which the caller does not change. */
  read(offset: ByteCount, length: ByteCount): Uint8Array;
}

/** The range as bytes, undefined when it is not wholly inside the slot: what ST's flash_area_read refuses (stm32-mw-mcuboot bl2/src/flash_map.c). */
export function readInside(slot: SlotReader, offset: ByteCount, length: ByteCount): Uint8Array | undefined {
  if (offset + length > slot.size) return undefined;
  return slot.read(offset, length);
}

/** Bytes of a file as the slot that begins with them: what lies behind their end reads as erased (0xff). Nothing is copied as long as a read stays inside. */
export function slotOf(bytes: Uint8Array, size: ByteCount): SlotReader {
  return {
    size,
    read(offset, length) {
      if (offset + length <= bytes.length) return bytes.subarray(offset, offset + length);
      const out = new Uint8Array(length).fill(0xff);
      if (offset < bytes.length) out.set(bytes.subarray(offset));
      return out;
    },
  };
}
