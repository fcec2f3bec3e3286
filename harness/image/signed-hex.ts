import type { Address } from '../units/index.js';
import { intelHexBytes } from './intel-hex.js';
import type { SignedImage } from './sign-image.js';

/** A signed image as ST's imgtool writes `.hex`: image and trailer fields only, the gap between them left out. @param base address of the slot (`-x`) */
export function signedImageToHex(signed: SignedImage, base: Address): Uint8Array {
  return intelHexBytes([{ address: base, bytes: signed.image }, ...signed.trailer.map((field) => ({ address: base + field.offset, bytes: field.bytes }))]);
}
