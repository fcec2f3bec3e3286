import { describe, expect, it } from '@jest/globals';
import { boot, counterTlv, craft, encryptedTlvs, slotSize, testKeys, usualTlvs } from './testing/craft-image.js';
import type { Changes } from './testing/craft-image.js';
import { imageFlag, slotOf, stirotMagic, validateSlot } from './index.js';
import type { Validation, ValidationOptions } from './index.js';

function validate(changes: Changes, options: Partial<ValidationOptions> = {}): { result: Validation; log: string[] } {
  const log: string[] = [];
  const result = validateSlot(slotOf(craft(changes).slot, slotSize), { ...boot, ...options, log: (line) => log.push(line) });
  return { result, log };
}

const signatureOf = (byteCount: number) => new RegExp(`^\\[INF\\] checking public key ${byteCount.toString(16)} 5b$`);
/** A signature of a known length: DER with bytes behind it up to 72. */
const padded: Changes = { tlvs: (v) => usualTlvs({ ...v, signature: Uint8Array.from([...v.signature, ...new Uint8Array(72 - v.signature.length)]) }) };

describe('validateSlot, lines of the development-mode boot', () => {
  it('a good image -> counter, key, signature, in hexadecimal', () => {
    const { result, log } = validate({ ...padded, protectedTlvs: [counterTlv(0x2000000)] }, { storedCounter: 0x1000000 });
    expect(result.valid).toBe(true);
    expect(log).toEqual(['[INF] verify counter  0 2000000 1000000', '[INF] counter  0 : ok', '[INF] verify sig key id 0', '[INF] checking public key 48 5b', '[INF] verifying signature hlen 20', '[INF] signature OK']);
  });

  it('an encrypted image -> the two lines of the key first, its bytes masked', () => {
    const { log } = validate({ encrypted: true });
    expect(log.slice(0, 3)).toEqual(['[INF] **, **, **, **, **, ** , ** ,**,', '[INF] **, **, **, **, **, ** , ** ,**,', '[INF] verify counter  0 5 5']);
  });

  it('an encrypted image whose key was loaded before -> no lines of the key', () => {
    const first = validate({ encrypted: true }).result;
    const contentKey = first.valid ? first.contentKey : undefined;
    const { result, log } = validate({ encrypted: true }, { contentKey, encPrivateKey: undefined });
    expect(result.valid).toBe(true);
    expect(log[0]).toBe('[INF] verify counter  0 5 5');
  });

  it('the hash reference of this image -> hash ref OK in place of the signature check, even of a bad signature', () => {
    const first = validate({}).result;
    const again = validate({ signWith: testKeys.other.privateKey }, { hashReference: first.digest });
    expect(again.result).toMatchObject({ valid: true, hashReferenceMatched: true });
    expect(again.log).toEqual(['[INF] verify counter  0 5 5', '[INF] counter  0 : ok', '[INF] hash ref OK']);
  });

  it('the hash reference of another image -> the signature is checked', () => {
    const { result, log } = validate({}, { hashReference: new Uint8Array(32) });
    expect(result).toMatchObject({ valid: true, hashReferenceMatched: false });
    expect(log.at(-1)).toBe('[INF] signature OK');
  });

  it('a bad signature -> signature KO', () => {
    expect(validate({ signWith: testKeys.other.privateKey }).log.at(-1)).toBe('[INF] signature KO');
  });

  it('a signature that is no DER -> KO without the line of the verification', () => {
    const { log } = validate({ tlvs: (v) => usualTlvs({ ...v, signature: new Uint8Array(70) }) });
    expect(log.at(-2)).toMatch(signatureOf(70));
    expect(log.at(-1)).toBe('[INF] signature KO');
  });

  it('a counter below the stored one -> the comparison and nothing more', () => {
    expect(validate({}, { storedCounter: 6 }).log).toEqual(['[INF] verify counter  0 5 6']);
  });

  it('a wrong hash -> no line of its own', () => {
    expect(validate({ patch: [{ at: 0x400, bytes: Uint8Array.of(9) }] }).log).toEqual(['[INF] verify counter  0 5 5', '[INF] counter  0 : ok']);
  });

  it('an unexpected TLV -> its type and a blank', () => {
    expect(validate({ tlvs: (v) => [{ type: 0xa1, value: new Uint8Array(3) }, ...usualTlvs(v)] }).log.at(-1)).toBe('[INF] unexpected TLV a1 ');
  });

  it('a boot record outside the protected area -> refused without a line', () => {
    expect(validate({ tlvs: (v) => [{ type: 0x60, value: new Uint8Array(3) }, ...usualTlvs(v)] }).log.at(-1)).toBe('[INF] counter  0 : ok');
  });

  it.each([
    ['behind the TLVs, up to the next multiple of 8', 0, 0],
    ['in a group of 8', 8, 8],
    ['in the last byte of a group of 8', 15, 8],
  ])('a written byte %s -> data wrong at the byte or its group', (_where, behind, reported) => {
    const { end } = craft(padded);
    const base = Math.ceil(end / 8) * 8;
    const at = behind === 0 ? end : base + behind;
    expect(end % 8).not.toBe(0);
    expect(validate({ ...padded, patch: [{ at, bytes: Uint8Array.of(0xf7) }] }).log.at(-1)).toBe(`[INF] data wrong at ${(behind === 0 ? end : base + reported).toString(16)}`);
  });

  it('no signature and a written byte -> the line of the byte although the reason is the signature', () => {
    const noSignature: Changes = { tlvs: (v) => usualTlvs(v).slice(0, 2) };
    const { result, log } = validate({ ...noSignature, patch: [{ at: 0x4000, bytes: Uint8Array.of(0) }] });
    expect(result).toMatchObject({ valid: false, stage: 'signature' });
    expect(log.at(-1)).toBe('[INF] data wrong at 4000');
  });

  it.each<[string, Changes]>([
    ['header-erased', { patch: [{ at: 0, bytes: Uint8Array.of(0xff, 0xff, 0xff, 0xff) }] }],
    ['non-bootable', { header: { flags: imageFlag.NON_BOOTABLE } }],
    ['header-invalid', { header: { magic: 1 } }],
  ])('%s -> no line at all', (cause, changes) => {
    const { result, log } = validate(changes);
    expect(result).toMatchObject({ valid: false, stage: 'header', cause });
    expect(log).toEqual([]);
  });
});

