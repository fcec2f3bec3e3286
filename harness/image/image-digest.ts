import { cryptPayload } from './content-key.js';
import type { CryptoEngine, SignedMessage } from './engine.js';
import { imageFlag } from './header.js';
import type { ImageHeader } from './header.js';
import type { SlotReader } from './slot-reader.js';
import type { ByteCount } from '../units/index.js';

/** Pieces in which payloads are read: large enough for the primitives, small enough for a cache; a multiple of 16. */
const pieceSize: ByteCount = 0x10000;

/**
 * What the hash and the signature of an image stand over: header area, payload in the clear and protected TLVs (bootutil_img_hash).
 * @param contentKey decrypts the payload when given
 * @param clearFlag the header is taken with this flag cleared, as the boot for primary-only images rewrites it
 * @returns undefined when the range reaches out of the slot: a read error on the board
 */
export function signedMessage(
  slot: SlotReader,
  header: ImageHeader,
  engine: CryptoEngine,
  options: { readonly contentKey?: Uint8Array | undefined; readonly clearFlag?: number },
): SignedMessage | undefined {
  const payloadEnd = header.headerSize + header.imageSize;
  if (payloadEnd + header.protectedTlvSize > slot.size) return undefined;
  const parts: Uint8Array[] = [headerArea(slot, header, options.clearFlag ?? 0)];
  for (let offset = 0; offset < header.imageSize; offset += pieceSize) {
    const piece = slot.read(header.headerSize + offset, Math.min(pieceSize, header.imageSize - offset));
    parts.push(options.contentKey === undefined ? piece : cryptPayload(engine, options.contentKey, offset, piece));
  }
  if (header.protectedTlvSize > 0) parts.push(slot.read(payloadEnd, header.protectedTlvSize));
  const hash = engine.sha256();
  for (const part of parts) hash.update(part);
  return { digest: hash.digest(), parts };
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
