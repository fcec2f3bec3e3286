import { nativeEngine } from '../image/engine-native.js';
import { equalBytes, type CryptoEngine } from '../image/engine.js';
import { pointSize, scalarSize, subjectPublicKeyInfo } from '../image/public-key.js';
import { DerReader, der, derTag } from './der.js';
import { keyError, makeP256Key } from './key-error.js';
import { readPem, writePem } from './pem.js';

/** A P-256 key pair: 32 byte big-endian scalar and 65 byte uncompressed point. */
export interface KeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** id-ecPublicKey and prime256v1 (RFC 5480, sections 2.1.1 and 2.1.1.1), without tag and length. */
const ecPublicKeyId = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
const prime256v1Id = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);

/**
 * A private key from PEM: `PRIVATE KEY` (PKCS#8) or `EC PRIVATE KEY` (SEC 1). @returns the 32 byte scalar
 * @throws HarnessError (usage) `key-file` · `key-encrypted` · `key-kind` · `key-encoding` · `key-curve` · `key-value` · `key-mismatch`
 */
export function readPrivateKeyPem(pem: string, engine?: CryptoEngine): Uint8Array {
  const { label, bytes } = readPem(pem);
  if (label === 'PRIVATE KEY') return readPkcs8(bytes, engine);
  if (label === 'EC PRIVATE KEY') return readSec1(bytes, engine);
  if (label === 'ENCRYPTED PRIVATE KEY') throw keyError('key-encrypted', 'the private key is protected by a passphrase', makeP256Key);
  if (label === 'PUBLIC KEY') throw keyError('key-kind', 'a private key is needed and the file holds a public one', 'give the file of the private key');
  throw keyError('key-kind', `a PEM block ${label} is no private key`, makeP256Key);
}

/**
 * A public key from PEM: `PUBLIC KEY` (SubjectPublicKeyInfo), or the public half of a private key's file. @returns the 65 byte point
 * @throws HarnessError (usage) as `readPrivateKeyPem`
 */
export function readPublicKeyPem(pem: string, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const { label, bytes } = readPem(pem);
  return label === 'PUBLIC KEY' ? readSpki(bytes, engine) : publicKeyOf(readPrivateKeyPem(pem, engine), engine);
}

/** PKCS#8 (RFC 5208): version 0, algorithm, ECPrivateKey; attributes behind it are passed over. */
export function readPkcs8(bytes: Uint8Array, engine?: CryptoEngine): Uint8Array {
  const reader = new DerReader(bytes, 'PKCS#8 private key');
  const outer = reader.enter(derTag.sequence);
  reader.end();
  if (!equalBytes(outer.read(derTag.integer), Uint8Array.of(0))) throw outer.fail('a version other than 0');
  readAlgorithm(outer);
  return readSec1(outer.read(derTag.octetString), engine);
}

/** ECPrivateKey (RFC 5915, section 3). A public half, where it is there, must belong to the scalar. */
export function readSec1(bytes: Uint8Array, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const reader = new DerReader(bytes, 'EC private key');
  const outer = reader.enter(derTag.sequence);
  reader.end();
  if (!equalBytes(outer.read(derTag.integer), Uint8Array.of(1))) throw outer.fail('a version other than 1');
  const scalar = outer.read(derTag.octetString);
  if (outer.next(derTag.context0)) {
    const parameters = outer.enter(derTag.context0);
    requireCurve(parameters.read(derTag.objectId));
    parameters.end();
  }
  if (scalar.length !== scalarSize) throw keyError('key-curve', `a P-256 private key has ${scalarSize} bytes, this one ${scalar.length}`, makeP256Key);
  const publicKey = publicKeyOf(scalar, engine);
  if (outer.next(derTag.context1)) {
    const wrapper = outer.enter(derTag.context1);
    if (!equalBytes(readBitString(wrapper), publicKey)) throw keyError('key-mismatch', 'public and private half of the key do not belong together', 'the file is damaged: make the key pair again');
    wrapper.end();
  }
  outer.end();
  return scalar.slice();
}

