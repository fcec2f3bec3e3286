import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { ObkDataAreas } from './obk-data.js';
import type { AcceptedImage, RotKeys } from './slot-image.js';
import { decipheredSlot } from './slot-image.js';

/**
 * Raises the stored security counter to that of an image (boot_update_security_counter): never lowered, equal is no operation.
 * @returns false when it cannot be read or is already higher
 * @throws PowerCut
 */
export function raiseSecurityCounter(counter: number, data: ObkDataAreas): boolean {
  const stored = data.counter();
  if (stored === undefined || stored > counter) return false;
  return counter === stored || data.updateCounter(counter);
}

/**
 * Installs a validated secondary slot over the primary one (stm32-mw-mcuboot, boot/bootutil/src/loader.c boot_copy_image):
 * whole primary erased, whole slot copied sector by sector with the payload deciphered, then the security counter stored.
 * @throws ErrorHandlerReached where ST's code asserts @throws PowerCut
 */
export function installOverwrite(
  slots: { readonly primary: FlashArea; readonly secondary: FlashArea },
  image: AcceptedImage,
  context: { readonly keys: RotKeys; readonly data: ObkDataAreas; readonly log: LogLine },
): void {
  const { primary, secondary } = slots;
  const { keys, data, log } = context;
  log('[INF] Image upgrade secondary slot -> primary slot');
  log('[INF] Erasing the primary slot');
  primary.eraseAll();
  // The key is loaded (and printed) again behind the erases, before the line about copying.
  const content = decipheredSlot(secondary, image.header, keys, log);
  log(`[INF] Copying the secondary slot to the primary slot: 0x${primary.size.toString(16)} bytes`);
  for (let offset = 0; offset < primary.size; offset += primary.sectorSize) {
    primary.program(offset, content.subarray(offset, offset + primary.sectorSize));
  }
  if (!raiseSecurityCounter(image.securityCounter, data)) {
    log('[ERR] Security counter update failed after image upgrade.');
    throw new ErrorHandlerReached('the security counter could not be stored after the image was copied: assertion in boot_perform_update');
  }
}
