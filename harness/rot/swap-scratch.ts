import type { ByteCount } from '../units/index.js';
import type { BootStatus, SwapAreas } from './boot-status.js';
import { checkedStatusOffset, statusSteps, writeBootStatus, writeSwapTrailer } from './boot-status.js';
import type { CopyContext } from './copy-region.js';
import { copyRegion } from './copy-region.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { TrailerLayout } from './trailer.js';
import { readSwapInfo, readTrailer, trailerBytes } from './trailer.js';

export interface SwapContext extends CopyContext {
  readonly areas: SwapAreas;
  readonly layout: TrailerLayout;
  readonly log: LogLine;
}

/** The sectors at the end of a slot that hold its trailer, the last one first (swap_erase_trailer_sectors). @throws PowerCut */
export function eraseTrailerSectors(area: FlashArea, layout: TrailerLayout): void {
  let offset = area.size;
  do {
    offset -= area.sectorSize;
    area.eraseSector(offset);
  } while (area.size - offset < trailerBytes(layout));
}

/**
 * Swaps the first `status.swapSize` bytes of both slots in pieces of scratch size, the last piece first, from the index and step of `status` on
 * (stm32-mw-mcuboot, boot/bootutil/src/swap_scratch.c swap_run).
 * @throws ErrorHandlerReached where ST's code asserts or goes on with undefined results @throws PowerCut
 */
export function runSwap(status: BootStatus, context: SwapContext): void {
  const { primary, scratch } = context.areas;
  const { sectorSize } = primary;
  if (status.swapSize > primary.size) throw new ErrorHandlerReached(`${status.swapSize} bytes are to be swapped, more than a slot has: swap_run reads behind its list of sectors`);
  if (scratch.size < sectorSize) throw new ErrorHandlerReached('no sector fits into scratch: swap_run never ends');
  context.log(`[INF] Swapping secondary and primary slots: 0x${status.swapSize.toString(16)} bytes`);
  const piece = Math.floor(scratch.size / sectorSize);
  let behind = Math.max(1, Math.ceil(status.swapSize / sectorSize));
  for (let swapIndex = 0; behind > 0; swapIndex++) {
    const first = Math.max(0, behind - piece);
    const size = (behind - first) * sectorSize;
    if (swapIndex >= status.index - 1) {
      context.log(`[INF] Swapping: swap index 0x${swapIndex.toString(16)}, sector index 0x${first.toString(16)}, size 0x${size.toString(16)}`);
      swapPiece(first * sectorSize, size, status, context);
    }
    behind = first;
  }
}

/** One index, from the step of `status` on (boot_swap_sectors). */
function swapPiece(offset: ByteCount, size: ByteCount, status: BootStatus, context: SwapContext): void {
  const { areas, layout } = context;
  const { primary, secondary } = areas;
  // A piece that reaches into the last sector leaves out the trailer, whose status is kept in scratch meanwhile.
  const copied = offset + size > primary.size - primary.sectorSize ? (size - trailerBytes(layout)) >>> 0 : size;
  status.inScratch = status.index === 1 && copied !== size;
  if (status.step === 1) {
    secondaryToScratch(offset, copied, status, context);
    nextStep(status, context);
  }
  if (status.step === 2) {
    eraseRange(secondary, offset, size);
    copyRegion({ from: primary, fromOffset: offset, to: secondary, toOffset: offset, size: copied }, context);
    if (status.index === 1 && !status.inScratch) eraseTrailerSectors(secondary, layout);
    nextStep(status, context);
  }
  if (status.step === 3) scratchToPrimary(offset, size, copied, status, context);
}

function nextStep(status: BootStatus, { areas, layout }: SwapContext): void {
  writeBootStatus(areas, layout, status);
  status.step++;
}

function secondaryToScratch(offset: ByteCount, copied: ByteCount, status: BootStatus, context: SwapContext): void {
  const { areas, layout, keys } = context;
  const { primary, secondary, scratch } = areas;
  scratch.eraseAll();
  if (status.index === 1) {
    // Even an index that keeps its status in the primary slot needs the swap type somewhere while that slot's trailer is erased.
    const trailer = (area: FlashArea): void => {
      writeSwapTrailer(area, layout, { type: status.swapType, imageOk: readTrailer(secondary, layout).imageOk === 'set', swapSize: status.swapSize, keys, typeFirst: true });
    };
    trailer(scratch);
    if (!status.inScratch) {
      eraseTrailerSectors(primary, layout);
      trailer(primary);
      scratch.eraseAll();
    }
  }
  copyRegion({ from: secondary, fromOffset: offset, to: scratch, toOffset: 0, size: copied }, context);
}

function scratchToPrimary(offset: ByteCount, size: ByteCount, copied: ByteCount, status: BootStatus, context: SwapContext): void {
  const { areas, layout, keys } = context;
  const { primary, scratch } = areas;
  eraseRange(primary, offset, size);
  copyRegion({ from: scratch, fromOffset: 0, to: primary, toOffset: offset, size: copied }, context);
  const wasInScratch = status.inScratch;
  if (wasInScratch) {
    copyRegion({ from: scratch, fromOffset: checkedStatusOffset(scratch, layout), to: primary, toOffset: offset + copied, size: (statusSteps - 1) * layout.programUnit }, context);
    const imageOk = readTrailer(scratch, layout).imageOk === 'set';
    writeSwapTrailer(primary, layout, { type: readSwapInfo(scratch, layout), imageOk, swapSize: status.swapSize, keys, typeFirst: false });
  }
  status.inScratch = false;
  writeBootStatus(areas, layout, status);
  status.index++;
  status.step = 1;
  // Otherwise the next boot would take the trailer in scratch for that of a swap just begun.
  if (wasInScratch) scratch.eraseSector(scratch.size - scratch.sectorSize);
}

function eraseRange(area: FlashArea, offset: ByteCount, size: ByteCount): void {
  for (let at = offset; at < offset + size; at += area.sectorSize) area.eraseSector(at);
}
