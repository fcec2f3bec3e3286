import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { slotSize, testKeys } from './testing/craft-image.js';
import { nobleEngine } from './engine-noble.js';
import {
  buildSignedImage,
  checkImage,
  imageFlag,
  installationObjection,
  nativeEngine,
  parseHeader,
  readTrailerRequest,
  reservedTrailerSize,
  signImage,
  slotContent,
  slotOf,
  stirotMagic,
  trailerMagic,
} from './index.js';
import type { CheckOptions, SignOptions } from './index.js';

const payload = Uint8Array.from({ length: 6001 }, (_, i) => (i * 7) & 0xff);
const plain: SignOptions = { mode: 'overwrite', version: '1.2.3+4', headerSize: 0x400, slotSize, align: 4, securityCounter: 'auto', signKey: testKeys.auth.privateKey, pad: true };
const encrypted: SignOptions = { ...plain, encryptionKey: testKeys.enc.publicKey };
const boot: CheckOptions = { mode: 'overwrite', slotSize, authPublicKey: testKeys.auth.publicKey, encPrivateKey: testKeys.enc.privateKey, storedCounter: 0 };
const counting = () => {
  let next = 1;
  return (count: number) => Uint8Array.from({ length: count }, () => next++ & 0xff);
};
const word = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);

