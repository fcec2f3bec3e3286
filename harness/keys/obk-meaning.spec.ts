import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HarnessError } from '../errors/index.js';
import { buildSignedImage, slotContent } from '../image/index.js';
import type { SignOptions } from '../image/index.js';
import {
  authenticationKeyMatches,
  buildDaPasswordObk,
  buildDataObk,
  buildObk,
  buildOemirotConfigObk,
  daLockObk,
  deriveKeyPair,
  encryptionKeyMatches,
  imageMatches,
  oemirotAhkOpenObk,
  readObkMeaning,
} from './index.js';

const auth = deriveKeyPair('obk-meaning', 'authentication');
const enc = deriveKeyPair('obk-meaning', 'encryption');
const other = deriveKeyPair('obk-meaning', 'other');
const keys = { authPublicKey: auth.publicKey, encPrivateKey: enc.privateKey };
const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const edit = (bytes: Uint8Array, at: number, value: number): Uint8Array => bytes.map((byte, i) => (i === at ? value : byte));

describe('meaning of an OBKey file', () => {
  it.each([
    ['OEMiROT_Config', buildOemirotConfigObk({ ...keys, doEncryption: true }), { kind: 'rot-config', owner: 'oemirot' }],
    ['OEMuROT_Config', buildOemirotConfigObk({ ...keys, doEncryption: true, level: 2 }), { kind: 'rot-config', owner: 'oemurot' }],
    ['OEMiROT_Data', buildDataObk({ owner: 'oemirot', doEncryption: true }), { kind: 'data', owner: 'oemirot' }],
    ['OEMuROT_Data', buildDataObk({ owner: 'oemurot', doEncryption: true }), { kind: 'data', owner: 'oemurot' }],
    ['STiROT_Data', buildDataObk({ owner: 'stirot', doEncryption: true }), { kind: 'data', owner: 'stirot' }],
    ['OEMiROT_AHK_OPEN', oemirotAhkOpenObk(), { kind: 'hardware-keys', publicStandIn: true }],
    ['DA_ConfigWithPassword', buildDaPasswordObk({ password: '0123456789abcdef' }), { kind: 'debug-authentication', configuration: { method: 'password' } }],
    ['DA_ConfigLock', daLockObk(), { kind: 'debug-authentication', configuration: { method: 'locked' } }],
  ])('%s -> told by its destination', (_name, bytes, meaning) => {
    expect(readObkMeaning(bytes)).toMatchObject(meaning);
  });

  it('one byte of an area changed -> obk-hash; a destination that nothing is known about -> obk-kind', () => {
    const data = buildDataObk({ owner: 'oemirot', doEncryption: true });
    expect(() => readObkMeaning(edit(data, 150, 1))).toThrow(usage('obk-hash'));
    expect(() => readObkMeaning(buildObk({ hdpl: 0, index: 3, payload: new Uint8Array(32), doEncryption: true }))).toThrow(usage('obk-kind'));
    expect(readObkMeaning(data)).toMatchObject({ kind: 'data', areas: [{ codeVersion: 0 }, { codeVersion: 0 }] });
  });

  it('any bytes -> a meaning or a typed error', () => {
    const base = buildOemirotConfigObk({ ...keys, doEncryption: true });
    const mutated = fc.tuple(fc.nat(base.length - 1), fc.nat(255)).map(([at, value]) => edit(base, at, value));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          readObkMeaning(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(HarnessError);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('does it belong to a device with these keys', () => {
  const options: SignOptions = {
    mode: 'overwrite', version: '1.0.0', headerSize: 0x400, slotSize: 0x4000, align: 4, magic: 0x96f3b83d, securityCounter: 'auto',
    signKey: auth.privateKey, encryptionKey: enc.publicKey, padHeader: true, pad: true,
  };
  const payload = Uint8Array.from({ length: 600 }, (_, i) => (i * 7) & 0xff);
  const image = (changes: Partial<SignOptions> = {}): Uint8Array => slotContent(buildSignedImage(payload, { ...options, ...changes }));

  it('an image for its keys -> matches: padded, not padded, as a confirmed swap image, for STiROT', () => {
    expect(imageMatches(keys, image())).toEqual({ matches: true });
    expect(imageMatches(keys, image({ pad: false }))).toEqual({ matches: true });
    expect(imageMatches(keys, image({ mode: 'swap', align: 16, maxSectors: 2, confirm: true }))).toEqual({ matches: true });
    expect(imageMatches(keys, image({ mode: 'primary-only', align: 16, magic: 0xc1592ee9 }))).toEqual({ matches: true });
  });

  it.each([
    ['signed with another key', image({ signKey: other.privateKey }), /^key: /],
    ['encrypted for another key', image({ encryptionKey: other.publicKey }), /^decrypt-key: /],
    ['with a changed byte of payload', edit(image(), 0x500, 0), /^hash: /],
    ['that is none', new Uint8Array(100), /does not begin like an image/],
  ])('an image %s -> does not match, with the stage', (_what, bytes, reason) => {
    expect(imageMatches(keys, bytes)).toEqual({ matches: false, reason: expect.stringMatching(reason) });
  });

  it('its own keys -> match; others -> do not', () => {
    expect(authenticationKeyMatches(keys, auth.publicKey).matches).toBe(true);
    expect(authenticationKeyMatches(keys, enc.publicKey).matches).toBe(false);
    expect(encryptionKeyMatches(keys, enc.publicKey).matches).toBe(true);
    expect(encryptionKeyMatches(keys, auth.publicKey).matches).toBe(false);
  });
});
