import type { UpdateMode } from '../board/index.js';
import type { ImageHeader } from '../image/index.js';
import type { ByteCount } from '../units/index.js';
import type { ContentKeys } from './content-keys.js';
import { isEncrypted } from './content-keys.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';

/** Bytes of one program call while an image is moved: the buffer of boot_copy_region in each build. */
const chunkSize: Readonly<Record<UpdateMode, ByteCount>> = { overwrite: 0x1000, swap: 0x400 };

export interface Transfer {
  readonly from: FlashArea;
  readonly fromOffset: ByteCount;
  readonly to: FlashArea;
  readonly toOffset: ByteCount;
  readonly size: ByteCount;
}

export interface CopyContext {
  readonly mode: UpdateMode;
  /** Headers as read before anything was moved. */
  readonly headers: { readonly primary: ImageHeader; readonly secondary: ImageHeader };
  readonly keys: ContentKeys;
}

/**
 * Copies between areas chunk by chunk (stm32-mw-mcuboot, boot/bootutil/src/loader.c boot_copy_region): the payload of an encrypted image is in clear everywhere
 * but in the secondary slot, so that it is decrypted on its way out of there and encrypted, with the key of the image in the primary slot, on its way in.
 * @throws ErrorHandlerReached where a chunk does not fit into an area: an assertion @throws PowerCut
 */
export function copyRegion(transfer: Transfer, context: CopyContext): void {
  const { from, to, fromOffset, toOffset, size } = transfer;
  const crypt = payloadCipher(transfer, context);
  const fits = fromOffset + size <= from.size && toOffset + size <= to.size;
  if (crypt === undefined && fits && to.copyUnwatched(from, fromOffset, toOffset, size)) return;
  for (let done = 0; done < size; ) {
    const length = Math.min(size - done, chunkSize[context.mode]);
    if (fromOffset + done + length > from.size || toOffset + done + length > to.size) {
      throw new ErrorHandlerReached(`copying ${size} bytes from ${from.name} to ${to.name} leaves an area: assertion after boot_copy_region`);
    }
    const chunk = from.read(fromOffset + done, length);
    crypt?.(chunk, done);
    to.program(toOffset + done, chunk);
    done += length;
  }
}

/** Changes the part of a chunk that belongs to a payload; undefined where nothing has to be changed. */
function payloadCipher(transfer: Transfer, context: CopyContext): ((chunk: Uint8Array, done: ByteCount) => void) | undefined {
  const { from, to } = transfer;
  const outOfSecondary = from.name === 'secondary';
  if (outOfSecondary === (to.name === 'secondary')) return undefined;
  const header = outOfSecondary ? context.headers.secondary : context.headers.primary;
  if (!isEncrypted(header)) return undefined;
  const origin = outOfSecondary ? transfer.fromOffset : transfer.toOffset;
  const payloadEnd = header.headerSize + header.imageSize;
  return (chunk, done) => {
    const at = origin + done;
    if (at < header.headerSize && at + chunk.length < header.headerSize) {
      throw new ErrorHandlerReached(`an encrypted image with a header of ${header.headerSize} bytes overruns the copy buffer of ${chunk.length} bytes`);
    }
    const start = Math.max(at, header.headerSize);
    const stop = Math.min(at + chunk.length, payloadEnd);
    if (start >= stop) return;
    const piece = chunk.subarray(start - at, stop - at);
    piece.set(context.keys.crypt(outOfSecondary ? 1 : 0, start - header.headerSize, piece));
  };
}
