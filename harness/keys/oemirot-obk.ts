import { HarnessError } from '../errors/index.js';
import { equalBytes, nativeEngine, sha256, spkiSize, subjectPublicKeyInfo } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { buildObk } from './obk-file.js';
import { publicKeyOf, readSpki } from './p256-keys.js';

/** 1 for OEMiROT, 2 for OEMuROT behind STiROT. */
export type RotLevel = 1 | 2;

/** First slots of configuration and data (STM32CubeH7RS OEMiROT_Boot/Inc/low_level_obkeys.h; ROT_Provisioning/OEMiROT/Config/OEMiROT_Config.xml). */
const configIndex = 8;
const dataIndex = 15;

const hashSize = 32;
/**
 * The private key in the form of `imgtool getpriv --minimal` (stm32-mw-mcuboot, scripts/imgtool/keys/ecdsa.py): PKCS#8 cut behind the head of the public
 * half, with its lengths made to match; 36 bytes in front of the scalar, two of the cut-off part behind it.
 */
const minimalKeyHead = Uint8Array.of(
  0x30, 0x81, 0x43, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x29, 0x30, 0x27, 0x02, 0x01, 0x01, 0x04, 0x20,
);
const minimalKeyTail = Uint8Array.of(0xa1, 0x44);
const minimalKeySize = minimalKeyHead.length + 32 + minimalKeyTail.length;
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
  publicKeyOf(config.encPrivateKey, engine);
  const payload = new Uint8Array(hashSize + configFieldsSize);
  const fields = payload.subarray(hashSize);
  fields.set(subjectPublicKeyInfo(config.authPublicKey));
  fields.set(minimalKeyHead, spkiSize);
  fields.set(config.encPrivateKey, spkiSize + minimalKeyHead.length);
  fields.set(minimalKeyTail, spkiSize + minimalKeySize - minimalKeyTail.length);
  payload.set(sha256(engine, fields));
  return buildObk({ hdpl: config.level ?? 1, index: configIndex, payload, doEncryption: config.doEncryption });
}

/**
 * The keys in the payload of an OEMiROT or OEMuROT configuration.
 * @throws HarnessError `obk-hash` · `obk-format` (usage), and those of `readSpki`
 */
export function decodeOemirotConfig(payload: Uint8Array, engine: CryptoEngine = nativeEngine()): OemirotConfig {
  if (payload.length !== hashSize + configFieldsSize) throw malformed('obk-format', `${payload.length} bytes instead of ${hashSize + configFieldsSize}`);
  const fields = payload.subarray(hashSize);
  if (!equalBytes(payload.subarray(0, hashSize), sha256(engine, fields))) throw malformed('obk-hash', 'its SHA-256 does not match');
  const key = fields.subarray(spkiSize, spkiSize + minimalKeySize);
  const scalar = key.slice(minimalKeyHead.length, minimalKeyHead.length + 32);
  const framed = equalBytes(key.subarray(0, minimalKeyHead.length), minimalKeyHead) && equalBytes(key.subarray(minimalKeyHead.length + 32), minimalKeyTail);
  if (!framed) throw malformed('obk-format', 'the encryption key is not in its minimal PKCS#8 form');
  publicKeyOf(scalar, engine);
  return { authPublicKey: readSpki(fields.subarray(0, spkiSize), engine), encPrivateKey: scalar };
}

/** OEMiROT_Data.obk, OEMiROT_Data_OPEN.obk (without encryption) or OEMuROT_Data.obk: both areas empty, counter 0, each under its SHA-256. */
export function buildOemirotDataObk(options: { readonly doEncryption: boolean; readonly level?: RotLevel }, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const areaSize = 96;
  const area = new Uint8Array(areaSize);
  area.set(sha256(engine, area.subarray(hashSize)));
  const payload = new Uint8Array(2 * areaSize);
  payload.set(area);
  payload.set(area, areaSize);
  return buildObk({ hdpl: options.level ?? 1, index: dataIndex, payload, doEncryption: options.doEncryption });
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

function malformed(code: string, what: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message: `no configuration of OEMiROT: ${what}`, nextStep: 'build OEMiROT_Config.obk again from its XML and keys' });
}
