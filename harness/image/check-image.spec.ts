import { describe, expect, it } from '@jest/globals';
import { boot, counterTlv, craft, encryptedTlvs, encryptionValue, slotSize, testKeys, u32, usualTlvs } from './testing/craft-image.js';
import type { Changes } from './testing/craft-image.js';
import { nobleEngine } from './engine-noble.js';
import { checkImage, imageFlag, nativeEngine, tlvType } from './index.js';
import type { CheckOptions, CheckResult } from './index.js';

/** One field differs between `accepted` and `rejected`, in the image or in the boot that judges it. */
interface Pair {
  readonly what: string;
  readonly accepted: Changes;
  readonly rejected: Changes;
  readonly boot?: Partial<CheckOptions>;
  readonly rejectingBoot?: Partial<CheckOptions>;
  readonly stage: CheckResult['stage'];
  readonly reason: RegExp;
  readonly verdict?: CheckResult['verdict'];
  readonly slot?: CheckResult['slot'];
}

const extra = (type: number, size: number, position: 'protected' | 'unprotected'): Changes => {
  const tlv = { type, value: new Uint8Array(size) };
  return position === 'protected' ? { protectedTlvs: [counterTlv(), tlv] } : { tlvs: (v) => [...usualTlvs(v), tlv] };
};
const changed = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
const { end, tlvStart } = craft();
const magicAt = slotSize - 16;
const swapTrailerStart = slotSize - (1 * 3 * 16 + 32 + 32 + 32 + 16);
const atBorder = (to: number): Changes => ({ payload: new Uint8Array(0x123 + to - end), tlvs: (v) => usualTlvs({ ...v, signature: Uint8Array.from([...v.signature, ...new Uint8Array(72 - v.signature.length)]) }) });
const maxSignature: Changes = atBorder(end);
const borderPayload = (to: number): Changes => atBorder(end + to - craft(maxSignature).end);

