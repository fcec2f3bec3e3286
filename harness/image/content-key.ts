import { HarnessError } from '../errors/index.js';
import { eciesTlvSize, unwrapContentKey } from './ecies.js';
import type { UnwrapFailure } from './ecies.js';
import type { CryptoEngine } from './engine.js';
import type { ImageHeader } from './header.js';
import type { SlotReader } from './slot-reader.js';
import { findTlvArea, tlvType, tlvValue, walkTlvs } from './tlv.js';

export interface ContentKeyOptions {
  /** 32 bytes. */
  readonly encPrivateKey?: Uint8Array | undefined;
  readonly engine: CryptoEngine;
  readonly log?: ((line: string) => void) | undefined;
}

/** The content key of an encrypted image, or why there is none. */
export type ContentKey = { readonly key: Uint8Array } | { readonly reason: string };

const why: Record<UnwrapFailure, string> = {
  'not-uncompressed': 'the ephemeral key of the encryption TLV is no uncompressed point',
  'not-on-curve': 'the ephemeral key of the encryption TLV is no point of P-256',
  'wrong-tag': 'the tag of the encryption TLV does not match: another encryption key, or a changed TLV',
};

/**
 * Loads the content key as boot_enc_load does (MCUboot, bootutil/src/encrypted.c): the first ENCEC256 TLV, wherever it stands.
 * The development-mode boot prints the key in two lines; here its bytes are masked as `**`.
 * @throws HarnessError `encryption-key-missing` (usage) when the key is needed and was not given
 */
export function loadContentKey(slot: SlotReader, header: ImageHeader, options: ContentKeyOptions): ContentKey {
  const area = findTlvArea(slot, header);
  if (area === undefined) return { reason: 'no TLV area where the header says it is' };
  for (const tlv of walkTlvs(slot, area)) {
    if (tlv === undefined) return { reason: 'the TLVs run out of the slot' };
    if (tlv.type !== tlvType.ENCEC256) continue;
    if (tlv.length !== eciesTlvSize) return { reason: `the encryption TLV has ${tlv.length} bytes, not ${eciesTlvSize}` };
    const value = tlvValue(slot, tlv);
    if (value === undefined) return { reason: 'the encryption TLV reaches out of the slot' };
    return unwrap(value, options);
  }
  return { reason: 'no encryption TLV although the image is marked as encrypted' };
}

function unwrap(value: Uint8Array, options: ContentKeyOptions): ContentKey {
  if (options.encPrivateKey === undefined) {
    throw new HarnessError({
      code: 'encryption-key-missing',
      kind: 'usage',
      message: 'the image is encrypted and no encryption key was given',
      nextStep: 'give the private encryption key (--enc-key <pem>)',
    });
  }
  const key = unwrapContentKey(options.engine, value, options.encPrivateKey);
  if (typeof key === 'string') return { reason: why[key] };
  for (let line = 0; line < 2; line++) options.log?.('[INF] **, **, **, **, **, ** , ** ,**,');
  return { key };
}

/** AES-CTR of a piece of the payload: encrypts and decrypts. @param payloadOffset of its first byte, any multiple of 16 */
export function cryptPayload(engine: CryptoEngine, key: Uint8Array, payloadOffset: number, bytes: Uint8Array): Uint8Array {
  return engine.aesCtr(key, bytes, payloadOffset / 16);
}
