import type { CryptoEngine } from './engine.js';
import { inverse, order, toBytes, toInteger } from './p256-numbers.js';

/**
 * An ECDSA signature whose nonce follows RFC 6979 (section 3.2 with HMAC-SHA256), with optional additional data of its section 3.6: the same inputs give the
 * same bytes. s is as it comes, not lowered. Not in constant time: for test keys, which anybody can derive.
 * @param privateKey 1 … n-1, 32 bytes @param digest 32 bytes @param extra 32 bytes @returns r and s, 64 bytes
 */
export function signDeterministic(engine: CryptoEngine, privateKey: Uint8Array, digest: Uint8Array, extra: Uint8Array = new Uint8Array(0)): Uint8Array {
  const e = toInteger(digest) % order;
  const nextNonce = nonces(engine, Uint8Array.of(...privateKey, ...toBytes(e), ...extra));
  for (;;) {
    const nonce = nextNonce();
    // Undefined for a nonce that is no scalar.
    const point = engine.publicKeyOf(nonce);
    if (point === undefined) continue;
    const r = toInteger(point.subarray(1, 33)) % order;
    const s = (inverse(toInteger(nonce), order) * (e + r * toInteger(privateKey))) % order;
    if (r !== 0n && s !== 0n) return Uint8Array.of(...toBytes(r), ...toBytes(s));
  }
}

/** The candidates of section 3.2, steps b to h. */
function nonces(engine: CryptoEngine, seed: Uint8Array): () => Uint8Array {
  let value: Uint8Array = new Uint8Array(32).fill(1);
  let key: Uint8Array = new Uint8Array(32);
  const mix = (separator: number, data: Uint8Array): void => {
    key = engine.hmacSha256(key, Uint8Array.of(...value, separator, ...data));
    value = engine.hmacSha256(key, value);
  };
  mix(0, seed);
  mix(1, seed);
  let first = true;
  return () => {
    if (!first) mix(0, new Uint8Array(0));
    first = false;
    return (value = engine.hmacSha256(key, value));
  };
}
