import type { Device } from '../board/index.js';
import { hex } from '../units/index.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { OptionByteValues, ProductState } from './product-state.js';
import { productState, productStateOrder } from './product-state.js';

/** The sectors that are write protected, as a mask: an option byte WRPSn of 0 protects. */
function protectedSectors(optionBytes: OptionByteValues, count: number): number {
  let mask = 0;
  for (let sector = 0; sector < count; sector++) if (optionBytes[`WRPS${sector}`] === 0) mask |= 1 << sector;
  return mask;
}

/**
 * ECC on SRAM as the RAMECC configuration tests it, before any other option byte and without a log line
 * (STM32CubeH7RS OEMiROT_Boot/Src/low_level_ramecc.c).
 * @throws ErrorHandlerReached
 */
export function checkRamEcc(optionBytes: OptionByteValues): void {
  if (optionBytes.ECC_ON_SRAM !== 1) {
    throw new ErrorHandlerReached('option byte ECC_ON_SRAM is 0: RAMECC cannot be configured (the boot stops here without a log line)');
  }
}

/**
 * Write and hide protection as LL_SECU_CheckStaticProtections wants them (STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c); they are only checked, never programmed.
 * @param area where the root of trust lies, and how long its area is: the range to be protected
 * @throws ErrorHandlerReached at the first that differs
 */
export function checkFlashProtections(optionBytes: OptionByteValues, device: Device, area: { readonly address: number; readonly size: number }, log: LogLine): void {
  const flash = device.memories.find((memory) => memory.name === 'FLASH');
  const flashBase = flash?.base ?? area.address;
  const first = (area.address - flashBase) / device.flash.sectorSize;
  const sectors = area.size / device.flash.sectorSize;
  const wanted = ((1 << sectors) - 1) << first;
  const found = protectedSectors(optionBytes, (flash?.size ?? area.size) / device.flash.sectorSize);
  if (found !== wanted) {
    log('[ERR] Unexpected value for write protection');
    throw new ErrorHandlerReached(`write protection covers sectors ${hex(found, 2)}, it must cover exactly ${hex(wanted, 2)} (WRPS0 to WRPS7 = 0)`);
  }
  const endPage = (area.address - flashBase + area.size - 1 - ((area.size - 1) % device.flash.hdpPageSize)) / device.flash.hdpPageSize;
  if (optionBytes.HDP_AREA_START !== 0 || optionBytes.HDP_AREA_END !== endPage) {
    log('[ERR] Unexpected value for hide protection');
    throw new ErrorHandlerReached(
      `hide protection is pages ${hex(optionBytes.HDP_AREA_START, 2)} to ${hex(optionBytes.HDP_AREA_END, 2)}, it must be 0x00 to ${hex(endPage, 2)}`,
    );
  }
}

/**
 * The product state as LL_SECU_CheckStaticProtections compares it.
 * @param minimum lowest that this build accepts: OPEN in development mode, CLOSED-ECDSA in production
 * @throws ErrorHandlerReached
 */
export function checkProductState(optionBytes: OptionByteValues, minimum: ProductState): void {
  const state = productState(optionBytes);
  if (state === undefined) {
    throw new ErrorHandlerReached(
      `NVSTATE ${hex(optionBytes.NVSTATE, 2)}, OEM_PROVD ${hex(optionBytes.OEM_PROVD, 2)}, DBG_AUTH ${hex(optionBytes.DBG_AUTH, 2)} are no product state`,
    );
  }
  if (productStateOrder.indexOf(state) < productStateOrder.indexOf(minimum)) {
    throw new ErrorHandlerReached(`product state ${state} is below ${minimum}, the lowest that this build of the root of trust accepts`);
  }
}
