import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';
import type { SlotReader } from './slot-reader.js';
import { magicOffset, trailerSize } from './trailer.js';
import type { TrailerBuild } from './trailer.js';

/** The boot reads this many bytes at a time once it is aligned to them, also the last time, and names the first of them as the wrong one. */
const step: ByteCount = 8;
const pieceSize: ByteCount = 0x10000;

/**
 * The end of bootutil_img_validate, added by ST for secondary slots: the TLVs end in front of the trailer, and everything from there to the magic
 * (overwrite) or to the trailer (swap) is erased.
 * @param end offset behind the last TLV area
 * @returns why not; undefined when all is well
 */
export function checkSlotPattern(slot: SlotReader, end: ByteCount, build: TrailerBuild, log: ((line: string) => void) | undefined): string | undefined {
  const trailerStart = slot.size - trailerSize(build);
  if (end > trailerStart) return `the TLVs end at ${hex(end)}, inside the trailer that begins at ${hex(Math.max(trailerStart, 0))}`;
  const wrong = firstWritten(slot, end, build.mode === 'overwrite' ? magicOffset(slot.size) : trailerStart);
  if (wrong === undefined) return undefined;
  log?.(`[INF] data wrong at ${wrong.toString(16)}`);
  return `data behind the image at ${hex(wrong)}`;
}

const roundUp = (offset: ByteCount): ByteCount => Math.ceil(offset / step) * step;

/** First byte up to the next multiple of 8, then first group of 8, that is not all 0xff. */
function firstWritten(slot: SlotReader, from: ByteCount, to: ByteCount): ByteCount | undefined {
  const aligned = roundUp(from);
  const head = slot.read(from, aligned - from).findIndex((byte) => byte !== 0xff);
  if (head >= 0) return from + head;
  // Where the trailer begins between two multiples of 8, its first bytes are looked at as well.
  const stop = roundUp(to);
  for (let at = aligned; at < stop; at += pieceSize) {
    const found = firstNotErased(slot.read(at, Math.min(pieceSize, stop - at)));
    if (found !== undefined) return at + found - (found % step);
  }
  return undefined;
}

function firstNotErased(bytes: Uint8Array): number | undefined {
  const lead = -bytes.byteOffset & 3;
  const words = bytes.length >= lead + 4 ? new Uint32Array(bytes.buffer, bytes.byteOffset + lead, (bytes.length - lead) >> 2) : new Uint32Array(0);
  let word = 0;
  while (word < words.length && words[word] === 0xffffffff) word++;
  const whole = lead + word * 4;
  for (let at = 0; at < lead && at < bytes.length; at++) if (bytes[at] !== 0xff) return at;
  for (let at = whole; at < bytes.length; at++) if (bytes[at] !== 0xff) return at;
  return undefined;
}
