import type { CryptoEngine } from './engine.js';
import type { ImageHeader } from './header.js';

export type BootMode = 'overwrite' | 'swap' | 'primary-only';
export type SlotArea = 'secondary' | 'primary';

/** The check at which the boot stops; the first one that fails. */
export type RejectionStage = 'header' | 'trailer' | 'decrypt-key' | 'tlv' | 'security-counter' | 'hash' | 'key' | 'signature' | 'slot-pattern';

export interface ValidationOptions {
  readonly mode: BootMode;
  /** Default secondary. In primary-only mode there is but one. */
  readonly area?: SlotArea;
  /** 65 bytes. */
  readonly authPublicKey: Uint8Array;
  /** 32 bytes; needed for an encrypted image only. */
  readonly encPrivateKey?: Uint8Array | undefined;
  /** The stored security counter; undefined or 0xffffffff: it cannot be read. */
  readonly storedCounter: number | undefined;
  /** Program unit, default 16. */
  readonly writeUnit?: 4 | 16;
  /** Default 16. */
  readonly maxAlign?: 8 | 16;
  /** Default: those of ST's shipped build for this slot. */
  readonly statusEntries?: number | undefined;
  /** SHA-256 of the image accepted last, for the final check of the primary slot only: an equal image needs no signature check. */
  readonly hashReference?: Uint8Array | undefined;
  /** Content key already loaded in this boot: boot_enc_load is then skipped, with its log lines. */
  readonly contentKey?: Uint8Array | undefined;
  readonly engine?: CryptoEngine;
  /** Gets each line that ST's boot prints in development mode while validating, without its line end. */
  readonly log?: ((line: string) => void) | undefined;
  /** Default: the one of the mode. */
  readonly magic?: number;
}

/** What a slot that passed holds. */
export interface AcceptedImage {
  readonly valid: true;
  readonly header: ImageHeader;
  /** SHA-256 of the image, 32 bytes. */
  readonly digest: Uint8Array;
  readonly securityCounter: number;
  /** Key of an encrypted payload, 16 bytes. */
  readonly contentKey?: Uint8Array | undefined;
  /** The hash reference matched, so that no signature was checked. */
  readonly hashReferenceMatched: boolean;
}

export interface RejectedImage {
  readonly valid: false;
  readonly stage: RejectionStage;
  /** One clause for a person. */
  readonly reason: string;
  /**
   * How the boot takes it: `image-invalid` erases a secondary slot and logs the error line; the others are "no image", nothing is printed,
   * and the slot is kept (swap: the trailer of a secondary slot is erased for `header-erased` and `non-bootable`).
   */
  readonly cause: 'header-erased' | 'non-bootable' | 'header-invalid' | 'image-invalid';
  readonly header: ImageHeader;
  readonly digest?: Uint8Array | undefined;
}

export type Validation = AcceptedImage | RejectedImage;
