import type { ByteCount } from '../units/index.js';
import type { ContentKeys } from './content-keys.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { Flag, Magic, TrailerLayout } from './trailer.js';
import {
  contentKeyOffset,
  contentKeySize,
  hasMagic,
  readSwapInfo,
  readTrailer,
  statusOffset,
  swapInfoOffset,
  swapSizeOffset,
  swapTypeCode,
  writeImageOk,
  writeMagic,
  writeSwapInfo,
  writeSwapSize,
} from './trailer.js';

/** Steps of one swap index, and status entries for each (BOOT_STATUS_STATE_COUNT): secondary to scratch, primary to secondary, scratch to primary. */
export const statusSteps = 3;

/** How far a swap has come (struct boot_status). */
export interface BootStatus {
  /** From 1 on; index 1 is the last piece of the image. */
  index: number;
  /** The step to be done next, 1 to 3. */
  step: number;
  /** Type stored with the swap, a nibble. */
  swapType: number;
  /** Bytes to be swapped. */
  swapSize: ByteCount;
  /** The status of this index is kept in scratch, because the piece covers the trailer. */
  inScratch: boolean;
}

export const newBootStatus = (): BootStatus => ({ index: 1, step: 1, swapType: swapTypeCode.none, swapSize: 0, inScratch: false });

/** Nothing has been swapped yet. */
export const isUntouched = ({ index, step }: BootStatus): boolean => index === 1 && step === 1;

export interface SwapAreas {
  readonly primary: FlashArea;
  readonly secondary: FlashArea;
  readonly scratch: FlashArea;
}

/** boot_status_tables of swap_scratch.c: the first row whose fields match tells where the status stands. */
const sources: readonly {
  readonly primary: (magic: Magic) => boolean;
  readonly scratch: (magic: Magic) => boolean;
  readonly copyDone: Flag | 'any';
  readonly source: 'none' | 'scratch' | 'primary slot';
}[] = [
  { primary: (magic) => magic === 'good', scratch: (magic) => magic !== 'good', copyDone: 'set', source: 'none' },
  { primary: (magic) => magic === 'good', scratch: (magic) => magic !== 'good', copyDone: 'unset', source: 'primary slot' },
  { primary: () => true, scratch: (magic) => magic === 'good', copyDone: 'any', source: 'scratch' },
  { primary: (magic) => magic === 'unset', scratch: () => true, copyDone: 'unset', source: 'primary slot' },
];

const flagCode: Readonly<Record<Flag, number>> = { set: 1, bad: 2, unset: 3 };

/** Where the status stands, and the lines that tell (swap_status_source). */
function statusSource({ primary, scratch }: SwapAreas, layout: TrailerLayout, log: LogLine): FlashArea | undefined {
  const states = [primary, scratch].map((area) => {
    const state = readTrailer(area, layout);
    const title = area.name === 'primary' ? 'Primary image' : 'Scratch';
    const type = readSwapInfo(area, layout).toString(16);
    log(`[INF] ${title}: magic=${state.magic}, swap_type=0x${type}, copy_done=0x${flagCode[state.copyDone]}, image_ok=0x${flagCode[state.imageOk]}`);
    return state;
  });
  const [inPrimary, inScratch] = states;
  const row = sources.find(
    (candidate) => candidate.primary(inPrimary.magic) && candidate.scratch(inScratch.magic) && (candidate.copyDone === 'any' || candidate.copyDone === inPrimary.copyDone),
  );
  const source = row?.source ?? 'none';
  log(`[INF] Boot source: ${source}`);
  return source === 'none' ? undefined : source === 'scratch' ? scratch : primary;
}

/** The status of an interrupted swap, or an untouched one (swap_read_status, swap_read_status_bytes). */
export function readBootStatus(areas: SwapAreas, layout: TrailerLayout, log: LogLine): BootStatus {
  const status = newBootStatus();
  const area = statusSource(areas, layout, log);
  if (area === undefined) return status;
  const first = checkedStatusOffset(area, layout);
  const entries = statusSteps * (area.name === 'scratch' ? 1 : layout.statusEntries);
  const written = Array.from({ length: entries }, (_, i) => !area.readsErased(first + i * layout.programUnit, 1));
  const start = written.indexOf(true);
  if (start >= 0) {
    let end = 0;
    for (let i = start + 1; i < entries; i++) {
      if (!written[i] && end === 0) end = i;
      else if (written[i] && end !== 0) {
        log('[ERR] Detected inconsistent status!');
        break;
      }
    }
    if (end === 0) end = entries;
    status.index = Math.floor(end / statusSteps) + 1;
    status.step = (end % statusSteps) + 1;
  }
  const infoOffset = swapInfoOffset(area, layout);
  status.swapType = area.readsErased(infoOffset, 1) ? swapTypeCode.none : area.read(infoOffset, 1)[0] & 0xf;
  return status;
}

/** One status entry: the number of the step that is done (boot_write_status). @throws PowerCut */
export function writeBootStatus({ primary, scratch }: SwapAreas, layout: TrailerLayout, status: BootStatus): void {
  const area = status.inScratch ? scratch : primary;
  const bytes = new Uint8Array(layout.programUnit).fill(0xff);
  bytes[0] = status.step;
  area.program(checkedStatusOffset(area, layout) + ((status.index - 1) * statusSteps + status.step - 1) * layout.programUnit, bytes);
}

/** @throws ErrorHandlerReached where a trailer does not fit into the area: an assertion in boot_status_off */
export function checkedStatusOffset(area: FlashArea, layout: TrailerLayout): ByteCount {
  const offset = statusOffset(area, layout);
  if (offset < 0) throw new ErrorHandlerReached(`the trailer does not fit into ${area.name}: assertion in boot_status_off`);
  return offset;
}

/** Swap size and keys of the swap under way, from scratch before primary (boot_find_status). @throws ErrorHandlerReached where neither has a magic: an assertion */
export function restoreSwap({ primary, scratch }: SwapAreas, layout: TrailerLayout, status: BootStatus, keys: ContentKeys): void {
  const area = [scratch, primary].find(hasMagic);
  if (area === undefined) throw new ErrorHandlerReached('a swap is under way and no trailer tells its size: assertion in boot_swap_image');
  const bytes = area.read(swapSizeOffset(area, layout), 4);
  status.swapSize = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  for (const slot of [0, 1] as const) keys.restore(slot, area.read(contentKeyOffset(area, layout, slot), contentKeySize));
}

/**
 * Writes a trailer, the magic last (swap_status_init, and the last step of an index that covers the trailer).
 * @param type left out where there is none @throws PowerCut
 */
export function writeSwapTrailer(
  area: FlashArea,
  layout: TrailerLayout,
  fields: { readonly type: number; readonly imageOk: boolean; readonly swapSize: ByteCount; readonly keys: ContentKeys; readonly typeFirst: boolean },
): void {
  const type = (): void => {
    if (fields.type !== swapTypeCode.none) writeSwapInfo(area, layout, fields.type);
  };
  const imageOk = (): void => {
    if (fields.imageOk) writeImageOk(area, layout);
  };
  for (const write of fields.typeFirst ? [type, imageOk] : [imageOk, type]) write();
  writeSwapSize(area, layout, fields.swapSize);
  for (const slot of [0, 1] as const) area.program(contentKeyOffset(area, layout, slot), fields.keys.bytes[slot]);
  writeMagic(area);
}