const pairs: readonly Pair[] = [
  { what: 'trailer magic left out', accepted: {}, rejected: { trailer: false }, stage: 'trailer', reason: /not there/, verdict: 'not-installed', slot: 'kept' },
  { what: 'one bit of the trailer magic', accepted: {}, rejected: { patch: [{ at: magicAt, bytes: u32(0xf395c276) }] }, stage: 'trailer', reason: /wrong/, verdict: 'not-installed', slot: 'kept' },
  {
    what: 'image_ok 2 instead of 1 (swap)',
    boot: { mode: 'swap' },
    accepted: { patch: [{ at: magicAt - 16, bytes: Uint8Array.of(1) }] },
    rejected: { patch: [{ at: magicAt - 16, bytes: Uint8Array.of(2) }] },
    stage: 'trailer',
    reason: /image_ok/,
    verdict: 'not-installed',
    slot: 'kept',
  },
  {
    what: 'a byte behind an erased image_ok, for a boot that tests whole fields',
    boot: { mode: 'swap', writeUnit: 4 },
    rejectingBoot: { mode: 'swap', writeUnit: 16 },
    accepted: { patch: [{ at: magicAt - 9, bytes: Uint8Array.of(0) }] },
    rejected: { patch: [{ at: magicAt - 9, bytes: Uint8Array.of(0) }] },
    stage: 'trailer',
    reason: /image_ok/,
    verdict: 'not-installed',
    slot: 'kept',
  },
  { what: 'an erased header', accepted: {}, rejected: { patch: [{ at: 0, bytes: u32(0xffffffff) }] }, stage: 'header', reason: /erased/, slot: 'kept' },
  { what: 'the header magic of an STiROT image', accepted: {}, rejected: { header: { magic: 0xc1592ee9 } }, stage: 'header', reason: /magic 0xc1592ee9/, slot: 'kept' },
  { what: 'the flag NON_BOOTABLE', accepted: {}, rejected: { header: { flags: imageFlag.NON_BOOTABLE } }, stage: 'header', reason: /non-bootable/, slot: 'kept' },
  { what: 'header and payload as large as the slot', accepted: {}, rejected: { header: { imageSize: slotSize - 0x400 } }, stage: 'header', reason: /do not fit/, slot: 'kept' },
  { what: 'a payload size that overflows with the header', accepted: {}, rejected: { header: { imageSize: 0xfffffc00 } }, stage: 'header', reason: /do not fit/, slot: 'kept' },
  { what: 'a payload that ends one byte before the slot', accepted: {}, rejected: { header: { imageSize: slotSize - 0x401 } }, stage: 'hash', reason: /out of the slot/ },
  { what: 'an image encrypted for another key', accepted: { encrypted: true }, rejected: { encrypted: true, encryptFor: testKeys.other.publicKey }, stage: 'decrypt-key', reason: /tag/ },
  {
    what: 'an encryption TLV with a compressed point',
    accepted: { encrypted: true },
    rejected: { encrypted: true, tlvs: (v) => encryptedTlvs({ ...v, encryption: Uint8Array.of(3, ...v.encryption.subarray(1)) }) },
    stage: 'decrypt-key',
    reason: /uncompressed/,
  },
  {
    what: 'an encryption TLV with a point off the curve',
    accepted: { encrypted: true },
    rejected: { encrypted: true, tlvs: (v) => encryptedTlvs({ ...v, encryption: changed(v.encryption, 64) }) },
    stage: 'decrypt-key',
    reason: /no point/,
  },
  {
    what: 'an encryption TLV of 112 bytes',
    accepted: { encrypted: true },
    rejected: { encrypted: true, tlvs: (v) => encryptedTlvs({ ...v, encryption: v.encryption.subarray(0, 112) }) },
    stage: 'decrypt-key',
    reason: /112 bytes/,
  },
  { what: 'no encryption TLV', accepted: { encrypted: true }, rejected: { encrypted: true, tlvs: usualTlvs }, stage: 'decrypt-key', reason: /no encryption TLV/ },
  { what: 'a protected size one too large, encrypted', accepted: { encrypted: true }, rejected: { encrypted: true, header: { protectedTlvSize: 13 } }, stage: 'decrypt-key', reason: /no TLV area/ },
  { what: 'a protected size one too large', accepted: {}, rejected: { header: { protectedTlvSize: 13 } }, stage: 'tlv', reason: /no TLV area/ },
  { what: 'a changed magic of the unprotected area', accepted: {}, rejected: { patch: [{ at: tlvStart, bytes: Uint8Array.of(0x06) }] }, stage: 'tlv', reason: /no TLV area/ },
  { what: 'an area four bytes longer than its TLVs', accepted: {}, rejected: { patch: [{ at: tlvStart + 2, bytes: Uint8Array.of((end - tlvStart + 4) & 0xff) }] }, stage: 'tlv', reason: /unexpected TLV 0xffff/ },
  { what: 'a hash of 31 bytes', accepted: {}, rejected: { tlvs: (v) => usualTlvs({ ...v, hash: v.hash.subarray(1) }) }, stage: 'tlv', reason: /31 bytes, not 32/ },
  { what: 'a custom TLV, protected', accepted: extra(tlvType.BOOT_RECORD, 8, 'protected'), rejected: extra(0x00a0, 8, 'protected'), stage: 'tlv', reason: /unexpected TLV 0xa0/ },
  { what: 'a boot record that is not protected', accepted: extra(tlvType.BOOT_RECORD, 8, 'protected'), rejected: extra(tlvType.BOOT_RECORD, 8, 'unprotected'), stage: 'tlv', reason: /boot record/ },
  { what: 'a dependency that is not protected', accepted: extra(tlvType.DEPENDENCY, 12, 'protected'), rejected: extra(tlvType.DEPENDENCY, 12, 'unprotected'), stage: 'tlv', reason: /DEPENDENCY/ },
  { what: 'an encryption TLV without the flag', accepted: { encrypted: true }, rejected: { tlvs: encryptedTlvs }, stage: 'tlv', reason: /ENCEC256/ },
  {
    what: 'two encryption TLVs',
    accepted: { encrypted: true },
    rejected: { encrypted: true, tlvs: (v) => [...encryptedTlvs(v), { type: tlvType.ENCEC256, value: v.encryption }] },
    stage: 'tlv',
    reason: /unexpected TLV ENCEC256/,
  },
  { what: 'a full public key instead of its hash', accepted: {}, rejected: { tlvs: (v) => [...usualTlvs(v), { type: tlvType.PUBKEY, value: new Uint8Array(91) }] }, stage: 'tlv', reason: /PUBKEY/ },
  { what: 'a counter one below the stored one', accepted: { protectedTlvs: [counterTlv(5)] }, rejected: { protectedTlvs: [counterTlv(4)] }, stage: 'security-counter', reason: /0x4 below stored 0x5/ },
  { what: 'no counter', accepted: {}, rejected: { protectedTlvs: [] }, stage: 'security-counter', reason: /no security counter/ },
  { what: 'a counter of 8 bytes', accepted: {}, rejected: { protectedTlvs: [{ type: tlvType.SEC_CNT, value: new Uint8Array(8).fill(9) }] }, stage: 'security-counter', reason: /8 bytes/ },
  {
    what: 'a second counter that is not protected',
    accepted: { protectedTlvs: [counterTlv(), counterTlv()] },
    rejected: { tlvs: (v) => [...usualTlvs(v), counterTlv()] },
    stage: 'security-counter',
    reason: /not protected/,
  },
  { what: 'a stored counter that cannot be read', accepted: {}, rejected: {}, rejectingBoot: { storedCounter: 0xffffffff }, stage: 'security-counter', reason: /cannot be read/ },
  { what: 'one bit of the hash', accepted: {}, rejected: { tlvs: (v) => usualTlvs({ ...v, hash: changed(v.hash, 31) }) }, stage: 'hash', reason: /mismatch/ },
  { what: 'one bit of the payload', accepted: {}, rejected: { patch: [{ at: 0x400, bytes: Uint8Array.of(1) }] }, stage: 'hash', reason: /mismatch/ },
  { what: 'one bit of the header padding', accepted: {}, rejected: { patch: [{ at: 0x3ff, bytes: Uint8Array.of(0xfe) }] }, stage: 'hash', reason: /mismatch/ },
  { what: 'no hash', accepted: {}, rejected: { tlvs: (v) => usualTlvs(v).slice(1) }, stage: 'hash', reason: /no image hash/ },
  { what: 'an old counter and a wrong hash', accepted: {}, rejected: { protectedTlvs: [counterTlv(4)], patch: [{ at: 0x400, bytes: Uint8Array.of(1) }] }, stage: 'security-counter', reason: /below/ },
  { what: 'the hash of another key', accepted: {}, rejected: { tlvs: (v) => usualTlvs({ ...v, keyHash: changed(v.keyHash, 0) }) }, stage: 'key', reason: /another authentication key/ },
  { what: 'a key hash of 33 bytes', accepted: {}, rejected: { tlvs: (v) => usualTlvs({ ...v, keyHash: new Uint8Array(33) }) }, stage: 'key', reason: /33 bytes/ },
  { what: 'a signature by another key', accepted: {}, rejected: { signWith: testKeys.other.privateKey }, stage: 'signature', reason: /does not verify/ },
  { what: 'a boot with another key, told by the key hash', accepted: {}, rejected: {}, rejectingBoot: { authPublicKey: testKeys.other.publicKey }, stage: 'key', reason: /another/ },
  { what: 'no signature', accepted: {}, rejected: { tlvs: (v) => usualTlvs(v).slice(0, 2) }, stage: 'signature', reason: /no signature/ },
  { what: 'neither signature nor counter', accepted: {}, rejected: { protectedTlvs: [], tlvs: (v) => usualTlvs(v).slice(0, 2) }, stage: 'signature', reason: /no signature/ },
  { what: 'no key hash', accepted: {}, rejected: { tlvs: (v) => [usualTlvs(v)[0], usualTlvs(v)[2]] }, stage: 'signature', reason: /no key hash/ },
  { what: 'the key hash behind the signature', accepted: {}, rejected: { tlvs: (v) => [usualTlvs(v)[0], usualTlvs(v)[2], usualTlvs(v)[1]] }, stage: 'signature', reason: /no key hash/ },
  { what: 'the signature twice', accepted: {}, rejected: { tlvs: (v) => [...usualTlvs(v), usualTlvs(v)[2]] }, stage: 'signature', reason: /second/ },
  {
    what: 'a signature TLV of 73 bytes',
    accepted: maxSignature,
    rejected: { tlvs: (v) => usualTlvs({ ...v, signature: Uint8Array.from([...v.signature, ...new Uint8Array(73 - v.signature.length)]) }) },
    stage: 'signature',
    reason: /73 bytes/,
  },
  { what: 'a written byte behind the image', accepted: {}, rejected: { patch: [{ at: end, bytes: Uint8Array.of(0xfe) }] }, stage: 'slot-pattern', reason: new RegExp(`0x${end.toString(16)}$`) },
  {
    what: 'a written byte in front of the magic (overwrite), which swap mode does not look at',
    boot: { mode: 'swap' },
    rejectingBoot: { mode: 'overwrite' },
    accepted: { patch: [{ at: magicAt - 17, bytes: Uint8Array.of(0) }] },
    rejected: { patch: [{ at: magicAt - 17, bytes: Uint8Array.of(0) }] },
    stage: 'slot-pattern',
    reason: /data behind the image/,
  },
  { what: 'a set image_ok in overwrite mode', boot: { mode: 'swap' }, rejectingBoot: { mode: 'overwrite' }, accepted: { patch: [{ at: magicAt - 16, bytes: Uint8Array.of(1) }] }, rejected: { patch: [{ at: magicAt - 16, bytes: Uint8Array.of(1) }] }, stage: 'slot-pattern', reason: /data behind/ },
  { what: 'TLVs that reach one byte into the swap trailer', boot: { mode: 'swap' }, accepted: borderPayload(swapTrailerStart), rejected: borderPayload(swapTrailerStart + 1), stage: 'slot-pattern', reason: /inside the trailer/ },
];

