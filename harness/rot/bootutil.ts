import type { BootGoEnd, BootRun, BootutilContext, Installation } from './boot-run.js';
import { contentKeys, readHeaders, rejectSecondary, storeConfirmedCounter, validatePrimaryArea } from './boot-run.js';
import { directChecks } from './image-checks.js';
import { installOverwrite } from './install-overwrite.js';
import { installSwap } from './install-swap.js';
import { swapType } from './swap-type.js';
import { readTrailer } from './trailer.js';

/** What one run of `boot_go` found and did. */
export interface BootGoResult extends Pick<Installation, 'swapType' | 'resumed' | 'installed' | 'rejected'> {
  readonly result: BootGoEnd;
}

/**
 * One run of MCUboot's `boot_go` in ST's build for an update mode (stm32-mw-mcuboot, boot/bootutil/src/loader.c context_boot_go), flash operation by flash operation.
 * @throws ErrorHandlerReached where ST's code asserts @throws PowerCut
 */
export function bootGo(context: BootutilContext): BootGoResult {
  const run: BootRun = { ...context, checks: context.checks ?? directChecks, headers: readHeaders(context) };
  const { copied, end, ...actions } = context.layout.mode === 'swap' ? installSwap(run) : installPending(run);
  if (end !== undefined) return { ...actions, result: end };
  context.log('[INF] Starting validation of primary slot(s)');
  return { ...actions, result: validatePrimary(run, copied) };
}

/** boot_prepare_image_for_update and boot_perform_update of the overwrite build. */
function installPending(run: BootRun): Installation {
  const { primary, secondary, layout, log } = run;
  const wanted = swapType(readTrailer(primary, layout), readTrailer(secondary, layout));
  log(`[INF] Swap type: ${wanted}`);
  // A revert, which nothing in this mode asks for, would be installed like any other pending image (BOOT_IS_UPGRADE).
  if (wanted === 'none') return { swapType: wanted, installed: false, copied: false };
  const rejected = rejectSecondary(run);
  if (rejected !== undefined) return { swapType: wanted, installed: false, copied: false, rejected };
  installOverwrite(run, { ...run, mode: layout.mode, keys: contentKeys(run) });
  return { swapType: wanted, installed: true, copied: true };
}

function validatePrimary(run: BootRun, copied: boolean): BootGoEnd {
  run.headers = readHeaders(run);
  const image = validatePrimaryArea(run, run.hashReference);
  if (image.kind !== 'valid') return { kind: 'no-image', why: `primary slot: ${image.reason}` };
  if (copied) run.secondary.eraseAll();
  const failure = storeConfirmedCounter(run);
  return failure === undefined ? image : { kind: 'no-image', why: failure };
}
