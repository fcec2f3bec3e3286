import type { ImageHeader } from '../image/index.js';
import { applicationMagic, findTlvArea } from '../image/index.js';
import type { ByteCount } from '../units/index.js';
import type { BootRun, Installation } from './boot-run.js';
import { contentKeys, readHeaders, rejectSecondary, storeConfirmedCounter, validatePrimaryArea } from './boot-run.js';
import type { BootStatus, SwapAreas } from './boot-status.js';
import { isUntouched, newBootStatus, readBootStatus, restoreSwap } from './boot-status.js';
import type { ContentKeys } from './content-keys.js';
import { isEncrypted } from './content-keys.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import { installOverwrite, storeImageCounter } from './install-overwrite.js';
import type { RejectedSlot } from './slot-image.js';
import { eraseTrailerSectors, runSwap } from './swap-scratch.js';
import type { SwapType } from './swap-type.js';
import { swapType } from './swap-type.js';
import { readTrailer, swapTypeCode, writeCopyDone, writeImageOk } from './trailer.js';

/** What is to be done with the slots: `fail` marks the primary image as good, `panic` is a stored swap type that means nothing. */
interface Decision {
  readonly todo: SwapType | 'fail' | 'panic';
  /** What the trailers, or the swap that was interrupted, asked for. */
  readonly asked: SwapType;
  readonly rejected?: RejectedSlot;
  readonly resumed?: true;
}

const typeOfCode = (code: number): Decision['todo'] => (Object.entries(swapTypeCode).find(([, value]) => value === code)?.[0] ?? 'panic') as Decision['todo'];
/** As reported: what has no name, or is none to be installed, is none. */
const reported = (todo: Decision['todo']): SwapType => (todo === 'fail' || todo === 'panic' ? 'none' : todo);

/**
 * Everything of ST's swap build that comes before the primary slot is validated: an interrupted swap completed or restarted, the counter of a confirmed image stored,
 * a pending image installed (stm32-mw-mcuboot, boot/bootutil/src/loader.c boot_prepare_image_for_update, context_boot_go, boot_perform_update).
 * @throws ErrorHandlerReached where ST's code asserts @throws PowerCut
 */
export function installSwap(run: BootRun): Installation {
  const { primary, secondary, scratch, log, data } = run;
  if (scratch === undefined) throw new ErrorHandlerReached('a swap build without a scratch area');
  const areas: SwapAreas = { primary, secondary, scratch };
  const { todo, asked, rejected, resumed } = decide(run, areas);
  const actions = {
    swapType: asked,
    ...(resumed === undefined ? {} : { resumed }),
    ...(rejected === undefined ? {} : { rejected }),
    installed: resumed !== undefined,
    copied: false,
  };
  const before = data.counter();
  const failure = storeConfirmedCounter(run);
  if (failure !== undefined) return { ...actions, end: { kind: 'no-image', why: failure } };
  if (data.counter() !== before) {
    log('[INF] Security counter updated. Reset device');
    return { ...actions, end: { kind: 'reset', why: 'the security counter of the confirmed image was stored' } };
  }
  if (todo === 'none') return actions;
  if (todo === 'fail') {
    markImageOk(run);
    return actions;
  }
  if (todo === 'panic') panic(run, 'the stored swap type is none');
  return { ...actions, installed: true, copied: performUpdate(run, areas, todo) };
}

function decide(run: BootRun, areas: SwapAreas): Decision {
  const { primary, secondary, layout, log } = run;
  if (primary.size !== secondary.size || primary.size > areas.scratch.size * layout.statusEntries) {
    log('[WRN] Cannot upgrade: more swap than trailer status size');
    return { todo: 'none', asked: 'none' };
  }
  const status = readBootStatus(areas, layout, log);
  if (!isUntouched(status)) return { todo: 'none', asked: completeSwap(run, areas, status), resumed: true };
  if (status.swapType !== swapTypeCode.none) {
    const todo = typeOfCode(status.swapType);
    const asked = reported(todo);
    const rejected = rejectPending(run);
    return rejected === undefined ? { todo, asked } : { todo: 'fail', asked, rejected };
  }
  const asked = swapType(readTrailer(primary, layout), readTrailer(secondary, layout));
  log(`[INF] Swap type: ${asked}`);
  const rejected = asked === 'none' ? undefined : rejectPending(run);
  return rejected === undefined ? { todo: asked, asked } : { todo: 'none', asked, rejected };
}