const judge = (changes: Changes, options: Partial<CheckOptions>): CheckResult => checkImage(craft(changes).slot, { ...boot, ...options });

describe.each([nativeEngine(), nobleEngine])('checkImage, engine $name', (engine) => {
  it.each(pairs)('$what -> $stage; its twin is accepted', (pair) => {
    const twin = judge(pair.accepted, { ...pair.boot, engine });
    expect({ verdict: twin.verdict, stage: twin.stage, reason: twin.reason }).toEqual({ verdict: 'valid', stage: 'ok', reason: '' });
    const result = judge(pair.rejected, { ...(pair.rejectingBoot ?? pair.boot), engine });
    expect({ stage: result.stage, verdict: result.verdict, slot: result.slot }).toEqual({ stage: pair.stage, verdict: pair.verdict ?? 'invalid', slot: pair.slot ?? 'erased' });
    expect(result.reason).toMatch(pair.reason);
  });

  it.each<[string, Changes]>([
    ['a key hash cut to 4 bytes', { tlvs: (v) => usualTlvs({ ...v, keyHash: v.keyHash.subarray(0, 4) }) }],
    ['an empty key hash', { tlvs: (v) => usualTlvs({ ...v, keyHash: new Uint8Array(0) }) }],
    ['bytes behind the signature', maxSignature],
    ['an encryption TLV in the protected area', { encrypted: true, protectedTlvs: [counterTlv(), { type: tlvType.ENCEC256, value: encryptionValue() }], tlvs: usualTlvs }],
    ['a hash TLV twice', { tlvs: (v) => [usualTlvs(v)[0], ...usualTlvs(v)] }],
  ])("%s -> accepted, as ST's boot does", (_what, changes) => {
    expect(judge(changes, { engine })).toMatchObject({ verdict: 'valid', stage: 'ok' });
  });
});