describe('signImage', () => {
  it.each<[string, SignOptions, Partial<CheckOptions>]>([
    ['plain, overwrite', plain, {}],
    ['encrypted, overwrite', encrypted, {}],
    ["no sectors, overwrite, as ST's postbuild writes it", { ...plain, maxSectors: 0 }, {}],
    ['plain, swap', { ...plain, mode: 'swap', maxSectors: 33 }, { mode: 'swap' }],
    ['encrypted, swap, confirmed at align 16', { ...encrypted, mode: 'swap', align: 16, maxSectors: 33, confirm: true }, { mode: 'swap' }],
    ['encrypted, primary-only', { ...encrypted, mode: 'primary-only', align: 16 }, { mode: 'primary-only' }],
    ['plain, primary-only', { ...plain, mode: 'primary-only', align: 16 }, { mode: 'primary-only' }],
  ])('%s -> accepted by the verifier, both engines, made by either', (_what, options, judge) => {
    for (const made of [nativeEngine(), nobleEngine]) {
      for (const engine of [nativeEngine(), nobleEngine]) {
        expect(checkImage(signImage(payload, { ...options, engine: made }), { ...boot, ...judge, engine })).toMatchObject({ verdict: 'valid', stage: 'ok', image: { version: '1.2.3+4', securityCounter: 0x01020003 } });
      }
    }
  });

  it('layout of an unencrypted image -> header padding 0xff, payload as it is, TLVs without a gap, 0xff up to the magic', () => {
    const { image } = buildSignedImage(payload, plain);
    const slot = signImage(payload, { ...plain, signKey: undefined });
    expect(slot.subarray(0x20, 0x400).every((byte) => byte === 0xff)).toBe(true);
    expect(slot.subarray(0x400, 0x400 + 6001)).toEqual(payload);
    expect([...slot.subarray(0x400 + 6001, 0x400 + 6001 + 12)]).toEqual([0x08, 0x69, 12, 0, 0x50, 0, 4, 0, 3, 0, 2, 1]);
    expect([...slot.subarray(0x400 + 6013, 0x400 + 6021)]).toEqual([0x07, 0x69, 40, 0, 0x10, 0, 32, 0]);
    expect(slot.subarray(0x400 + 6053, -16).every((byte) => byte === 0xff)).toBe(true);
    expect(slot.subarray(-16)).toEqual(trailerMagic);
    expect(image.length).toBeLessThan(slot.length);
    expect(parseHeader(slot)).toEqual({
      magic: 0x96f3b83d,
      loadAddress: 0,
      headerSize: 0x400,
      protectedTlvSize: 12,
      imageSize: 6001,
      flags: 0,
      version: { major: 1, minor: 2, revision: 3, build: 4 },
    });
  });

  it('layout of an encrypted image -> zeros up to a multiple of 16 counted in the size, flag 4', () => {
    expect(parseHeader(signImage(payload, encrypted))).toMatchObject({ imageSize: 6016, flags: imageFlag.ENCRYPTED });
    const clear = signImage(payload, { ...encrypted, clear: true });
    expect(clear.subarray(0x400, 0x400 + 6001)).toEqual(payload);
    expect([...clear.subarray(0x400 + 6001, 0x400 + 6016)]).toEqual([...new Uint8Array(15)]);
    expect(checkImage(clear, { ...boot, area: 'primary' }).verdict).toBe('valid');
    expect(checkImage(clear, boot)).toMatchObject({ stage: 'hash' });
  });

  it('a primary-only image -> stored with both flags, magic of STiROT', () => {
    expect(parseHeader(signImage(payload, { ...encrypted, mode: 'primary-only' }))).toMatchObject({ magic: stirotMagic, flags: 6 });
  });

  it('injected random bytes -> the same image again; other bytes -> another', () => {
    const once = signImage(payload, { ...encrypted, random: counting() });
    expect(signImage(payload, { ...encrypted, random: counting() })).toEqual(once);
    expect(signImage(payload, { ...encrypted, random: counting(), engine: nobleEngine })).toEqual(once);
    expect(signImage(payload, { ...encrypted, random: (count) => new Uint8Array(count).fill(3) })).not.toEqual(once);
    expect(checkImage(once, boot).verdict).toBe('valid');
  });

  it('without injected bytes -> another content key and signature each time', () => {
    expect(signImage(payload, encrypted)).not.toEqual(signImage(payload, encrypted));
  });

  it('no key -> hash only, refused for the missing signature; no counter -> refused for that', () => {
    expect(checkImage(signImage(payload, { ...plain, signKey: undefined }), boot)).toMatchObject({ stage: 'signature' });
    expect(checkImage(signImage(payload, { ...plain, securityCounter: undefined }), boot)).toMatchObject({ stage: 'security-counter' });
    expect(checkImage(signImage(payload, { ...plain, securityCounter: 0xffffffff }), boot)).toMatchObject({ stage: 'ok', image: { securityCounter: 0xffffffff } });
  });

  it('without padHeader -> the input brings its zeros, which stay', () => {
    const input = Uint8Array.from([...new Uint8Array(0x400), 1, 2, 3]);
    const slot = signImage(input, { ...plain, padHeader: false });
    expect([word(slot, 12), slot[0x20], slot[0x400]]).toEqual([3, 0, 1]);
    expect(checkImage(slot, boot).verdict).toBe('valid');
    expect(() => signImage(input.map((byte, i) => (i === 0x3ff ? 1 : byte)), { ...plain, padHeader: false })).toThrow(expect.objectContaining({ code: 'image-header-not-empty', kind: 'usage' }));
  });

  it('without pad -> the image and nothing behind it', () => {
    const bare = signImage(payload, { ...plain, pad: false });
    expect(bare.length).toBeLessThan(0x400 + 6001 + 12 + 160);
    expect(checkImage(bare, { ...boot, area: 'primary' }).verdict).toBe('valid');
  });

  it.each<[string, SignOptions, number]>([
    ['overwrite, align 4', plain, 32],
    ['overwrite, align 16', { ...plain, align: 16 }, 48],
    ['swap as in the template, encrypted', { ...encrypted, mode: 'swap', maxSectors: 33 }, 476],
    ['swap as in the template, plain', { ...plain, mode: 'swap', maxSectors: 33 }, 444],
    ['primary-only', { ...plain, mode: 'primary-only' }, 16],
  ])('%s -> imgtool keeps %#d bytes; the image that ends there is made, one byte more is refused', (_what, options, reserved) => {
    expect(reservedTrailerSize(options)).toBe(reserved);
    const overhead = buildSignedImage(new Uint8Array(16), { ...options, signKey: undefined }).image.length - 16;
    const room = slotSize - reserved - overhead;
    const fitting = options.encryptionKey === undefined ? room : Math.floor(room / 16) * 16;
    expect(signImage(new Uint8Array(fitting), { ...options, signKey: undefined })).toHaveLength(slotSize);
    expect(() => signImage(new Uint8Array(fitting + 1), { ...options, signKey: undefined })).toThrow(expect.objectContaining({ code: 'image-too-large', kind: 'usage' }));
  });

  it.each<[string, Partial<SignOptions>, string]>([
    ['a version that is none', { version: '1.02.3' }, 'image-version'],
    ['a version part too large', { version: '256.0.0' }, 'image-version'],
    ['a header smaller than its structure', { headerSize: 16 }, 'image-sign-options'],
    ['an alignment of 3', { align: 3 }, 'image-sign-options'],
    ['a counter of 33 bits', { securityCounter: 0x100000000 }, 'image-sign-options'],
    ['a signing key of zeros', { signKey: new Uint8Array(32) }, 'image-key'],
    ['an encryption key off the curve', { encryptionKey: new Uint8Array(65).fill(4) }, 'image-key'],
    ['a protected TLV of 65 KB', { slotSize: 0x200000, protectedTlvs: [{ type: 0x60, value: new Uint8Array(0xffff) }] }, 'tlv-too-long'],
  ])('%s -> usage error, and the twin without it is made', (_what, options, code) => {
    expect(() => signImage(payload, { ...plain, ...options })).toThrow(expect.objectContaining({ code, kind: 'usage' }));
    expect(signImage(payload, plain)).toHaveLength(slotSize);
  });

  it('any payload -> valid in both engines, its digest the same; the content decrypts to nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), fc.boolean(), (bytes, withKey) => {
        const slot = signImage(bytes, withKey ? encrypted : plain);
        const [a, b] = [nativeEngine(), nobleEngine].map((engine) => checkImage(slot, { ...boot, engine }));
        expect(a).toMatchObject({ verdict: 'valid' });
        expect(Buffer.from(b.digest!)).toEqual(Buffer.from(a.digest!));
      }),
      { numRuns: 25 },
    );
  });
});

