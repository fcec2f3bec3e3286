import type { ImageHeader } from '../image/index.js';
import { findTlvArea, tlvType, walkTlvs } from '../image/index.js';
import { isEncrypted } from './content-keys.js';
import type { CopyContext } from './copy-region.js';
import { copyRegion } from './copy-region.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { ObkDataAreas } from './obk-data.js';

/**
 * Raises the stored security counter to that of an image (boot_nv_security_counter_update): never lowered, equal is no operation.
 * @returns false when it cannot be read or is already higher
 * @throws PowerCut
 */
export function raiseSecurityCounter(counter: number, data: ObkDataAreas): boolean {
  const stored = data.counter();
  if (stored === undefined || stored > counter) return false;
  return counter === stored || data.updateCounter(counter);
}

/** The security counter of an image from its protected TLVs, undefined where there is none (bootutil_get_img_security_cnt). */
function imageSecurityCounter(area: FlashArea, header: ImageHeader): number | undefined {
  const tlvs = header.protectedTlvSize === 0 ? undefined : findTlvArea(area, header);
  if (tlvs === undefined) return undefined;
  for (const tlv of walkTlvs(area, tlvs)) {
    // The offset of a TLV is that of its value, behind 4 bytes of type and length.
    if (tlv === undefined || tlv.offset - 4 >= tlvs.protectedEnd) return undefined;
    if (tlv.type !== tlvType.SEC_CNT) continue;
    if (tlv.length !== 4 || tlv.end > area.size) return undefined;
    const value = area.read(tlv.offset, 4);
    return new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);
  }
  return undefined;
}

/**
 * Stores the security counter of the image in an area (boot_update_security_counter).
 * @returns false when either counter cannot be read, or the stored one is higher @throws PowerCut
 */
export function storeImageCounter(area: FlashArea, header: ImageHeader, data: ObkDataAreas): boolean {
  const counter = imageSecurityCounter(area, header);
  return counter !== undefined && raiseSecurityCounter(counter, data);
}

/**
 * Installs a validated secondary slot over the primary one (stm32-mw-mcuboot, boot/bootutil/src/loader.c boot_copy_image):
 * whole primary erased, whole slot copied with the payload deciphered, then the security counter stored.
 * @throws ErrorHandlerReached where ST's code asserts @throws PowerCut
 */
export function installOverwrite(
  slots: { readonly primary: FlashArea; readonly secondary: FlashArea },
  context: CopyContext & { readonly data: ObkDataAreas; readonly log: LogLine },
): void {
  const { primary, secondary } = slots;
  const { headers, keys, data, log } = context;
  log('[INF] Image upgrade secondary slot -> primary slot');
  log('[INF] Erasing the primary slot');
  primary.eraseAll();
  // The key is loaded (and printed) again behind the erases, before the line about copying.
  if (isEncrypted(headers.secondary)) keys.load(1, secondary, headers.secondary);
  log(`[INF] Copying the secondary slot to the primary slot: 0x${primary.size.toString(16)} bytes`);
  copyRegion({ from: secondary, fromOffset: 0, to: primary, toOffset: 0, size: primary.size }, context);
  if (!storeImageCounter(primary, headers.secondary, data)) {
    log('[ERR] Security counter update failed after image upgrade.');
    throw new ErrorHandlerReached('the security counter could not be stored after the image was copied: assertion in boot_perform_update');
  }
}
