import type { ImageHeader } from '../image/index.js';
import { applicationMagic, headerStructSize, parseHeader } from '../image/index.js';
import { ContentKeys } from './content-keys.js';
import type { LogLine } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { ImageChecks } from './image-checks.js';
import { storeImageCounter } from './install-overwrite.js';
import type { ObkDataAreas } from './obk-data.js';
import type { AcceptedImage, RejectedSlot, RotKeys, ValidationContext } from './slot-image.js';
import { validateArea } from './slot-image.js';
import type { SwapType } from './swap-type.js';
import type { TrailerLayout } from './trailer.js';
import { readTrailer } from './trailer.js';

/** What MCUboot's bootutil works on. */
export interface BootutilContext {
  readonly primary: FlashArea;
  readonly secondary: FlashArea;
  /** Swap mode only, and there always. */
  readonly scratch?: FlashArea;
  /** Update mode, program unit and alignment of the build. */
  readonly layout: TrailerLayout;
  readonly keys: RotKeys;
  /** Stored security counter and hash reference. */
  readonly data: ObkDataAreas;
  /** SHA-256 of the last accepted primary image, as loaded at the start of the boot. */
  readonly hashReference: Uint8Array;
  /** Default: every image is checked anew. */
  readonly checks?: ImageChecks;
  readonly log: LogLine;
}

/** The image to start, or why there is none; `reset`: a swap boot has stored the counter of a confirmed image and starts again. */
export type BootGoEnd = AcceptedImage | { readonly kind: 'no-image'; readonly why: string } | { readonly kind: 'reset'; readonly why: string };

/** What was done about images before the primary slot is validated. */
export interface Installation {
  /** What the trailers asked for; for a swap that was interrupted what is stored with it. */
  readonly swapType: SwapType;
  /** An interrupted swap was completed. */
  readonly resumed?: true;
  /** Whether an image was installed. */
  readonly installed: boolean;
  /** The image was copied, so that the secondary slot is erased once it proves valid. */
  readonly copied: boolean;
  /** Why the pending image was not installed; absent when none was pending or it was installed. */
  readonly rejected?: RejectedSlot;
  /** The boot ends before the primary slot is validated. */
  readonly end?: Exclude<BootGoEnd, AcceptedImage>;
}

/** One run of boot_go under way. */
export interface BootRun extends BootutilContext {
  readonly checks: ImageChecks;
  /** As read from the slots when the boot began, and again behind every installation. */
  headers: { readonly primary: ImageHeader; readonly secondary: ImageHeader };
}

export function readHeaders({ primary, secondary }: Pick<BootutilContext, 'primary' | 'secondary'>): BootRun['headers'] {
  return { primary: parseHeader(primary.read(0, headerStructSize)), secondary: parseHeader(secondary.read(0, headerStructSize)) };
}

export const contentKeys = ({ keys, checks, log }: BootRun): ContentKeys => new ContentKeys({ encPrivateKey: keys.encPrivateKey, checks, log });

/** boot_validate_slot of the secondary slot: an invalid image is erased. @returns undefined when it is valid */
export function rejectSecondary(run: BootRun): RejectedSlot | undefined {
  const { secondary, log } = run;
  const image = validateArea(secondary, validationOf(run));
  if (image.kind === 'valid') return undefined;
  if (image.kind === 'invalid') {
    secondary.eraseAll();
    log('[ERR] Image in the secondary slot is not valid!');
  }
  return image;
}

/** The hash reference is no part of it: only the last check of the primary slot takes it for the signature. */
const validationOf = ({ layout, keys, checks, data, log }: BootRun): ValidationContext => ({ layout, keys, checks, storedCounter: data.counter(), log });

/** Whether an image in the primary slot counts as confirmed: in overwrite mode every one. */
function isConfirmed({ primary, layout, headers }: BootRun): boolean {
  if (layout.mode === 'overwrite') return true;
  const { magic, headerSize, imageSize } = headers.primary;
  const headerValid = magic === applicationMagic && headerSize + imageSize < primary.size;
  return readTrailer(primary, layout).imageOk !== 'unset' && headerValid;
}

const counterFailed = '[ERR] Security counter update failed after image validation.';

/** Stores the counter of a confirmed image. @returns why the boot ends without an image; undefined when all is well @throws PowerCut */
export function storeConfirmedCounter(run: BootRun): string | undefined {
  if (!isConfirmed(run) || storeImageCounter(run.primary, run.headers.primary, run.data)) return undefined;
  run.log(counterFailed);
  return 'the security counter could not be stored';
}

/** Checks of the primary slot without a look at the hash reference; an invalid one is left as it is. */
export function validatePrimaryArea(run: BootRun, hashReference?: Uint8Array): AcceptedImage | RejectedSlot {
  const image = validateArea(run.primary, { ...validationOf(run), ...(hashReference === undefined ? {} : { hashReference }) });
  if (image.kind === 'invalid') run.log('[ERR] Image in the primary slot is not valid!');
  return image;
}
