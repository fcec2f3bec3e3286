import { ctr } from '@noble/ciphers/aes.js';
import { p256 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { CryptoEngine } from './engine.js';

/** The primitives of @noble/*: nothing of Node is needed. */
export const nobleEngine: CryptoEngine = {
  name: 'noble',
  sha256() {
    const hash = sha256.create();
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  },
  hmacSha256: (key, data) => hmac(sha256, key, data),
  aesCtr: (key, bytes, firstBlock) => ctr(key, counterBlock(firstBlock)).encrypt(bytes),
  verify(publicKey, signature, digest) {
    try {
      // ST's tools do not lower s, and the digest is given as it is: both are against noble's defaults.
      return p256.verify(signature, digest, publicKey, { prehash: false, lowS: false, format: 'compact' });
    } catch {
      return false;
    }
  },
  sign: (privateKey, message) => p256.sign(message.digest, privateKey, { prehash: false, lowS: false, format: 'compact', extraEntropy: true }),
  sharedSecret(privateKey, publicKey) {
    try {
      // The result is a compressed point; its prefix is no part of the secret.
      return p256.getSharedSecret(privateKey, publicKey).slice(1, 33);
    } catch {
      return undefined;
    }
  },
  publicKeyOf(privateKey) {
    try {
      return p256.getPublicKey(privateKey, false);
    } catch {
      return undefined;
    }
  },
};

function counterBlock(firstBlock: number): Uint8Array {
  const block = new Uint8Array(16);
  new DataView(block.buffer).setUint32(12, firstBlock, false);
  return block;
}
