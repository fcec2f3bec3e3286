import type { Address } from '../units/index.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { TrailerFormat } from './trailer.js';
import { readTrailer, writeImageOk } from './trailer.js';

/** Where the application leaves its confirmation for the next boot: RAM that a reset keeps and a loss of power does not (OEMiROT_Boot/Src/boot_hal.c, boot_conf_flag). */
export const confirmationFlagAddress: Address = 0x30007fa0;

/** The 16 bytes it leaves there (boot_conf_flag_pattern). */
export const confirmationPattern: Readonly<Uint8Array> = Uint8Array.of(0xb7, 0xbb, 0x1f, 0, 0x45, 0x64, 0x23, 0, 0x89, 0xa8, 0x23, 0, 0x11, 0xd1, 0x23, 0);

/** The flag in the RAM of a target. */
export interface ConfirmationFlag {
  /** Its 16 bytes. */
  read(): Uint8Array;
  /** Sets them to zero. */
  clear(): void;
}

/** A flag for boots without a target: the RAM of a board that has just been powered on. */
export class RamFlag implements ConfirmationFlag {
  #bytes = new Uint8Array(confirmationPattern.length);

  read(): Uint8Array {
    return this.#bytes.slice();
  }

  clear(): void {
    this.#bytes.fill(0);
  }

  /** What a confirming application does. */
  set(): void {
    this.#bytes.set(confirmationPattern);
  }
}

/**
 * Swap mode, before anything is decided: a confirmation left in RAM marks the image in the primary slot, whichever it is, and is then forgotten
 * (OEMiROT_Boot/Src/boot_hal.c boot_platform_init; bootutil_misc.c boot_set_confirmed).
 * @throws ErrorHandlerReached where no swap has been completed; the flag stays then, so that the boot fails until power is removed
 * @throws PowerCut
 */
export function consumeConfirmation(flag: ConfirmationFlag, primary: FlashArea, format: TrailerFormat, log: LogLine): void {
  if (flag.read().every((byte, i) => byte === confirmationPattern[i])) {
    const { magic, imageOk, copyDone } = readTrailer(primary, format);
    if (magic === 'bad' || (magic === 'good' && copyDone === 'unset')) {
      log('[ERR] Confirm Flag Not Correctly Written');
      throw new ErrorHandlerReached(`a confirmation waits in RAM, but the trailer of the primary slot has ${magic === 'bad' ? 'a bad magic' : 'no copy_done'}`);
    }
    if (magic === 'good' && imageOk === 'unset') writeImageOk(primary, format);
  }
  flag.clear();
}
