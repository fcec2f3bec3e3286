import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nobleEngine } from '../image/engine-noble.js';
import { nativeEngine } from '../image/index.js';
import { deriveKeyPair, publicKeyOf, readPkcs8, readPrivateKeyPem, readPublicKeyPem, readSec1, readSpki, toPkcs8, toPrivateKeyPem, toPublicKeyPem, toSec1 } from './index.js';

const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const openssl = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const pem = {
  pkcs8: openssl.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  sec1: openssl.privateKey.export({ format: 'pem', type: 'sec1' }) as string,
  spki: openssl.publicKey.export({ format: 'pem', type: 'spki' }) as string,
};
const scalar = new Uint8Array(Buffer.from(openssl.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
const wrap = (label: string, bytes: Uint8Array): string => `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`;
const edit = (bytes: Uint8Array, at: number, value: number): Uint8Array => bytes.map((byte, i) => (i === at ? value : byte));

describe.each([nativeEngine(), nobleEngine])('P-256 keys in PEM, engine $name', (engine) => {
  it('keys written by OpenSSL in PKCS#8, SEC 1 and SubjectPublicKeyInfo -> scalar and point', () => {
    expect(readPrivateKeyPem(pem.pkcs8, engine)).toEqual(scalar);
    expect(readPrivateKeyPem(pem.sec1, engine)).toEqual(scalar);
    expect(Buffer.from(readPublicKeyPem(pem.spki, engine))).toEqual(Buffer.from(publicKeyOf(scalar, engine)));
  });

  it('scalar and point -> byte for byte what OpenSSL writes', () => {
    expect(toPrivateKeyPem(scalar, 'pkcs8', engine)).toBe(pem.pkcs8);
    expect(toPrivateKeyPem(scalar, 'sec1', engine)).toBe(pem.sec1);
    expect(toPublicKeyPem(publicKeyOf(scalar, engine))).toBe(pem.spki);
  });

  it('the file of a private key where a public one is wanted -> its public half', () => {
    expect(readPublicKeyPem(pem.sec1, engine)).toEqual(readPublicKeyPem(pem.spki, engine));
  });
});

describe('key files', () => {
  it('EC PARAMETERS in front, CR LF and text around the block -> passed over', () => {
    const parameters = wrap('EC PARAMETERS', Uint8Array.of(6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7));
    expect(readPrivateKeyPem(`my key\n${parameters}${pem.sec1}`.replace(/\n/g, '\r\n'))).toEqual(scalar);
  });

  it('SEC 1 without curve and public half -> accepted', () => {
    expect(readSec1(Uint8Array.of(0x30, 0x25, 2, 1, 1, 4, 32, ...scalar))).toEqual(scalar);
  });

  const pkcs8 = toPkcs8(scalar);
  const sec1 = toSec1(scalar);
  const spki = new Uint8Array(openssl.publicKey.export({ format: 'der', type: 'spki' }));
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });

  it.each<[string, string, string]>([
    ['nothing', '', 'key-file'],
    ['a block without its end', pem.pkcs8.slice(0, 100), 'key-file'],
    ['a block that is no base64', pem.pkcs8.replace('M', '*'), 'key-file'],
    ['a file of a megabyte', ' '.repeat(1 << 20) + pem.pkcs8, 'key-file'],
    ['a passphrase in PKCS#8', openssl.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'x' }) as string, 'key-encrypted'],
    ['a passphrase in SEC 1', openssl.privateKey.export({ format: 'pem', type: 'sec1', cipher: 'aes-128-cbc', passphrase: 'x' }) as string, 'key-encrypted'],
    ['a public key', pem.spki, 'key-kind'],
    ['a certificate', wrap('CERTIFICATE', pkcs8), 'key-kind'],
    ['an RSA key', rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, 'key-kind'],
    ['a P-384 key', p384.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, 'key-curve'],
    ['a P-384 key in SEC 1', p384.privateKey.export({ format: 'pem', type: 'sec1' }) as string, 'key-curve'],
    ['a byte behind the key', wrap('PRIVATE KEY', Uint8Array.of(...pkcs8, 0)), 'key-encoding'],
    ['a byte too few', wrap('PRIVATE KEY', pkcs8.subarray(0, -1)), 'key-encoding'],
    ['another version', wrap('PRIVATE KEY', edit(pkcs8, 5, 2)), 'key-encoding'],
    ['another version of SEC 1', wrap('EC PRIVATE KEY', edit(sec1, 4, 2)), 'key-encoding'],
    ['a length in a longer form than needed', wrap('EC PRIVATE KEY', Uint8Array.of(0x30, 0x81, 0x25, 2, 1, 1, 4, 32, ...scalar)), 'key-encoding'],
    ['a public half of another key', wrap('EC PRIVATE KEY', Uint8Array.of(...sec1.subarray(0, -65), ...deriveKeyPair('a', 'b').publicKey)), 'key-mismatch'],
    ['a scalar of zero', wrap('EC PRIVATE KEY', Uint8Array.of(0x30, 0x25, 2, 1, 1, 4, 32, ...new Uint8Array(32))), 'key-value'],
    ['a scalar of 31 bytes', wrap('EC PRIVATE KEY', Uint8Array.of(0x30, 0x24, 2, 1, 1, 4, 31, ...scalar.subarray(1))), 'key-curve'],
  ])('%s -> usage error, and no key bytes in it', (_what, text, code) => {
    expect(() => readPrivateKeyPem(text)).toThrow(usage(code));
    try {
      readPrivateKeyPem(text);
    } catch (error) {
      const shown = JSON.stringify([(error as Error).message, (error as { nextStep: string }).nextStep]);
      expect(shown).not.toContain(Buffer.from(scalar).toString('hex').slice(0, 6));
      expect(shown).not.toContain(pem.pkcs8.slice(40, 60));
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['a compressed point', edit(spki, 26, 2), 'key-value'],
    ['a point off the curve', edit(spki, 90, spki[90] ^ 1), 'key-value'],
    ['bits left over in the bit string', edit(spki, 25, 1), 'key-encoding'],
    ['another curve', edit(spki, 22, 8), 'key-curve'],
    ['another algorithm', edit(spki, 12, 2), 'key-kind'],
  ])('a public key with %s -> usage error; the original is read', (_what, bytes, code) => {
    expect(() => readSpki(bytes)).toThrow(usage(code));
    expect(readSpki(spki)).toHaveLength(65);
  });

  it('any bytes and any text -> a key or a typed error', () => {
    const typed = (read: () => Uint8Array): void => {
      try {
        expect([32, 65]).toContain(read().length);
      } catch (error) {
        expect(error).toMatchObject({ name: 'HarnessError', kind: 'usage' });
      }
    };
    fc.assert(
      fc.property(fc.constantFrom(pkcs8, sec1, spki), fc.array(fc.tuple(fc.nat(137), fc.nat(255)), { maxLength: 3 }), fc.uint8Array({ maxLength: 40 }), fc.string(), (original, changes, noise, text) => {
        const bytes = original.slice();
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        for (const read of [readPkcs8, readSec1, readSpki]) {
          typed(() => read(bytes));
          typed(() => read(noise));
        }
        typed(() => readPrivateKeyPem(text));
        typed(() => readPublicKeyPem(wrap('PRIVATE KEY', bytes)));
      }),
      { numRuns: 150 },
    );
  });
});

describe('deriveKeyPair', () => {
  it('seed and label -> always the same pair, another for another seed or label, the same from both engines', () => {
    const pair = deriveKeyPair('board-1', 'authentication');
    expect(deriveKeyPair('board-1', 'authentication', nobleEngine)).toEqual(pair);
    expect(deriveKeyPair('board-1', 'encryption').privateKey).not.toEqual(pair.privateKey);
    expect(deriveKeyPair('board-2', 'authentication').privateKey).not.toEqual(pair.privateKey);
    expect(Buffer.from(publicKeyOf(pair.privateKey)).equals(pair.publicKey)).toBe(true);
  });
});
