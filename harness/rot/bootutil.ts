import type { UpdateMode } from '../board/index.js';
import type { LogLine } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import { installOverwrite, raiseSecurityCounter } from './install-overwrite.js';
import type { ObkDataAreas } from './obk-data.js';
import type { AcceptedImage, RejectedSlot, RotKeys } from './slot-image.js';
import { validateArea } from './slot-image.js';
import type { SwapType } from './swap-type.js';
import { swapType } from './swap-type.js';
import type { TrailerFormat } from './trailer.js';
import { readTrailer } from './trailer.js';

/** What MCUboot's bootutil works on. */
export interface BootutilContext {
  readonly mode: UpdateMode;
  readonly primary: FlashArea;
  readonly secondary: FlashArea;
  readonly format: TrailerFormat;
  readonly keys: RotKeys;
  /** Stored security counter and hash reference. */
  readonly data: ObkDataAreas;
  /** SHA-256 of the last accepted primary image, as loaded at the start of the boot. */
  readonly hashReference: Uint8Array;
  readonly log: LogLine;
}

/** What one run of `boot_go` found and did. */
export interface BootGoResult {
  /** What the trailers asked for. */
  readonly swapType: SwapType;
  /** Whether an image was installed. */
  readonly installed: boolean;
  /** Why the pending image was not installed; absent when none was pending or it was installed. */
  readonly rejected?: RejectedSlot;
  /** The image to start, or why there is none. */
  readonly result: AcceptedImage | { readonly kind: 'no-image'; readonly why: string };
}

/**
 * One run of MCUboot's `boot_go` in ST's overwrite build (stm32-mw-mcuboot, boot/bootutil/src/loader.c context_boot_go), flash operation by flash operation.
 * @throws ErrorHandlerReached where ST's code asserts @throws PowerCut
 */
export function bootGo(context: BootutilContext): BootGoResult {
  const { log } = context;
  const pending = installPending(context);
  log('[INF] Starting validation of primary slot(s)');
  return { ...pending, result: validatePrimary(context, pending.installed) };
}

/** boot_prepare_image_for_update and boot_perform_update. */
function installPending(context: BootutilContext): Omit<BootGoResult, 'result'> {
  const { primary, secondary, format, log, data } = context;
  const wanted = swapType(readTrailer(primary, format), readTrailer(secondary, format));
  log(`[INF] Swap type: ${wanted}`);
  // A revert, which nothing in this mode asks for, would be installed like any other pending image (BOOT_IS_UPGRADE).
  if (wanted === 'none') return { swapType: wanted, installed: false };
  const image = validateArea(secondary, { ...validationOf(context), storedCounter: data.counter() });
  if (image.kind === 'valid') {
    installOverwrite({ primary, secondary }, image, context);
    return { swapType: wanted, installed: true };
  }
  if (image.kind === 'invalid') {
    secondary.eraseAll();
    log('[ERR] Image in the secondary slot is not valid!');
  }
  return { swapType: wanted, installed: false, rejected: image };
}

function validatePrimary(context: BootutilContext, installed: boolean): BootGoResult['result'] {
  const { primary, secondary, log, data, hashReference } = context;
  const image = validateArea(primary, { ...validationOf(context), storedCounter: data.counter(), hashReference });
  if (image.kind === 'invalid') log('[ERR] Image in the primary slot is not valid!');
  if (image.kind !== 'valid') return { kind: 'no-image', why: `primary slot: ${image.reason}` };
  if (installed) secondary.eraseAll();
  if (!raiseSecurityCounter(image.securityCounter, data)) {
    log('[ERR] Security counter update failed after image validation.');
    return { kind: 'no-image', why: 'the security counter could not be stored' };
  }
  return image;
}

const validationOf = ({ mode, format, keys, log }: BootutilContext) => ({ mode, format, keys, log });
