import type { ByteCount } from '../units/index.js';

/** Bytes of an uncompressed point: 04, x, y. */
export const pointSize: ByteCount = 65;
export const scalarSize: ByteCount = 32;
/** Bytes of the SubjectPublicKeyInfo of a P-256 key. */
export const spkiSize: ByteCount = 91;

/** SEQUENCE, AlgorithmIdentifier id-ecPublicKey with namedCurve prime256v1, BIT STRING (RFC 5480, sections 2.1 and 2.2). */
const spkiPrefix = Uint8Array.of(
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
);

/** DER of a public key as the KEYHASH TLV hashes it and as OEMiROT_Config holds it: 91 bytes. @param publicKey 65 byte point */
export function subjectPublicKeyInfo(publicKey: Uint8Array): Uint8Array {
  const out = new Uint8Array(spkiSize);
  out.set(spkiPrefix);
  out.set(publicKey, spkiPrefix.length);
  return out;
}
