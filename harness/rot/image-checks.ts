import type { ContentKey, ContentKeyOptions, ImageHeader, Validation, ValidationOptions } from '../image/index.js';
import { loadContentKey, validateSlot } from '../image/index.js';
import type { FlashArea } from './flash-area.js';

/**
 * The two questions about images that cost time. Whoever runs many boots over nearly the same contents passes one that remembers its answers:
 * an answer is a function of the bytes in the area and of the options, its log lines included.
 */
export interface ImageChecks {
  /** All checks of an image (boot_validate_slot up to the signature); prints its lines through `options.log`. */
  validate(area: FlashArea, options: ValidationOptions): Validation;
  /** The content key of an encrypted image (boot_enc_load); prints its lines through `options.log`. */
  loadKey(area: FlashArea, header: ImageHeader, options: ContentKeyOptions): ContentKey;
}

/** Asks each time. */
export const directChecks: ImageChecks = { validate: validateSlot, loadKey: loadContentKey };