/** A secondary slot without an image loses its trailer, which would otherwise stand in the way of the next image. */
function rejectPending(run: BootRun): RejectedSlot | undefined {
  const rejected = rejectSecondary(run);
  if (rejected?.kind === 'blank') eraseTrailerSectors(run.secondary, run.layout);
  return rejected;
}

/** boot_complete_partial_swap. @returns the type of the swap */
function completeSwap(run: BootRun, areas: SwapAreas, status: BootStatus): SwapType {
  const { layout, log } = run;
  const keys = contentKeys(run);
  restoreSwap(areas, layout, status, keys);
  runSwap(status, { areas, layout, log, keys, mode: 'swap', headers: run.headers });
  const type = reported(typeOfCode(status.swapType));
  finishSwap(run, type);
  run.headers = readHeaders(run);
  return type;
}

/** boot_perform_update. @returns whether the image was copied instead of swapped */
function performUpdate(run: BootRun, areas: SwapAreas, type: SwapType): boolean {
  const { layout, log, headers, primary } = run;
  const keys = contentKeys(run);
  const copied = validatePrimaryArea(run).kind !== 'valid';
  if (copied) {
    // Nothing worth keeping in the primary slot: this cannot be reverted, and the counter is stored at once.
    installOverwrite(areas, { mode: 'swap', headers, keys, data: run.data, log });
  } else {
    const status: BootStatus = { ...newBootStatus(), swapType: swapTypeCode[type], swapSize: swapSize(run, keys) };
    runSwap(status, { areas, layout, log, keys, mode: 'swap', headers });
  }
  finishSwap(run, type, () => {
    if (storeImageCounter(primary, headers.secondary, run.data)) return undefined;
    log('[ERR] Security counter update failed after image upgrade.');
    return 'the security counter could not be stored after a permanent swap';
  });
  return copied;
}

/** The larger of both images with their TLVs; the keys of encrypted ones are loaded on the way, with their lines (boot_swap_image). */
function swapSize({ primary, secondary, headers }: BootRun, keys: ContentKeys): ByteCount {
  const sizeOf = (slot: 0 | 1, area: FlashArea, header: ImageHeader): ByteCount => {
    if (header.magic !== applicationMagic) return 0;
    const tlvs = findTlvArea(area, header);
    if (tlvs === undefined) throw new ErrorHandlerReached(`the size of the image in the ${area.name} slot cannot be read: assertion in boot_swap_image`);
    if (isEncrypted(header)) keys.load(slot, area, header);
    return tlvs.end;
  };
  return Math.max(sizeOf(0, primary, headers.primary), sizeOf(1, secondary, headers.secondary));
}

/** What follows the last piece: image_ok, the counter of a permanent swap, copy_done. */
function finishSwap(run: BootRun, type: SwapType, storePermanentCounter?: () => string | undefined): void {
  if (type === 'revert' || type === 'perm') markImageOk(run);
  const failure = type === 'perm' ? storePermanentCounter?.() : undefined;
  if (type !== 'none') writeCopyDone(run.primary, run.layout);
  if (failure !== undefined) panic(run, failure);
}

/** swap_set_image_ok. */
function markImageOk({ primary, layout }: BootRun): void {
  if (readTrailer(primary, layout).imageOk === 'unset') writeImageOk(primary, layout);
}

function panic({ log }: BootRun, why: string): never {
  log('[ERR] panic!');
  throw new ErrorHandlerReached(why);
}
