import type { ImageHeader, RejectionStage } from '../image/index.js';
import type { LogLine } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { ImageChecks } from './image-checks.js';
import type { TrailerLayout } from './trailer.js';

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

/**
 * `blank`: the header is erased or marked as non-bootable; a swap boot clears the trailer of such a secondary slot. `no-image`: the header is no header, the slot is kept.
 * `invalid`: a later check failed.
 */
export interface RejectedSlot {
  readonly kind: 'blank' | 'no-image' | 'invalid';
  readonly stage: RejectionStage;
  readonly reason: string;
}

export interface ValidationContext {
  readonly layout: TrailerLayout;
  readonly keys: RotKeys;
  readonly checks: ImageChecks;
  /** Undefined where the boot cannot read it: every image with a counter is refused then. */
  readonly storedCounter: number | undefined;
  /** Given for the last check of the primary slot only: an equal SHA-256 stands for the signature. */
  readonly hashReference?: Uint8Array;
  readonly log: LogLine;
}

/** All checks of boot_validate_slot on one slot, with the lines they print; the slot is only read. */
export function validateArea(area: FlashArea, context: ValidationContext): AcceptedImage | RejectedSlot {
  const { keys, layout } = context;
  const validation = context.checks.validate(area, {
    mode: layout.mode,
    area: area.name === 'primary' ? 'primary' : 'secondary',
    authPublicKey: keys.authPublicKey,
    encPrivateKey: keys.encPrivateKey,
    storedCounter: context.storedCounter,
    writeUnit: layout.programUnit,
    maxAlign: layout.maxAlign,
    statusEntries: layout.statusEntries,
    log: context.log,
    ...(context.hashReference === undefined ? {} : { hashReference: context.hashReference }),
  });
  if (validation.valid) {
    return { kind: 'valid', header: validation.header, digest: validation.digest, securityCounter: validation.securityCounter };
  }
  const kind = validation.cause === 'image-invalid' ? 'invalid' : validation.cause === 'header-invalid' ? 'no-image' : 'blank';
  return { kind, stage: validation.stage, reason: validation.reason };
}

/** Header, payload and protected TLVs: what is hashed, and what a load-and-run boot copies to RAM. */
export function signedPart(area: FlashArea, header: ImageHeader): Uint8Array {
  return area.read(0, header.headerSize + header.imageSize + header.protectedTlvSize);
}