describe('checkImage', () => {
  it('a file shorter than the slot -> what lies behind it reads as erased', () => {
    const cut = craft({ trailer: false }).slot.subarray(0, end);
    expect(checkImage(cut, { ...boot, area: 'primary' }).verdict).toBe('valid');
    expect(checkImage(cut, boot)).toMatchObject({ verdict: 'not-installed', stage: 'trailer' });
  });

  it('a file larger than the slot -> usage error, one as large is judged', () => {
    const { slot } = craft();
    expect(checkImage(slot, { ...boot, slotSize: slot.length }).verdict).toBe('valid');
    expect(() => checkImage(slot, { ...boot, slotSize: slot.length - 1 })).toThrow(expect.objectContaining({ code: 'image-too-large', kind: 'usage' }));
  });

  it('the primary area -> the flag ENCRYPTED stays set over a payload in the clear, neither trailer nor pattern counts, the slot is kept', () => {
    const installed = craft({ header: { flags: imageFlag.ENCRYPTED }, tlvs: encryptedTlvs, trailer: false, patch: [{ at: 0x7000, bytes: u32(0) }] }).slot;
    expect(checkImage(installed, { ...boot, area: 'primary' })).toMatchObject({ verdict: 'valid', stage: 'ok' });
    const still = craft({ encrypted: true }).slot;
    expect(checkImage(still, { ...boot, area: 'primary' })).toMatchObject({ verdict: 'invalid', stage: 'hash', slot: 'kept' });
    expect(checkImage(still, boot).verdict).toBe('valid');
  });

  it('an encrypted image without the key -> usage error; with it, valid', () => {
    const { slot } = craft({ encrypted: true });
    expect(() => checkImage(slot, { ...boot, encPrivateKey: undefined })).toThrow(expect.objectContaining({ code: 'encryption-key-missing', kind: 'usage' }));
    expect(checkImage(slot, boot).verdict).toBe('valid');
  });

  it('more status entries -> the trailer begins earlier', () => {
    const ending = borderPayload(swapTrailerStart);
    expect(judge(ending, { mode: 'swap', statusEntries: 1 }).stage).toBe('ok');
    expect(judge(ending, { mode: 'swap', statusEntries: 2 }).stage).toBe('slot-pattern');
  });

  it.each([8, 16] as const)('overwrite mode, max align %i -> only copy_done, image_ok and the magic stand behind the image, no status', (maxAlign) => {
    const border = slotSize - (2 * maxAlign + 16);
    expect(judge(borderPayload(border), { maxAlign, statusEntries: 512 }).stage).toBe('ok');
    expect(judge(borderPayload(border + 1), { maxAlign })).toMatchObject({ stage: 'slot-pattern', slot: 'erased', reason: expect.stringContaining('inside the trailer') });
  });

  it('a swap trailer that begins between two multiples of 8 -> the boot reads into it; a byte further it does not', () => {
    const unit4 = { mode: 'swap', writeUnit: 4 } as const;
    const trailerStart = slotSize - (1 * 3 * 4 + 32 + 32 + 32 + 16);
    expect(trailerStart % 8).toBe(4);
    expect(judge({ patch: [{ at: trailerStart + 4, bytes: Uint8Array.of(0) }] }, unit4).stage).toBe('ok');
    expect(judge({ patch: [{ at: trailerStart + 3, bytes: Uint8Array.of(0) }] }, unit4)).toMatchObject({ stage: 'slot-pattern', reason: `data behind the image at 0x${(trailerStart - 4).toString(16)}` });
  });

  it('what the image says about itself -> version, size, flags, counter and TLVs of the document', () => {
    expect(judge({ encrypted: true }, {}).image).toMatchObject({
      version: '1.0.0',
      size: 0x123,
      flags: 4,
      flagNames: ['ENCRYPTED'],
      securityCounter: 5,
      tlvs: [
        { name: 'SEC_CNT', type: 0x50, length: 4, protected: true },
        { name: 'SHA256', length: 32, protected: false },
        { name: 'KEYHASH', length: 32 },
        { name: 'ECDSASIG' },
        { name: 'ENCEC256', length: 113 },
      ],
    });
    expect(judge({ header: { magic: 0x12345678 } }, {}).image).toBeNull();
  });
});
