import { HarnessError } from '../errors/index.js';
import { equalBytes, nativeEngine, sha256 } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { buildObk, parseObk } from './obk-file.js';
import { encodePassword, passwordSize } from './password-file.js';
import { decodePermissions, encodePermissions, permissionSize } from './permissions.js';
import type { Permissions } from './permissions.js';

/** Values of the DBG_AUTH option byte (stm32h7rsxx_hal_flash_ex.h, OB_DBG_AUTH_*). */
export const debugAuthentication = { certificate: 0x51, password: 0x8a, locked: 0xb4 } as const;

/** Slot of the debug-authentication OBKey (ROT_Provisioning/DA/Config/DA_Config.xml, ObDestAddress). */
const daIndex = 8;
const hashSize = 32;
const daPayloadSize = 96;
/** DA_ConfigLock.obk: these characters and erased bytes, no hash. */
const lockText = new TextEncoder().encode('STDALOCKMGC');

/** What a device was told about debug authentication. Neither holds a secret that opens it. */
export type DaConfiguration =
  | {
      readonly method: 'certificate';
      /** SHA-256 of x and y of the root key, 32 bytes. */
      readonly rootKeyHash: Uint8Array;
      readonly permissions: Permissions;
    }
  | {
      readonly method: 'password';
      /** SHA-256 of the password, 32 bytes. */
      readonly passwordHash: Uint8Array;
    }
  | { readonly method: 'locked' };

/** SHA-256 of the 64 bytes x and y: how a device knows a root key. @param publicKey 65 byte point */
export function rootKeyHash(publicKey: Uint8Array, engine: CryptoEngine = nativeEngine()): Uint8Array {
  return sha256(engine, publicKey.subarray(1));
}

/** DA_Config.obk: hash, root key hash, permissions, zeros; 108 bytes. @param rootPublicKey 65 bytes @throws HarnessError `permissions` (usage) */
export function buildDaCertificateObk(options: { readonly rootPublicKey: Uint8Array; readonly permissions: Permissions; readonly doEncryption?: boolean }, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const payload = hashed(engine, rootKeyHash(options.rootPublicKey, engine), encodePermissions(options.permissions));
  return buildObk({ hdpl: 0, index: daIndex, debugAuthentication: debugAuthentication.certificate, payload, doEncryption: options.doEncryption ?? true });
}

/** DA_ConfigWithPassword.obk: hash, SHA-256 of the password, zeros; 108 bytes. @throws HarnessError `password` (usage) */
export function buildDaPasswordObk(options: { readonly password: string; readonly doEncryption?: boolean }, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const payload = hashed(engine, sha256(engine, encodePassword(options.password)));
  return buildObk({ hdpl: 0, index: daIndex, debugAuthentication: debugAuthentication.password, payload, doEncryption: options.doEncryption ?? true });
}

/** DA_ConfigLock.obk, 44 bytes: a device with it never opens again, by no key and no password. */
export function daLockObk(): Uint8Array {
  const payload = new Uint8Array(32).fill(0xff);
  payload.set(lockText);
  return buildObk({ hdpl: 0, index: daIndex, debugAuthentication: debugAuthentication.locked, payload, doEncryption: true });
}

/**
 * The debug-authentication part of an OBKey file.
 * @param bytes the whole file @throws HarnessError (usage) `obk-format` · `obk-kind` for other OBKeys · `obk-hash`
 */
export function readDaObk(bytes: Uint8Array, engine: CryptoEngine = nativeEngine()): DaConfiguration {
  const { hdpl, index, debugAuthentication: method, payload } = parseObk(bytes);
  const known = Object.values(debugAuthentication).some((value) => value === method);
  if (!known || hdpl !== 0 || index !== daIndex) throw refuse('obk-kind', 'the OBKey file does not configure debug authentication', 'give DA_Config.obk or DA_ConfigWithPassword.obk');
  if (method === debugAuthentication.locked) {
    if (payload.length === 32 && equalBytes(payload.subarray(0, lockText.length), lockText)) return { method: 'locked' };
    throw refuse('obk-format', 'its destination says locked and its contents do not', "give ST's DA_ConfigLock.obk");
  }
  if (payload.length !== daPayloadSize) throw refuse('obk-format', `${payload.length} bytes of payload instead of ${daPayloadSize}`, 'build it again from its XML with `rot-hil obk build`');
  if (!equalBytes(payload.subarray(0, hashSize), sha256(engine, payload.subarray(hashSize)))) throw refuse('obk-hash', 'the SHA-256 of the debug-authentication OBKey does not match', 'build it again from its XML with `rot-hil obk build`');
  const credential = payload.slice(hashSize, 2 * hashSize);
  if (method === debugAuthentication.password) return { method: 'password', passwordHash: credential };
  return { method: 'certificate', rootKeyHash: credential, permissions: decodePermissions(payload.subarray(2 * hashSize, 2 * hashSize + permissionSize)) };
}

/** Whether these are the bytes of the password that the device was told. @param password 16 bytes */
export function isPasswordOf(configuration: DaConfiguration, password: Uint8Array, engine: CryptoEngine = nativeEngine()): boolean {
  return configuration.method === 'password' && password.length === passwordSize && equalBytes(configuration.passwordHash, sha256(engine, password));
}

/** The fields under their SHA-256, filled up with zeros. */
function hashed(engine: CryptoEngine, ...fields: readonly Uint8Array[]): Uint8Array {
  const payload = new Uint8Array(daPayloadSize);
  let at = hashSize;
  for (const field of fields) {
    payload.set(field, at);
    at += field.length;
  }
  payload.set(sha256(engine, payload.subarray(hashSize)));
  return payload;
}

function refuse(code: string, message: string, nextStep: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message: `no debug-authentication OBKey: ${message}`, nextStep });
}
