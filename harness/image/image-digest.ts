import { cryptPayload } from './content-key.js';
import type { CryptoEngine } from './engine.js';
import { imageFlag } from './header.js';
import type { ImageHeader } from './header.js';
import type { SlotReader } from './slot-reader.js';
import type { ByteCount } from '../units/index.js';

/** Pieces in which payloads are decrypted and hashed: large enough for the primitives, small enough for a cache; a multiple of 16. */
const pieceSize: ByteCount = 0x20000;

/**
 * SHA-256 of what the signature of an image stands over: header area, payload in the clear and protected TLVs (bootutil_img_hash).
 * @param contentKey decrypts the payload when given
 * @param clearFlag the header is taken with this flag cleared, as the boot for primary-only images rewrites it
 * @returns 32 bytes; undefined when the range reaches out of the slot: a read error on the board
 */
export function imageDigest(
  slot: SlotReader,
  header: ImageHeader,
  engine: CryptoEngine,
  options: { readonly contentKey?: Uint8Array | undefined; readonly clearFlag?: number },
): Uint8Array | undefined {
  const payloadEnd = header.headerSize + header.imageSize;
  if (payloadEnd + header.protectedTlvSize > slot.size) return undefined;
  const hash = engine.sha256();
  hash.update(headerArea(slot, header, options.clearFlag ?? 0));
  for (let offset = 0; offset < header.imageSize; offset += pieceSize) {
    const piece = slot.read(header.headerSize + offset, Math.min(pieceSize, header.imageSize - offset));
    hash.update(options.contentKey === undefined ? piece : cryptPayload(engine, options.contentKey, offset, piece));
  }
  if (header.protectedTlvSize > 0) hash.update(slot.read(payloadEnd, header.protectedTlvSize));
  return hash.digest();
}

function headerArea(slot: SlotReader, header: ImageHeader, clearFlag: number): Uint8Array {
  const bytes = slot.read(0, header.headerSize);
  const flagsOffset = 16;
  if ((header.flags & clearFlag) === 0 || bytes.length < flagsOffset + 4) return bytes;
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(flagsOffset, (header.flags & ~clearFlag) >>> 0, true);
  return copy;
}

/** Whether both flags of ST's primary-only images are set: then the boot decrypts in place and clears ENCRYPTED before anything is checked. */
export function isEncryptedPrimaryOnly(header: ImageHeader): boolean {
  const both = imageFlag.ENCRYPTED | imageFlag.PRIMARY_ONLY;
  return (header.flags & both) === both;
}
