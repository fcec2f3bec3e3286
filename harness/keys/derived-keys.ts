import { nativeEngine } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import type { KeyPair } from './p256-keys.js';

/**
 * A source of bytes that depends on seed and label alone: HMAC-SHA256 of label and a running number, keyed with the seed.
 * For reproducible test images; whoever knows the seed knows the bytes.
 */
export function seededRandom(seed: string, label: string, engine: CryptoEngine = nativeEngine()): (count: number) => Uint8Array {
  const encoder = new TextEncoder();
  const key = encoder.encode(seed);
  let block = 0;
  let rest = new Uint8Array(0);
  return (count) => {
    const out = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      if (rest.length === 0) rest = Uint8Array.from(engine.hmacSha256(key, encoder.encode(`${label}\0${block++}`)));
      const piece = rest.subarray(0, count - at);
      out.set(piece, at);
      at += piece.length;
      rest = rest.subarray(piece.length);
    }
    return out;
  };
}

/**
 * A P-256 key pair that depends on seed and label alone. For test keys: whoever knows the seed knows the private key.
 * @param seed of a run or a board @param label tells keys of one seed apart: `authentication`
 */
export function deriveKeyPair(seed: string, label: string, engine: CryptoEngine = nativeEngine()): KeyPair {
  const random = seededRandom(seed, `key\0${label}`, engine);
  for (;;) {
    // About one draw in 2^32 is no scalar of P-256.
    const privateKey = random(32);
    const publicKey = engine.publicKeyOf(privateKey);
    if (publicKey !== undefined) return { privateKey, publicKey: Uint8Array.from(publicKey) };
  }
}