/** SubjectPublicKeyInfo (RFC 5480, section 2) of an uncompressed point. */
export function readSpki(bytes: Uint8Array, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const reader = new DerReader(bytes, 'public key');
  const outer = reader.enter(derTag.sequence);
  reader.end();
  readAlgorithm(outer);
  const point = readBitString(outer);
  outer.end();
  if (point.length !== pointSize || point[0] !== 0x04) throw keyError('key-value', 'the public key is no uncompressed P-256 point', makeP256Key);
  // Multiplying by one tells whether the point lies on the curve.
  const one = new Uint8Array(scalarSize);
  one[scalarSize - 1] = 1;
  if (engine.sharedSecret(one, point) === undefined) throw keyError('key-value', 'the public key is no point of P-256', makeP256Key);
  return point.slice();
}

/** The public half. @throws HarnessError `key-value` (usage) for a scalar outside 1 … n-1 */
export function publicKeyOf(privateKey: Uint8Array, engine: CryptoEngine = nativeEngine()): Uint8Array {
  const publicKey = privateKey.length === scalarSize ? engine.publicKeyOf(privateKey) : undefined;
  if (publicKey === undefined) throw keyError('key-value', 'the private key is outside the range of P-256', makeP256Key);
  return publicKey;
}

/** PKCS#8 with the public half, 138 bytes: what OpenSSL and imgtool write. */
export function toPkcs8(privateKey: Uint8Array, engine?: CryptoEngine): Uint8Array {
  const publicKey = publicKeyOf(privateKey, engine);
  const inner = der(derTag.sequence, der(derTag.integer, [1]), der(derTag.octetString, privateKey), der(derTag.context1, der(derTag.bitString, [0], publicKey)));
  return der(derTag.sequence, der(derTag.integer, [0]), algorithm(), der(derTag.octetString, inner));
}

/** ECPrivateKey with curve and public half, 121 bytes. */
export function toSec1(privateKey: Uint8Array, engine?: CryptoEngine): Uint8Array {
  const publicKey = publicKeyOf(privateKey, engine);
  return der(
    derTag.sequence,
    der(derTag.integer, [1]),
    der(derTag.octetString, privateKey),
    der(derTag.context0, der(derTag.objectId, prime256v1Id)),
    der(derTag.context1, der(derTag.bitString, [0], publicKey)),
  );
}

/** PEM of a private key, PKCS#8 unless told otherwise. @throws HarnessError `key-value` (usage) */
export function toPrivateKeyPem(privateKey: Uint8Array, format: 'pkcs8' | 'sec1' = 'pkcs8', engine?: CryptoEngine): string {
  return format === 'pkcs8' ? writePem('PRIVATE KEY', toPkcs8(privateKey, engine)) : writePem('EC PRIVATE KEY', toSec1(privateKey, engine));
}

/** PEM of a public key. @param publicKey 65 bytes */
export function toPublicKeyPem(publicKey: Uint8Array): string {
  return writePem('PUBLIC KEY', subjectPublicKeyInfo(publicKey));
}

function algorithm(): Uint8Array {
  return der(derTag.sequence, der(derTag.objectId, ecPublicKeyId), der(derTag.objectId, prime256v1Id));
}

function readAlgorithm(reader: DerReader): void {
  const identifier = reader.enter(derTag.sequence);
  if (!equalBytes(identifier.read(derTag.objectId), ecPublicKeyId)) throw keyError('key-kind', 'the key is no elliptic-curve key', makeP256Key);
  requireCurve(identifier.read(derTag.objectId));
  identifier.end();
}

function requireCurve(id: Uint8Array): void {
  if (!equalBytes(id, prime256v1Id)) throw keyError('key-curve', 'the key is on another curve than P-256', makeP256Key);
}

/** A BIT STRING of whole bytes. */
function readBitString(reader: DerReader): Uint8Array {
  const bits = reader.read(derTag.bitString);
  if (bits[0] !== 0) throw reader.fail('a bit string that is no whole number of bytes');
  return bits.subarray(1);
}
