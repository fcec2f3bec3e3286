import type { Kit, RotConfiguration } from '../board/index.js';
import type { ByteCount } from '../units/index.js';
import { cipheredRanges } from './flash-cipher.js';

/** Grain of the core's memory map. */
const pageBytes = 4096;

/** Bytes from the start of the external flash up to the end of the last slot, in whole pages of the core's map. */
export function slotsEnd(kit: Kit, configuration: RotConfiguration): ByteCount {
  const { primary, secondary } = configuration.layout;
  const areas = [{ offset: secondary.base - kit.externalFlash.base, size: secondary.size }, { offset: primary.base - kit.externalFlash.base, size: primary.size }, ...cipheredRanges(kit, configuration)];
  return Math.ceil(Math.max(...areas.map(({ offset, size }) => offset + size)) / pageBytes) * pageBytes;
}

/** A value as the bus gives it. */
export const littleEndian = (bytes: Uint8Array): number => bytes.reduceRight((value, byte) => value * 256 + byte, 0);
