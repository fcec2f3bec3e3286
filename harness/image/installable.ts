import { hex } from '../units/index.js';
import { slotContent } from './sign-image.js';
import type { SignedImage } from './sign-image.js';
import type { SignOptions } from './sign-options.js';
import { checkSlotPattern } from './slot-pattern.js';
import { slotOf } from './slot-reader.js';
import { imageOkOffset, readTrailerRequest } from './trailer.js';
import { trailerBuild } from './validate-slot.js';

/** What else ST's boot refuses an image for, although imgtool makes it and it may be meant that way: said, not forbidden. */
export function installationWarnings(options: Pick<SignOptions, 'signKey' | 'securityCounter' | 'fullPublicKey' | 'protectedTlvs'>): string[] {
  const warnings: string[] = [];
  if (options.signKey === undefined) warnings.push('no signature: the boot refuses it');
  if (options.securityCounter === undefined) warnings.push('no security counter: the boot refuses it');
  if (options.fullPublicKey === true) warnings.push('the whole public key instead of its hash: a TLV that the boot does not know, it refuses the image');
  for (const { type } of options.protectedTlvs ?? []) warnings.push(`TLV ${hex(type)} is none the boot knows: it refuses the image`);
  return warnings;
}

/**
 * Why ST's shipped boot (write unit 16, max align 16) would never install a padded image although ST's imgtool makes it, undefined when it would:
 * confirmation that overwrite mode leaves out or that stands at another place, an image that ends in the boot's larger trailer.
 */
export function installationObjection(signed: SignedImage, options: Pick<SignOptions, 'mode' | 'confirm'>): string | undefined {
  if (options.mode === 'primary-only' || signed.trailer.length === 0) return undefined;
  if (options.mode === 'overwrite' && options.confirm === true) return 'an image for overwrite mode cannot be confirmed: image_ok is not written, and the boot would erase a slot that has it';
  const slot = slotOf(slotContent(signed), signed.slotSize);
  const build = trailerBuild(options.mode, slot.size, {});
  if (readTrailerRequest(slot, build).swapType === 'none') {
    return `image_ok does not stand at ${hex(imageOkOffset(slot.size, build.maxAlign))}, where the boot looks (sign with --align 16)`;
  }
  return checkSlotPattern(slot, signed.image.length, build, undefined);
}
