import { applicationMagic, equalBytes, headerStructSize, nativeEngine, parseHeader, slotOf, stirotMagic, trailerMagic, validateSlot } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import type { ByteCount } from '../units/index.js';
import { publicKeyOf } from './p256-keys.js';

/** The keys of a configuration OBKey, whichever root of trust it is for. */
export interface ConfiguredKeys {
  /** 65 bytes. */
  readonly authPublicKey: Uint8Array;
  /** 32 bytes. */
  readonly encPrivateKey: Uint8Array;
}

export type ObkMatch = { readonly matches: true } | { readonly matches: false; readonly reason: string };

/** Behind an image that is not padded: erased bytes enough for any trailer. */
const trailerRoom: ByteCount = 0x10000;

/**
 * Whether a device with these keys takes an image: key hash, signature, content key and digest, by the boot's own checks. Trailer, slot size and the
 * stored counter are no matter of the keys and are not looked at.
 * @param image from its first byte
 */
export function imageMatches(keys: ConfiguredKeys, image: Uint8Array, engine: CryptoEngine = nativeEngine()): ObkMatch {
  const magic = image.length < headerStructSize ? 0 : parseHeader(image.subarray(0, headerStructSize)).magic;
  if (magic !== applicationMagic && magic !== stirotMagic) return { matches: false, reason: 'it does not begin like an image' };
  const padded = equalBytes(image.subarray(-trailerMagic.length), trailerMagic);
  const size = padded ? image.length : Math.ceil((image.length + trailerRoom) / trailerRoom) * trailerRoom;
  const result = validateSlot(slotOf(image, size), {
    mode: magic === stirotMagic ? 'primary-only' : 'overwrite',
    area: 'secondary',
    authPublicKey: keys.authPublicKey,
    encPrivateKey: keys.encPrivateKey,
    storedCounter: 0,
    writeUnit: 4,
    maxAlign: 8,
    engine,
  });
  // What stands behind the image (image_ok of a swap image) is the slot's affair.
  return result.valid || result.stage === 'slot-pattern' ? { matches: true } : { matches: false, reason: `${result.stage}: ${result.reason}` };
}

/** Whether a public key is the configured authentication key. @param publicKey 65 bytes */
export function authenticationKeyMatches(keys: ConfiguredKeys, publicKey: Uint8Array): ObkMatch {
  return equalBytes(keys.authPublicKey, publicKey) ? { matches: true } : { matches: false, reason: 'the device would check signatures with another authentication key' };
}

/** Whether a public key is the public half of the configured encryption key. @param publicKey 65 bytes */
export function encryptionKeyMatches(keys: ConfiguredKeys, publicKey: Uint8Array, engine: CryptoEngine = nativeEngine()): ObkMatch {
  return equalBytes(publicKeyOf(keys.encPrivateKey, engine), publicKey) ? { matches: true } : { matches: false, reason: 'the device would decrypt with another encryption key' };
}
