import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nobleEngine } from '../image/engine-noble.js';
import { nativeEngine } from '../image/index.js';
import { buildObk, buildOemirotConfigObk, buildDataObk, decodeOemirotConfig, deriveKeyPair, oemirotAhkOpenObk, parseObk, toPkcs8 } from './index.js';

const auth = deriveKeyPair('obk', 'authentication');
const enc = deriveKeyPair('obk', 'encryption');
const config = { authPublicKey: auth.publicKey, encPrivateKey: enc.privateKey };
const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const edit = (bytes: Uint8Array, at: number, value: number): Uint8Array => bytes.map((byte, i) => (i === at ? value : byte));

describe('OEMiROT configuration', () => {
  it.each([nativeEngine(), nobleEngine])('keys -> 236 bytes: header, hash, SubjectPublicKeyInfo, cut PKCS#8, zeros; and back ($name)', (engine) => {
    const file = buildOemirotConfigObk({ ...config, doEncryption: true }, engine);
    expect(Buffer.from(file.subarray(0, 12)).toString('hex')).toBe('08010000e000000001000000');
    expect(Buffer.from(file.subarray(44, 50)).toString('hex')).toBe('305930130607');
    // Behind its three lengths the key is the beginning of the PKCS#8 that OpenSSL writes.
    const whole = toPkcs8(enc.privateKey);
    const cut = file.subarray(44 + 91, 44 + 91 + 70);
    expect([...cut.keys()].filter((at) => cut[at] !== whole[at])).toEqual([2, 28, 30]);
    expect([2, 28, 30].map((at) => whole[at] - cut[at])).toEqual([0x44, 0x44, 0x44]);
    expect(file.subarray(44 + 161)).toEqual(new Uint8Array(31));
    const parsed = parseObk(file);
    expect(parsed).toMatchObject({ destination: 0x108, hdpl: 1, index: 8, doEncryption: true, debugAuthentication: 0 });
    const decoded = decodeOemirotConfig(parsed.payload, engine);
    expect(Buffer.from(decoded.authPublicKey).equals(auth.publicKey)).toBe(true);
    expect(Buffer.from(decoded.encPrivateKey).equals(enc.privateKey)).toBe(true);
  });

  it('for product state OPEN -> differs in the encryption word alone; for OEMuROT in the level', () => {
    const closed = buildOemirotConfigObk({ ...config, doEncryption: true });
    expect(buildOemirotConfigObk({ ...config, doEncryption: false })).toEqual(edit(closed, 8, 0));
    expect(buildOemirotConfigObk({ ...config, doEncryption: true, level: 2 })).toEqual(edit(closed, 1, 2));
  });

  it('one changed byte behind the hash -> obk-hash, the original is decoded', () => {
    const { payload } = parseObk(buildOemirotConfigObk({ ...config, doEncryption: true }));
    expect(() => decodeOemirotConfig(edit(payload, 100, payload[100] ^ 1))).toThrow(usage('obk-hash'));
    expect(() => decodeOemirotConfig(payload.subarray(32))).toThrow(usage('obk-format'));
    expect(decodeOemirotConfig(payload).encPrivateKey).toHaveLength(32);
  });

  it('a scalar of zeros -> key-value', () => {
    expect(() => buildOemirotConfigObk({ ...config, encPrivateKey: new Uint8Array(32), doEncryption: true })).toThrow(usage('key-value'));
  });
});

describe('OEMiROT data and hardware keys', () => {
  it('data -> two equal areas, each zeros under their SHA-256', () => {
    const { payload, destination, doEncryption } = parseObk(buildDataObk({ owner: 'oemirot', doEncryption: false }));
    expect({ destination, doEncryption, size: payload.length }).toEqual({ destination: 0x10f, doEncryption: false, size: 192 });
    // SHA-256 of 64 zero bytes.
    expect(Buffer.from(payload.subarray(0, 32)).toString('hex')).toBe('f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b');
    expect(payload.subarray(96)).toEqual(payload.subarray(0, 96));
    expect(parseObk(buildDataObk({ owner: 'oemurot', doEncryption: true }))).toMatchObject({ destination: 0x20f, doEncryption: true });
  });

  it('hardware keys -> the same 32 bytes three times at level 1 from index 0 on', () => {
    const { payload, destination } = parseObk(oemirotAhkOpenObk());
    expect([destination, payload.length]).toEqual([0x100, 96]);
    expect(payload.subarray(32, 64)).toEqual(payload.subarray(0, 32));
    expect(payload.subarray(64)).toEqual(payload.subarray(0, 32));
  });
});

describe('parseObk', () => {
  const file = buildDataObk({ owner: 'oemirot', doEncryption: true });

  it.each<[string, Uint8Array]>([
    ['fewer bytes than a header', file.subarray(0, 11)],
    ['a byte less than it says', file.subarray(0, -1)],
    ['a byte more than it says', Uint8Array.of(...file, 0)],
    ['an encryption word of 2', edit(file, 8, 2)],
    ['level 3', edit(file, 1, 3)],
    ['a destination of 25 bits', edit(file, 3, 1)],
    ['an index from which it does not fit', edit(file, 0, 27)],
    ['no payload', edit(file.subarray(0, 12), 4, 0)],
    ['a payload that is no whole number of slots', edit(file.subarray(0, 12 + 40), 4, 40)],
  ])('%s -> usage error; the original is read', (_what, bytes) => {
    expect(() => parseObk(bytes)).toThrow(usage('obk-format'));
    expect(parseObk(file).index).toBe(15);
  });

  it('a debug-authentication file -> the option byte of its destination', () => {
    const built = buildObk({ hdpl: 0, index: 8, debugAuthentication: 0x51, payload: new Uint8Array(96), doEncryption: true });
    expect(parseObk(built)).toMatchObject({ destination: 0x510008, debugAuthentication: 0x51 });
  });

  it('any bytes -> a file or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          expect(parseObk(bytes).payload.length % 32).toBe(0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'HarnessError', code: 'obk-format' });
        }
      }),
      { numRuns: 200 },
    );
  });
});
