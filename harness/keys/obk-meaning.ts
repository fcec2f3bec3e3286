import { HarnessError } from '../errors/index.js';
import { equalBytes, nativeEngine, sha256, subjectPublicKeyInfo } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { debugAuthentication, readDaObk } from './da-obk.js';
import type { DaConfiguration } from './da-obk.js';
import { dataObkSize, dataOwnerAt, decodeDataObk } from './data-obk.js';
import type { DataOwner, RotData } from './data-obk.js';
import { parseObk } from './obk-file.js';
import { decodeOemirotConfig, oemirotAhkOpenObk } from './oemirot-obk.js';
import type { OemirotConfig } from './oemirot-obk.js';
import { decodeStirotConfig, stirotConfigSize } from './stirot-obk.js';
import type { StirotConfig } from './stirot-obk.js';

/** What an OBKey file means to the chip. The configurations hold the private encryption key: never show them whole. */
export type ObkMeaning =
  | { readonly kind: 'rot-config'; readonly owner: 'oemirot' | 'oemurot'; readonly config: OemirotConfig }
  | { readonly kind: 'stirot-config'; readonly config: StirotConfig }
  | { readonly kind: 'data'; readonly owner: DataOwner; readonly areas: readonly [RotData, RotData] }
  | { readonly kind: 'debug-authentication'; readonly configuration: DaConfiguration }
  | { readonly kind: 'hardware-keys'; readonly publicStandIn: boolean };

const configIndex = 8;

/**
 * Decodes any OBKey file of this chip by its destination and checks its hash.
 * @param bytes the whole file
 * @throws HarnessError (usage) `obk-format` · `obk-hash` · `obk-kind` for a destination with no known meaning
 */
export function readObkMeaning(bytes: Uint8Array, engine: CryptoEngine = nativeEngine()): ObkMeaning {
  const { hdpl, index, debugAuthentication: method, payload } = parseObk(bytes);
  if (Object.values(debugAuthentication).some((value) => value === method)) return { kind: 'debug-authentication', configuration: readDaObk(bytes, engine) };
  const owner = dataOwnerAt(hdpl, index);
  if (method === 0 && owner !== undefined && payload.length === dataObkSize) return { kind: 'data', owner, areas: decodeDataObk(payload, engine) };
  if (method === 0 && index === configIndex) {
    if (hdpl === 1 && payload.length === stirotConfigSize) return { kind: 'stirot-config', config: decodeStirotConfig(payload, engine) };
    if (hdpl === 1 || hdpl === 2) return { kind: 'rot-config', owner: hdpl === 1 ? 'oemirot' : 'oemurot', config: decodeOemirotConfig(payload, engine) };
  }
  const standIn = parseObk(oemirotAhkOpenObk());
  if (method === 0 && hdpl === standIn.hdpl && index === standIn.index && payload.length === standIn.payload.length) {
    return { kind: 'hardware-keys', publicStandIn: equalBytes(payload, standIn.payload) };
  }
  throw new HarnessError({
    code: 'obk-kind',
    kind: 'usage',
    message: `an OBKey file for level ${hdpl}, index ${index} with ${payload.length} bytes has no known meaning on this chip`,
    nextStep: 'known are the files of ROT_Provisioning: *_Config, *_Data, OEMiROT_AHK_OPEN, DA_Config*',
  });
}

/** SHA-256 of the SubjectPublicKeyInfo: the key hash that signed images carry. @param publicKey 65 bytes */
export function keyIdOf(publicKey: Uint8Array, engine: CryptoEngine = nativeEngine()): Uint8Array {
  return sha256(engine, subjectPublicKeyInfo(publicKey));
}
