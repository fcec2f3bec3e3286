import { equalBytes } from './engine.js';
import type { CryptoEngine } from './engine.js';

/** Bytes of the ENCEC256 TLV for a 128 bit content key: ephemeral point, HMAC tag, wrapped key (MCUboot, bootutil/src/encrypted.c). */
export const eciesTlvSize = 113;
/** Bytes of the content key. */
export const contentKeySize = 16;

const pointEnd = 65;
const tagEnd = 97;
/** 'MCUBoot_ECIES_v1' */
const info = Uint8Array.of(0x4d, 0x43, 0x55, 0x42, 0x6f, 0x6f, 0x74, 0x5f, 0x45, 0x43, 0x49, 0x45, 0x53, 0x5f, 0x76, 0x31);

/** Why a wrapped key cannot be had. */
export type UnwrapFailure = 'not-uncompressed' | 'not-on-curve' | 'wrong-tag';

/** HKDF-SHA256 (RFC 5869) without salt to 48 bytes: the wrapping key and the HMAC key. */
function deriveKeys(engine: CryptoEngine, shared: Uint8Array): { wrapping: Uint8Array; mac: Uint8Array } {
  const pseudoRandom = engine.hmacSha256(new Uint8Array(32), shared);
  const first = engine.hmacSha256(pseudoRandom, Uint8Array.of(...info, 1));
  const second = engine.hmacSha256(pseudoRandom, Uint8Array.of(...first, ...info, 2));
  const mac = new Uint8Array(32);
  mac.set(first.subarray(16));
  mac.set(second.subarray(0, 16), 16);
  return { wrapping: first.subarray(0, 16), mac };
}

/** The content key out of an ENCEC256 TLV. @param tlv 113 bytes @param privateKey 32 bytes */
export function unwrapContentKey(engine: CryptoEngine, tlv: Uint8Array, privateKey: Uint8Array): Uint8Array | UnwrapFailure {
  if (tlv[0] !== 0x04) return 'not-uncompressed';
  const shared = engine.sharedSecret(privateKey, tlv.subarray(0, pointEnd));
  if (shared === undefined) return 'not-on-curve';
  const keys = deriveKeys(engine, shared);
  const wrapped = tlv.subarray(tagEnd, eciesTlvSize);
  if (!equalBytes(engine.hmacSha256(keys.mac, wrapped), tlv.subarray(pointEnd, tagEnd))) return 'wrong-tag';
  return engine.aesCtr(keys.wrapping, wrapped, 0);
}

/**
 * The value of an ENCEC256 TLV.
 * @param contentKey 16 bytes
 * @param ephemeral private key of 32 bytes, used for nothing else
 * @returns undefined when the public key is no point of the curve or the ephemeral key no scalar
 */
export function wrapContentKey(engine: CryptoEngine, contentKey: Uint8Array, publicKey: Uint8Array, ephemeral: Uint8Array): Uint8Array | undefined {
  const point = engine.publicKeyOf(ephemeral);
  const shared = point === undefined ? undefined : engine.sharedSecret(ephemeral, publicKey);
  if (point === undefined || shared === undefined) return undefined;
  const keys = deriveKeys(engine, shared);
  const wrapped = engine.aesCtr(keys.wrapping, contentKey, 0);
  const out = new Uint8Array(eciesTlvSize);
  out.set(point);
  out.set(engine.hmacSha256(keys.mac, wrapped), pointEnd);
  out.set(wrapped, tagEnd);
  return out;
}