describe('installationObjection', () => {
  const objection = (options: SignOptions) => installationObjection(buildSignedImage(payload, options), options);
  const swap: SignOptions = { ...encrypted, mode: 'swap', maxSectors: 33 };

  it.each<[string, SignOptions, RegExp, SignOptions]>([
    ['confirmed at align 4', { ...swap, confirm: true }, /image_ok/, { ...swap, confirm: true, align: 16 }],
    ['confirmed for overwrite mode', { ...encrypted, confirm: true }, /cannot be confirmed/, encrypted],
  ])('%s -> told why; its twin has none', (_what, options, reason, twin) => {
    expect(objection(options)).toMatch(reason);
    expect(objection(twin)).toBeUndefined();
  });

  it('a swap image that imgtool lets reach into the trailer of the boot -> told why', () => {
    const large = { ...swap, slotSize: 0x200000 };
    const ends = (size: number) => buildSignedImage(new Uint8Array(size), large);
    const size = 0x200000 - 1648 - (ends(16).image.length - 16) - 16;
    expect(installationObjection(ends(size - 16), large)).toBeUndefined();
    expect(installationObjection(ends(size + 32), large)).toMatch(/inside the trailer that begins at 0x1ff990/);
  });

  it('an image without trailer or for STiROT -> none', () => {
    expect(objection({ ...swap, pad: false })).toBeUndefined();
    expect(objection({ ...encrypted, mode: 'primary-only', confirm: true })).toBeUndefined();
  });
});

describe('trailer', () => {
  it.each<[string, Partial<SignOptions>, 4 | 16, 8 | 16, string]>([
    ['confirmed at align 4, boot with max align 8', { confirm: true, align: 4 }, 4, 8, 'perm'],
    ['confirmed at align 4, shipped boot', { confirm: true, align: 4 }, 16, 16, 'none'],
    ['confirmed at align 16, shipped boot', { confirm: true, align: 16 }, 16, 16, 'perm'],
    ['padded only', { align: 4 }, 16, 16, 'test'],
    ['not padded', { pad: false }, 16, 16, 'none'],
  ])('%s -> %s', (_what, options, writeUnit, maxAlign, swapType) => {
    const signed = buildSignedImage(payload, { ...plain, mode: 'swap', maxSectors: 33, ...options });
    expect(readTrailerRequest(slotOf(slotContent(signed), slotSize), { writeUnit, maxAlign }).swapType).toBe(swapType);
  });
});