describe('validateSlot, images for a boot without a secondary slot', () => {
  const primaryOnly = { mode: 'primary-only', magic: stirotMagic } as const;

  it('flags PRIMARY_ONLY and ENCRYPTED -> decrypted, hashed without ENCRYPTED', () => {
    // Hash and signature stand over flags 0x2; the slot has 0x6 and the encrypted payload.
    const flags = Uint8Array.of(imageFlag.PRIMARY_ONLY | imageFlag.ENCRYPTED);
    const changes: Changes = { encrypted: true, header: { magic: stirotMagic, flags: imageFlag.PRIMARY_ONLY }, patch: [{ at: 16, bytes: flags }] };
    expect(validate(changes, primaryOnly).result.valid).toBe(true);
    expect(validate({ ...changes, header: { magic: stirotMagic, flags: imageFlag.PRIMARY_ONLY | imageFlag.ENCRYPTED } }, primaryOnly).result).toMatchObject({ stage: 'hash' });
  });

  it('already decrypted, with its encryption TLV -> valid without the flag', () => {
    expect(validate({ header: { magic: stirotMagic, flags: imageFlag.PRIMARY_ONLY }, tlvs: encryptedTlvs }, primaryOnly).result.valid).toBe(true);
  });

  it('the magic of OEMiROT -> no image', () => {
    expect(validate({ header: { flags: imageFlag.PRIMARY_ONLY } }, { mode: 'primary-only' }).result).toMatchObject({ stage: 'header', cause: 'header-invalid' });
  });
});
