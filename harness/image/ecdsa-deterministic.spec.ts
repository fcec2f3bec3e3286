import { describe, expect, it } from '@jest/globals';
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { signDeterministic } from './ecdsa-deterministic.js';
import { nobleEngine } from './engine-noble.js';
import { testKeys } from './testing/craft-image.js';
import { nativeEngine, sha256, type CryptoEngine } from './index.js';

const native = nativeEngine();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();
const digestOf = (text: string): Uint8Array => sha256(native, Buffer.from(text));
const order = p256.Point.Fn.ORDER;
const scalar = fc.bigInt({ min: 1n, max: order - 1n }).map((value) => new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex')));
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('signDeterministic', () => {
  const key = new Uint8Array(Buffer.from('C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721', 'hex'));
  it.each([
    ['sample', 'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8'],
    ['test', 'F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083'],
  ])('the key and message of RFC 6979 A.2.5 (P-256, SHA-256, "%s") -> its r and s, with both engines', (message, wanted) => {
    for (const engine of [native, nobleEngine]) expect(hex(signDeterministic(engine, key, digestOf(message)))).toBe(wanted);
  });

  it("any key, digest and additional data -> the bytes of noble's own signature", () => {
    fc.assert(
      fc.property(scalar, fc.oneof(bytes32, fc.constant(new Uint8Array(32).fill(0xff)), fc.constant(new Uint8Array(32))), fc.option(bytes32, { nil: undefined }), (privateKey, digest, extra) => {
        const wanted = p256.sign(digest, privateKey, { prehash: false, lowS: false, format: 'compact', ...(extra === undefined ? {} : { extraEntropy: extra }) });
        expect(hex(signDeterministic(native, privateKey, digest, extra))).toBe(hex(wanted));
      }),
      { numRuns: 60 },
    );
  });

  it('additional data -> another signature, valid as well', () => {
    const digest = digestOf('sample');
    const signature = signDeterministic(native, testKeys.auth.privateKey, digest, new Uint8Array(32).fill(1));
    expect(hex(signature)).not.toBe(hex(signDeterministic(native, testKeys.auth.privateKey, digest)));
    expect(native.verify(testKeys.auth.publicKey, signature, digest)).toBe(true);
  });

  it('a first nonce that is no scalar -> the next one, and a valid signature', () => {
    const asked: string[] = [];
    const picky: CryptoEngine = { ...native, publicKeyOf: (nonce) => (asked.push(hex(nonce)) === 1 ? undefined : native.publicKeyOf(nonce)) };
    const digest = digestOf('sample');
    const signature = signDeterministic(picky, testKeys.auth.privateKey, digest);
    expect(new Set(asked).size).toBe(2);
    expect(hex(signature)).not.toBe(hex(signDeterministic(native, testKeys.auth.privateKey, digest)));
    expect(native.verify(testKeys.auth.publicKey, signature, digest)).toBe(true);
  });
});
