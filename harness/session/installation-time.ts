import type { Kit, RotConfiguration } from '../board/index.js';
import type { Milliseconds } from '../units/index.js';

/**
 * More than one sector takes to be erased and programmed, usually.
 * unverified: 25 ms to erase 4 KB of an octal NOR flash and 0.15 ms to program 256 bytes of it, typically.
 */
const sectorMs: Milliseconds = 60;

/**
 * How long the root of trust may need to install an image beyond the rest of a start: in overwrite mode it erases both slots whole, sector by sector, and programs one
 * (stm32-mw-mcuboot, boot/bootutil/src/loader.c). A swap moves no more than the images.
 */
export function installationMs(kit: Kit, { layout }: RotConfiguration): Milliseconds {
  return ((layout.primary.size + layout.secondary.size) / kit.externalFlash.sectorSize) * sectorMs;
}
