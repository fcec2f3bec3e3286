import { nativeEngine } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { adacCertificateSize, buildAdacCertificate, certificateError, readAdacCertificate } from './adac-certificate.js';
import type { AdacCertificate, AdacRole } from './adac-certificate.js';
import type { KeyPair } from './p256-keys.js';
import type { Permissions } from './permissions.js';

/** Certificates between root and leaf, both included, that a device is asked to follow. */
const longestChain = 8;

/** Key pairs of a chain, from the root on. */
export type AdacKeys = Readonly<Record<AdacRole, KeyPair>>;

/** The three certificates of a chain, each 220 bytes: root (signed by itself), intermediate (by the root), leaf (by the intermediate). */
export function buildAdacChain(keys: AdacKeys, permissions: Permissions, engine: CryptoEngine = nativeEngine()): Readonly<Record<AdacRole, Uint8Array>> {
  const certificate = (role: AdacRole, issuer: AdacRole): Uint8Array =>
    buildAdacCertificate({ role, permissions, publicKey: keys[role].publicKey, issuerKey: keys[issuer].privateKey }, engine);
  return { root: certificate('root', 'root'), intermediate: certificate('intermediate', 'root'), leaf: certificate('leaf', 'intermediate') };
}

/** A .b64 file: the certificates from the root on, one after the other, in one line of base64. */
export function toChainFile(...certificates: readonly Uint8Array[]): string {
  return btoa(certificates.map((certificate) => String.fromCharCode(...certificate)).join(''));
}

/**
 * Reads a .b64 file (or the bytes in it). The certificates are not judged.
 * @throws HarnessError `certificate-format` (usage): neither, no whole number of certificates, more than 8
 */
export function readChainFile(content: Uint8Array): AdacCertificate[] {
  const limit = 2 * longestChain * adacCertificateSize;
  if (content.length > limit) throw certificateError(`more than ${limit} bytes`);
  const bytes = content[0] === 0 ? content : fromBase64(content);
  if (bytes.length === 0 || bytes.length % adacCertificateSize !== 0) throw certificateError(`${bytes.length} bytes are no whole number of certificates of ${adacCertificateSize} bytes`);
  const count = bytes.length / adacCertificateSize;
  if (count > longestChain) throw certificateError(`${count} certificates, more than ${longestChain}`);
  return Array.from({ length: count }, (_, index) => readAdacCertificate(bytes.subarray(index * adacCertificateSize, (index + 1) * adacCertificateSize)));
}

function fromBase64(content: Uint8Array): Uint8Array {
  const text = new TextDecoder('latin1').decode(content).replace(/\s+/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) throw certificateError('it is no base64');
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
