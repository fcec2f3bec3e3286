import type * as NodeCrypto from 'node:crypto';
import { HarnessError } from '../errors/index.js';
import { verifyDigest } from './ecdsa-digest.js';
import type { CryptoEngine } from './engine.js';

/** ECPrivateKey of prime256v1 without its public half (RFC 5915): what OpenSSL needs in front of and behind the scalar. */
const ecPrivateKeyPrefix = Uint8Array.of(0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20);
const ecPrivateKeySuffix = Uint8Array.of(0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);

let engine: CryptoEngine | undefined;

/**
 * The primitives of OpenSSL as Node offers them. node:crypto is asked for at run time and never imported, so that a bundle for a browser can hold this file.
 * @throws HarnessError `engine-missing` (usage) outside Node
 */
export function nativeEngine(): CryptoEngine {
  engine ??= createNativeEngine(nodeCrypto());
  return engine;
}

function nodeCrypto(): typeof NodeCrypto {
  const crypto = (globalThis as { process?: Partial<NodeJS.Process> }).process?.getBuiltinModule?.('node:crypto');
  if (crypto !== undefined) return crypto;
  throw new HarnessError({
    code: 'engine-missing',
    kind: 'usage',
    message: 'the native engine needs the crypto module of Node 20.19 or newer',
    nextStep: 'pass the noble engine',
  });
}

function createNativeEngine(crypto: typeof NodeCrypto): CryptoEngine {
  const privateKeyObject = (scalar: Uint8Array): NodeCrypto.KeyObject =>
    crypto.createPrivateKey({ key: Buffer.concat([ecPrivateKeyPrefix, scalar, ecPrivateKeySuffix]), format: 'der', type: 'sec1' });
  const publicKeyOf = (scalar: Uint8Array): Uint8Array => {
    const ecdh = crypto.createECDH('prime256v1');
    ecdh.setPrivateKey(scalar);
    return ecdh.getPublicKey();
  };
  const sharedSecret = (scalar: Uint8Array, point: Uint8Array): Uint8Array => {
    const ecdh = crypto.createECDH('prime256v1');
    ecdh.setPrivateKey(scalar);
    return ecdh.computeSecret(point);
  };
  return {
    name: 'native',
    sha256() {
      const hash = crypto.createHash('sha256');
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    },
    hmacSha256: (key, data) => crypto.createHmac('sha256', key).update(data).digest(),
    aesCtr(key, bytes, firstBlock) {
      const counter = Buffer.alloc(16);
      counter.writeUInt32BE(firstBlock, 12);
      return crypto.createCipheriv('aes-128-ctr', key, counter).update(bytes);
    },
    // node:crypto takes no finished digest for ECDSA: an image would have to be hashed twice.
    verify: (publicKey, signature, digest) => verifyDigest(publicKey, signature, digest, { ofBase: publicKeyOf, xOf: sharedSecret }),
    sign(privateKey, message) {
      const signer = crypto.createSign('sha256');
      for (const part of message.parts) signer.update(part);
      return signer.sign({ key: privateKeyObject(privateKey), dsaEncoding: 'ieee-p1363' });
    },
    sharedSecret(privateKey, publicKey) {
      try {
        return sharedSecret(privateKey, publicKey);
      } catch {
        return undefined;
      }
    },
    publicKeyOf(privateKey) {
      try {
        return publicKeyOf(privateKey);
      } catch {
        return undefined;
      }
    },
  };
}
