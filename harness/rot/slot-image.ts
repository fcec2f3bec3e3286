import type { UpdateMode } from '../board/index.js';
import type { ImageHeader, RejectionStage } from '../image/index.js';
import { cryptPayload, imageFlag, loadContentKey, nativeEngine, validateSlot } from '../image/index.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { TrailerFormat } from './trailer.js';

/** The keys of a root of trust, raw: 65-byte uncompressed point, 32-byte scalar. */
export interface RotKeys {
  readonly authPublicKey: Uint8Array;
  readonly encPrivateKey: Uint8Array;
}

/** An image that passed every check of the boot. */
export interface AcceptedImage {
  readonly kind: 'valid';
  readonly header: ImageHeader;
  /** SHA-256 over header, payload in clear and protected TLVs. */
  readonly digest: Uint8Array;
  readonly securityCounter: number;
}

/** `no-image`: the header already says that there is nothing to start, the slot is kept. `invalid`: a later check failed. */
export interface RejectedSlot {
  readonly kind: 'no-image' | 'invalid';
  readonly stage: RejectionStage;
  readonly reason: string;
}

export interface ValidationContext {
  readonly mode: UpdateMode;
  readonly format: TrailerFormat;
  readonly keys: RotKeys;
  /** Undefined where the boot cannot read it: every image with a counter is refused then. */
  readonly storedCounter: number | undefined;
  /** Given for the last check of the primary slot only: an equal SHA-256 stands for the signature. */
  readonly hashReference?: Uint8Array;
  readonly log: LogLine;
}

/** All checks of boot_validate_slot on one slot, with the lines they print; the slot is only read. */
export function validateArea(area: FlashArea, context: ValidationContext): AcceptedImage | RejectedSlot {
  const { keys, format } = context;
  const validation = validateSlot(area, {
    mode: context.mode,
    area: area.name === 'primary' ? 'primary' : 'secondary',
    authPublicKey: keys.authPublicKey,
    encPrivateKey: keys.encPrivateKey,
    storedCounter: context.storedCounter,
    writeUnit: format.programUnit,
    maxAlign: format.maxAlign,
    log: context.log,
    ...(context.hashReference === undefined ? {} : { hashReference: context.hashReference }),
  });
  if (validation.valid) {
    return { kind: 'valid', header: validation.header, digest: validation.digest, securityCounter: validation.securityCounter };
  }
  return { kind: validation.cause === 'image-invalid' ? 'invalid' : 'no-image', stage: validation.stage, reason: validation.reason };
}

/** ST's copy loop works on chunks of one sector; the header has to end inside the first of them (loader.c, boot_copy_region). */
const copyChunk = 0x1000;

/**
 * The whole slot as the primary slot gets it: payload deciphered, header, TLVs, padding and trailer as they are.
 * The key is taken out of its TLV once more, with the lines that this prints.
 * @throws ErrorHandlerReached where ST's code would go on with undefined results
 */
export function decipheredSlot(area: FlashArea, header: ImageHeader, keys: RotKeys, log: LogLine): Uint8Array {
  const content = area.read(0, area.size);
  if ((header.flags & imageFlag.ENCRYPTED) === 0) return content;
  const engine = nativeEngine();
  const loaded = loadContentKey(area, header, { encPrivateKey: keys.encPrivateKey, engine, log });
  if ('reason' in loaded) throw new ErrorHandlerReached(`the key of a validated image cannot be loaded: ${loaded.reason}`);
  if (header.headerSize > copyChunk) {
    throw new ErrorHandlerReached(`an encrypted image with a header of ${header.headerSize} bytes overruns the copy buffer of ${copyChunk} bytes`);
  }
  const payload = content.subarray(header.headerSize, header.headerSize + header.imageSize);
  payload.set(cryptPayload(engine, loaded.key, 0, payload));
  return content;
}

/** Header, payload and protected TLVs: what is hashed, and what a load-and-run boot copies to RAM. */
export function signedPart(area: FlashArea, header: ImageHeader): Uint8Array {
  return area.read(0, header.headerSize + header.imageSize + header.protectedTlvSize);
}
