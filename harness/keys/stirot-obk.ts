import { equalBytes, nativeEngine, sha256, spkiSize, subjectPublicKeyInfo } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import type { Address, ByteCount } from '../units/index.js';
import { decodeMinimalKey, encodeMinimalKey, minimalKeySize } from './minimal-key.js';
import { obkContentError } from './obk-content.js';
import { buildObk } from './obk-file.js';
import { publicKeyOf, readSpki } from './p256-keys.js';

const hashSize = 32;
export const stirotConfigSize: ByteCount = 256;
/** Offsets in the payload (STM32CubeH7RS ROT_Provisioning/STiROT/Config/STiROT_Config.xml, fields in file order). */
const at = { clock: 0x21, ecc: 0x23, runAddress: 0x24, areaSize: 0x28, productState: 0x3c, installAddress: 0x40, downloadAddress: 0x44, iLoaderOffset: 0x50, iLoaderSize: 0x54, mce: 0x58, encKey: 0x5f, authKey: 0xa5 } as const;

/** Reserved8 of the XML. */
const reserved8 = 0x4c;

/** What STiROT was told. */
export interface StirotConfig {
  /** 0: 64 MHz, 1: 380 MHz while STiROT runs. */
  readonly clock: number;
  readonly sramEcc: boolean;
  /** Where the application is verified and runs, in internal RAM. */
  readonly runAddress: Address;
  readonly areaSize: ByteCount;
  /** PRODUCT_STATE below which STiROT does not start an application: 0x72 CLOSED, 0x5c LOCKED. */
  readonly minimumProductState: number;
  readonly installAddress: Address;
  readonly downloadAddress: Address;
  readonly iLoaderOffset: ByteCount;
  readonly iLoaderSize: ByteCount;
  /** 0 MCE1, 1 MCE2, 2 MCE3. */
  readonly mce: number;
  /** 65 bytes. */
  readonly authPublicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly encPrivateKey: Uint8Array;
}

/** The configuration in the payload of STiROT_Config.obk. @throws HarnessError `obk-hash` · `obk-format` (usage), and those of `readSpki` */
export function decodeStirotConfig(payload: Uint8Array, engine: CryptoEngine = nativeEngine()): StirotConfig {
  const rot = 'STiROT';
  if (payload.length !== stirotConfigSize) throw obkContentError(rot, 'obk-format', `${payload.length} bytes instead of ${stirotConfigSize}`);
  if (!equalBytes(payload.subarray(0, hashSize), sha256(engine, payload.subarray(hashSize)))) throw obkContentError(rot, 'obk-hash', 'its SHA-256 does not match');
  const encPrivateKey = decodeMinimalKey(payload.subarray(at.encKey, at.encKey + minimalKeySize));
  if (encPrivateKey === undefined) throw obkContentError(rot, 'obk-format', 'the encryption key is not in its minimal PKCS#8 form');
  publicKeyOf(encPrivateKey, engine);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const word = (offset: number): number => view.getUint32(offset, true);
  return {
    clock: payload[at.clock]!,
    sramEcc: payload[at.ecc] === 1,
    runAddress: word(at.runAddress),
    areaSize: word(at.areaSize),
    minimumProductState: word(at.productState),
    installAddress: word(at.installAddress),
    downloadAddress: word(at.downloadAddress),
    iLoaderOffset: word(at.iLoaderOffset),
    iLoaderSize: word(at.iLoaderSize),
    mce: word(at.mce),
    authPublicKey: readSpki(payload.subarray(at.authKey, at.authKey + spkiSize), engine),
    encPrivateKey,
  };
}

/** First slot of the configuration, level 1 (STiROT_Config.xml, ObDestAddress 0x108). */
const configIndex = 8;

/**
 * STiROT_Config.obk, 268 bytes: what ST's XML with these values gives. Fields that the XML reserves have its values.
 * @throws HarnessError `key-value` (usage)
 */
export function buildStirotConfigObk(config: StirotConfig & { readonly doEncryption: boolean }, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const payload = new Uint8Array(stirotConfigSize);
  const view = new DataView(payload.buffer);
  const word = (offset: number, value: number): void => view.setUint32(offset, value, true);
  payload[hashSize] = 1;
  payload[at.clock] = config.clock;
  payload[at.ecc] = config.sramEcc ? 1 : 0;
  word(at.runAddress, config.runAddress);
  word(at.areaSize, config.areaSize);
  word(at.productState, config.minimumProductState);
  word(at.installAddress, config.installAddress);
  word(at.downloadAddress, config.downloadAddress);
  word(reserved8, 0x10000000);
  word(at.iLoaderOffset, config.iLoaderOffset);
  word(at.iLoaderSize, config.iLoaderSize);
  word(at.mce, config.mce);
  payload.set(encodeMinimalKey(config.encPrivateKey, engine), at.encKey);
  payload.set(subjectPublicKeyInfo(config.authPublicKey), at.authKey);
  payload.set(sha256(engine, payload.subarray(hashSize)));
  return buildObk({ hdpl: 1, index: configIndex, payload, doEncryption: config.doEncryption });
}
