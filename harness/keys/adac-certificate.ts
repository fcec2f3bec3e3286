import { HarnessError } from '../errors/index.js';
import { equalBytes, nativeEngine, pointSize, sha256 } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { decodePermissions, encodePermissions } from './permissions.js';
import type { Permissions } from './permissions.js';
import { publicKeyOf } from './p256-keys.js';

/**
 * A certificate of Arm's Authenticated Debug Access Control (ADAC 1.0, "Certificate format"; offsets checked against the files of STM32CubeH7RS
 * ROT_Provisioning/DA/Certificates, whose signatures verify): a TLV head of 8 bytes and 212 bytes for P-256.
 */
export interface AdacCertificate {
  readonly role: AdacRole;
  /** What a session opened through this certificate may do at most. */
  readonly permissions: Permissions;
  /** Lifecycle states it is good for; 0 in ST's files. */
  readonly lifecycle: number;
  /** Chip family it is good for; 0 for any. */
  readonly socClass: number;
  /** 16 bytes; zeros for any chip. */
  readonly socId: Uint8Array;
  /** 65 byte point. */
  readonly publicKey: Uint8Array;
  /** r and s of the issuer, 64 bytes. */
  readonly signature: Uint8Array;
  /** The bytes that are signed. */
  readonly signedPart: Uint8Array;
}

export type AdacRole = 'root' | 'intermediate' | 'leaf';

/** Bytes of one certificate with its head. */
export const adacCertificateSize = 220;

const roles: readonly AdacRole[] = ['root', 'intermediate', 'leaf'];
const headSize = 8;
const typeId = 0x0201;
const bodySize = adacCertificateSize - headSize;
/** ECDSA P-256 with SHA-256, key on secp256r1. */
const p256 = 1;
const usageCode = 1;
const at = { role: 12, usage: 13, lifecycle: 16, extensionBytes: 20, socClass: 24, socId: 28, permissions: 44, publicKey: 60, extensionHash: 124, signature: 156 } as const;

export interface AdacCertificateInit {
  readonly role: AdacRole;
  readonly permissions: Permissions;
  /** 65 byte point. */
  readonly publicKey: Uint8Array;
  /** 32 byte scalar of the issuer: the root's own for the root. */
  readonly issuerKey: Uint8Array;
}

/** A certificate for any chip and lifecycle state, 220 bytes. @throws HarnessError `permissions` · `key-value` (usage) */
export function buildAdacCertificate(init: AdacCertificateInit, engine: CryptoEngine = nativeEngine()): Uint8Array {
  publicKeyOf(init.issuerKey, engine);
  const out = new Uint8Array(adacCertificateSize);
  const view = new DataView(out.buffer);
  view.setUint16(2, typeId, true);
  view.setUint32(4, bodySize, true);
  out.set([1, 0, p256, p256, roles.indexOf(init.role) + 1, usageCode], headSize);
  out.set(encodePermissions(init.permissions), at.permissions);
  out.set(init.publicKey.subarray(1), at.publicKey);
  const part = out.subarray(headSize, at.signature);
  out.set(engine.sign(init.issuerKey, { digest: sha256(engine, part), parts: [part] }), at.signature);
  return out;
}

/** Reads one certificate. @param bytes 220 @throws HarnessError `certificate-format` (usage) */
export function readAdacCertificate(bytes: Uint8Array): AdacCertificate {
  if (bytes.length !== adacCertificateSize) throw certificateError(`it has ${bytes.length} bytes instead of ${adacCertificateSize}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0, true) !== 0 || view.getUint16(2, true) !== typeId || view.getUint32(4, true) !== bodySize) throw certificateError('it does not begin like a P-256 certificate');
  const [major, minor, signatureType, keyType] = bytes.subarray(headSize);
  if (major !== 1 || minor !== 0) throw certificateError('its version is not 1.0');
  if (signatureType !== p256 || keyType !== p256) throw certificateError('its key or signature is not of P-256');
  const role = roles[bytes[at.role]! - 1];
  if (role === undefined) throw certificateError('its role is none of root, intermediate and leaf');
  if (view.getUint32(at.extensionBytes, true) !== 0 || !equalBytes(bytes.subarray(at.extensionHash, at.signature), new Uint8Array(32))) throw certificateError('it has extensions, which are not supported');
  const publicKey = new Uint8Array(pointSize);
  publicKey[0] = 4;
  publicKey.set(bytes.subarray(at.publicKey, at.extensionHash), 1);
  return {
    role,
    permissions: decodePermissions(bytes.subarray(at.permissions, at.publicKey)),
    lifecycle: view.getUint16(at.lifecycle, true),
    socClass: view.getUint32(at.socClass, true),
    socId: bytes.slice(at.socId, at.permissions),
    publicKey,
    signature: bytes.slice(at.signature),
    signedPart: bytes.slice(headSize, at.signature),
  };
}

/** Whether a certificate was signed by the owner of a key. @param issuer 65 byte point */
export function isSignedBy(certificate: AdacCertificate, issuer: Uint8Array, engine: CryptoEngine = nativeEngine()): boolean {
  return engine.verify(issuer, certificate.signature, sha256(engine, certificate.signedPart));
}

export function certificateError(message: string): HarnessError {
  return new HarnessError({
    code: 'certificate-format',
    kind: 'usage',
    message: `no debug-authentication certificate: ${message}`,
    nextStep: 'make the chain again with `rot-hil keys generate --da`, or take the .b64 file that STM32TrustedPackageCreator wrote',
  });
}
