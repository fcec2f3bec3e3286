import { equalBytes, nativeEngine, sha256, spkiSize, subjectPublicKeyInfo } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { decodeMinimalKey, encodeMinimalKey, minimalKeySize } from './minimal-key.js';
import { obkContentError } from './obk-content.js';
import { buildObk } from './obk-file.js';
import { publicKeyOf, readSpki } from './p256-keys.js';

/** 1 for OEMiROT, 2 for OEMuROT behind STiROT. */
export type RotLevel = 1 | 2;

/** First slot of the configuration (STM32CubeH7RS OEMiROT_Boot/Inc/low_level_obkeys.h; ROT_Provisioning/OEMiROT/Config/OEMiROT_Config.xml). */
const configIndex = 8;

const hashSize = 32;
/** The fields, filled up to whole slots of 32 bytes. */
const configFieldsSize = 192;

export interface OemirotConfig {
  /** 65 bytes. */
  readonly authPublicKey: Uint8Array;
  /** 32 bytes. */
  readonly encPrivateKey: Uint8Array;
}

/**
 * OEMiROT_Config.obk or OEMuROT_Config.obk: SHA-256 of all that follows, authentication key, encryption key, zeros; 236 bytes in all.
 * @throws HarnessError `key-value` (usage)
 */
export function buildOemirotConfigObk(config: OemirotConfig & { readonly doEncryption: boolean; readonly level?: RotLevel }, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const payload = new Uint8Array(hashSize + configFieldsSize);
  const fields = payload.subarray(hashSize);
  fields.set(subjectPublicKeyInfo(config.authPublicKey));
  fields.set(encodeMinimalKey(config.encPrivateKey, engine), spkiSize);
  payload.set(sha256(engine, fields));
  return buildObk({ hdpl: config.level ?? 1, index: configIndex, payload, doEncryption: config.doEncryption });
}

/**
 * The keys in the payload of an OEMiROT or OEMuROT configuration.
 * @throws HarnessError `obk-hash` · `obk-format` (usage), and those of `readSpki`
 */
export function decodeOemirotConfig(payload: Uint8Array, engine: CryptoEngine = nativeEngine()): OemirotConfig {
  if (payload.length !== hashSize + configFieldsSize) throw obkContentError('OEMiROT', 'obk-format', `${payload.length} bytes instead of ${hashSize + configFieldsSize}`);
  const fields = payload.subarray(hashSize);
  if (!equalBytes(payload.subarray(0, hashSize), sha256(engine, fields))) throw obkContentError('OEMiROT', 'obk-hash', 'its SHA-256 does not match');
  const scalar = decodeMinimalKey(fields.subarray(spkiSize, spkiSize + minimalKeySize));
  if (scalar === undefined) throw obkContentError('OEMiROT', 'obk-format', 'the encryption key is not in its minimal PKCS#8 form');
  publicKeyOf(scalar, engine);
  return { authPublicKey: readSpki(fields.subarray(0, spkiSize), engine), encPrivateKey: scalar };
}

/** STM32CubeH7RS ROT_Provisioning/OEMiROT/Binary/OEMiROT_AHK_OPEN.obk holds these 32 bytes three times: a public stand-in for hardware keys in product state OPEN. */
const openHardwareKey = Uint8Array.of(
  0xc4, 0x88, 0xf5, 0x44, 0x18, 0xee, 0x37, 0x9c, 0x00, 0x15, 0x68, 0x84, 0x49, 0x50, 0x3a, 0x3b, 0xa2, 0x44, 0xef, 0x20, 0x8d, 0x80, 0x8b, 0xc9, 0x47, 0xe4, 0xa0, 0x25, 0xbd, 0x07, 0xbf, 0x25,
);

/** OEMiROT_AHK_OPEN.obk: hardware keys of level 1, indexes 0 to 2, for development in product state OPEN. */
export function oemirotAhkOpenObk(): Uint8Array {
  const payload = new Uint8Array(3 * openHardwareKey.length);
  for (let copy = 0; copy < 3; copy++) payload.set(openHardwareKey, copy * openHardwareKey.length);
  return buildObk({ hdpl: 1, index: 0, payload, doEncryption: false });
}
