import { describe, expect, it } from '@jest/globals';
import { buildSignedImage, customTlv, installationWarnings, parseDependencies, parseHeader } from './index.js';
import type { SignOptions } from './index.js';

const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const options: SignOptions = { mode: 'overwrite', version: '1.2.3', headerSize: 0x20, slotSize: 0x1000, align: 4, securityCounter: 7 };
const payload = new Uint8Array(16);
const protectedArea = (changes: Partial<SignOptions>): string => {
  const { image } = buildSignedImage(payload, { ...options, ...changes });
  const { headerSize, imageSize, protectedTlvSize } = parseHeader(image);
  return Buffer.from(image.subarray(headerSize + imageSize, headerSize + imageSize + protectedTlvSize)).toString('hex');
};

describe('protected TLVs', () => {
  it('counter, boot record, dependencies, custom ones -> in this order whatever order they were asked for in', () => {
    const area = protectedArea({ protectedTlvs: [customTlv(0xa0, '0x0102')], dependencies: parseDependencies('(1, 1.2.3+4)(2,2.0)'), bootRecord: 'BL' });
    const counter = '5000040007000000';
    // RFC 8949: map of 5; 1: "BL", 4: "1.2.3", 5: 32 zero bytes, 6: "SHA256", 2: 32 zero bytes.
    const record = `60005a00a50162424c0465312e322e33055820${'00'.repeat(32)}0666534841323536025820${'00'.repeat(32)}`;
    const dependencies = '40000c00010000000102030004000000' + '40000c00020000000200000000000000';
    expect(area.slice(8)).toBe(counter + record + dependencies + 'a00002000102');
  });

  it.each([
    ['nothing', ''],
    ['a word', 'one'],
    ['an image number of 256', '(256,1.0.0)'],
    ['the same image twice', '(1,1.0.0)(1,2.0.0)'],
    ['an open bracket', '(1,1.0.0)(2,'],
  ])('dependencies: %s -> image-dependency', (_what, text) => {
    expect(() => parseDependencies(text)).toThrow(usage('image-dependency'));
  });

  it('a custom TLV: digits and text -> bytes; a known tag, an odd number of digits -> image-custom-tlv', () => {
    expect(customTlv(0xa0, '0xFf00').value).toEqual(Uint8Array.of(0xff, 0));
    expect(customTlv(0xa0, 'ab').value).toEqual(Uint8Array.of(0x61, 0x62));
    for (const [tag, text] of [[0x50, '0x00'], [0xa0, '0x0'], [undefined, 'x'], [0x10000, 'x']] as const) expect(() => customTlv(tag, text)).toThrow(usage('image-custom-tlv'));
  });

  it('a software type of 13 bytes -> image-boot-record; of 12 -> taken', () => {
    expect(() => protectedArea({ bootRecord: 'thirteen char' })).toThrow(usage('image-boot-record'));
    expect(protectedArea({ bootRecord: 'twelve chars' })).toContain(Buffer.from('twelve chars').toString('hex'));
  });

  it('load address and fixed address -> in the header with their flags; both -> image-sign-options', () => {
    expect(parseHeader(buildSignedImage(payload, { ...options, loadAddress: 0x70000000 }).image)).toMatchObject({ loadAddress: 0x70000000, flags: 0x20 });
    expect(parseHeader(buildSignedImage(payload, { ...options, romFixed: 0x90000000 }).image)).toMatchObject({ loadAddress: 0x90000000, flags: 0x100 });
    expect(() => buildSignedImage(payload, { ...options, loadAddress: 4, romFixed: 4 })).toThrow(usage('image-sign-options'));
  });

  it('what the boot refuses and imgtool makes -> a warning each; a usual image -> none', () => {
    const signKey = new Uint8Array(32).fill(1);
    expect(installationWarnings({ ...options, signKey })).toEqual([]);
    expect(installationWarnings({ securityCounter: undefined, fullPublicKey: true, protectedTlvs: [customTlv(0xa0, 'x')] })).toHaveLength(4);
  });
});
