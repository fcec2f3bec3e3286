import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nobleEngine } from './engine-noble.js';
import { unwrapContentKey, wrapContentKey } from './ecies.js';
import { testKeys } from './testing/craft-image.js';
import { nativeEngine, sha256 } from './index.js';

const native = nativeEngine();
const engines = [
  [native, nobleEngine],
  [nobleEngine, native],
] as const;
const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');
const message = (text: string) => {
  const parts = [Buffer.from(text)];
  return { digest: sha256(nobleEngine, ...parts), parts };
};

describe('the two engines', () => {
  it.each(engines)('$0.name signs -> $1.name verifies; another message, key or signature -> false', (signer, verifier) => {
    const { auth, other } = testKeys;
    const signature = signer.sign(auth.privateKey, message('an image'));
    expect(verifier.verify(auth.publicKey, signature, message('an image').digest)).toBe(true);
    expect(verifier.verify(auth.publicKey, signature, message('an imagf').digest)).toBe(false);
    expect(verifier.verify(other.publicKey, signature, message('an image').digest)).toBe(false);
    expect(verifier.verify(auth.publicKey, signature.map((byte, i) => (i === 63 ? byte ^ 1 : byte)), message('an image').digest)).toBe(false);
  });

  it.each([native, nobleEngine])('$name: s above half the order, as OpenSSL makes it -> accepted', (engine) => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const signature = nobleEngine.sign(testKeys.auth.privateKey, message('x'));
    const s = BigInt('0x' + hex(signature.subarray(32))!);
    const other = Uint8Array.from([...signature.subarray(0, 32), ...Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')]);
    expect([engine.verify(testKeys.auth.publicKey, signature, message('x').digest), engine.verify(testKeys.auth.publicKey, other, message('x').digest)]).toEqual([true, true]);
  });

  it.each([native, nobleEngine])('$name: keys and signatures that cannot be -> false or nothing, no exception', (engine) => {
    const offCurve = testKeys.auth.publicKey.map((byte, i) => (i === 64 ? byte ^ 1 : byte));
    expect(engine.verify(offCurve, new Uint8Array(64).fill(1), message('x').digest)).toBe(false);
    expect(engine.verify(testKeys.auth.publicKey, new Uint8Array(64), message('x').digest)).toBe(false);
    expect(engine.verify(testKeys.auth.publicKey, new Uint8Array(64).fill(0xff), message('x').digest)).toBe(false);
    expect(engine.sharedSecret(testKeys.auth.privateKey, offCurve)).toBeUndefined();
    expect(engine.publicKeyOf(new Uint8Array(32))).toBeUndefined();
    expect(engine.publicKeyOf(new Uint8Array(32).fill(0xff))).toBeUndefined();
  });

  it('any data -> the same hash, HMAC, cipher text, secret and public key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 0, max: 0xfffffff0 }), (data, key, block) => {
        const of = (engine: typeof native) => [
          hex(sha256(engine, data, key)),
          hex(engine.hmacSha256(key, data)),
          hex(engine.aesCtr(key.subarray(0, 16), data, block)),
          hex(engine.publicKeyOf(key)),
          hex(engine.sharedSecret(testKeys.enc.privateKey, testKeys.other.publicKey)),
        ];
        expect(of(native)).toEqual(of(nobleEngine));
      }),
      { numRuns: 40 },
    );
  });

  it.each(engines)('$0.name wraps a content key -> $1.name unwraps it, nobody with another key', (wrapper, unwrapper) => {
    const key = Uint8Array.from({ length: 16 }, (_, i) => i);
    const tlv = wrapContentKey(wrapper, key, testKeys.enc.publicKey, testKeys.ephemeral.privateKey)!;
    expect(tlv).toHaveLength(113);
    expect(hex(unwrapContentKey(unwrapper, tlv, testKeys.enc.privateKey) as Uint8Array)).toBe(hex(key));
    expect(unwrapContentKey(unwrapper, tlv, testKeys.other.privateKey)).toBe('wrong-tag');
  });
});
