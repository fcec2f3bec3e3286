import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nobleEngine } from './engine-noble.js';
import { nativeEngine } from './index.js';

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const engines = [nativeEngine(), nobleEngine];
const bytes = (value: bigint): Uint8Array => new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
const integer = (value: Uint8Array): bigint => BigInt(`0x${Buffer.from(value).toString('hex')}`);
const mod = (value: bigint): bigint => ((value % order) + order) % order;
/** Fermat's way: another one than that of the code under test. */
function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, mod(value), order - 2n];
  for (; exponent > 0n; exponent >>= 1n, base = mod(base * base)) if ((exponent & 1n) === 1n) result = mod(result * base);
  return result;
}

/** A signature by hand: nonce k, digest e chosen after r is known. */
function signed(d: bigint, k: bigint, digestOf: (r: bigint) => bigint): { key: Uint8Array; signature: Uint8Array; digest: Uint8Array } {
  const r = mod(integer(nobleEngine.publicKeyOf(bytes(k))!.subarray(1, 33)));
  const e = mod(digestOf(r));
  const s = mod(inverse(k) * (e + r * d));
  return { key: nobleEngine.publicKeyOf(bytes(d))!, signature: Uint8Array.of(...bytes(r), ...bytes(s)), digest: bytes(e) };
}
const verdicts = ({ key, signature, digest }: ReturnType<typeof signed>): boolean[] => engines.map((engine) => engine.verify(key, signature, digest));
const scalar = fc.bigInt({ min: 1n, max: order - 1n });

describe('ECDSA over a finished digest', () => {
  it('any key, nonce and digest -> both engines accept the signature, and neither a changed one', () => {
    fc.assert(
      fc.property(scalar, scalar, fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 7 }), (d, k, e, at, bit) => {
        const right = signed(d, k, () => e);
        expect(verdicts(right)).toEqual([true, true]);
        expect(verdicts({ ...right, signature: right.signature.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)) })).toEqual([false, false]);
        expect(verdicts({ ...right, digest: right.digest.map((byte, i) => (i === at >> 1 ? byte ^ (1 << bit) : byte)) })).toEqual([false, false]);
      }),
      { numRuns: 25 },
    );
  });

  it('a digest of zero -> accepted: nothing is added to the key', () => {
    expect(verdicts(signed(7n, 11n, () => 0n))).toEqual([true, true]);
  });

  it('a digest of r·d -> accepted: the key is added to itself', () => {
    expect(verdicts(signed(7n, 11n, (r) => r * 7n))).toEqual([true, true]);
  });

  it('a digest of -r·d -> refused, whatever s is: the sum is the point at infinity', () => {
    const { key, signature, digest } = signed(7n, 11n, (r) => -r * 7n);
    expect(verdicts({ key, digest, signature: Uint8Array.of(...signature.subarray(0, 32), ...bytes(5n)) })).toEqual([false, false]);
    expect(verdicts(signed(7n, 11n, (r) => -r * 7n + 1n))).toEqual([true, true]);
  });

  it('a digest above the order -> taken modulo the order', () => {
    const small = signed(7n, 11n, () => 3n);
    expect(verdicts({ ...small, digest: bytes(order + 3n) })).toEqual([true, true]);
  });

  it.each([
    ['r of 0', 0n, 1n],
    ['s of 0', 1n, 0n],
    ['r of the order', order, 1n],
    ['s of the order', 1n, order],
    ['both above the order', (1n << 256n) - 1n, (1n << 256n) - 1n],
  ])('%s -> refused', (_what, r, s) => {
    const { key, digest } = signed(7n, 11n, () => 3n);
    expect(verdicts({ key, digest, signature: Uint8Array.of(...bytes(r), ...bytes(s)) })).toEqual([false, false]);
  });

  it('a key off the curve, of the wrong form or with a coordinate not below p -> refused', () => {
    const right = signed(7n, 11n, () => 3n);
    const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
    const wrong = [right.key.map((byte, i) => (i === 64 ? byte ^ 1 : byte)), right.key.map((byte, i) => (i === 0 ? 2 : byte)), right.key.subarray(0, 64), Uint8Array.of(4, ...bytes(p), ...bytes(5n))];
    expect(wrong.map((key) => verdicts({ ...right, key }))).toEqual(wrong.map(() => [false, false]));
    expect(verdicts(right)).toEqual([true, true]);
  });
});
