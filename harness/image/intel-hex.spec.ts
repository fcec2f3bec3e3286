import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testKeys } from './testing/craft-image.js';
import { buildSignedImage, readIntelHex, signedImageToHex, slotContent, toIntelHex } from './index.js';

const lines = (...records: readonly string[]): string => records.join('\n') + '\n';
const end = ':00000001FF';

describe('toIntelHex', () => {
  it('17 bytes above 64 KiB -> extended address first, 16 bytes a record, upper case, LF, no start record', () => {
    const bytes = Uint8Array.from({ length: 17 }, (_, i) => 0xa0 + i);
    expect(toIntelHex([{ address: 0x90200000, bytes }])).toBe(lines(':0200000490204A', ':10000000A0A1A2A3A4A5A6A7A8A9AAABACADAEAF78', ':01001000B03F', end));
  });

  it('data over a 64 KiB border -> no record crosses it, a new extended address behind it', () => {
    expect(toIntelHex([{ address: 0x1fff8, bytes: new Uint8Array(16) }])).toBe(lines(':020000040001F9', ':08FFF800000000000000000001', ':020000040002F8', ':080000000000000000000000F8', end));
  });

  it('all below 64 KiB -> no extended address', () => {
    expect(toIntelHex([{ address: 0x100, bytes: Uint8Array.of(1) }])).toBe(lines(':0101000001FD', end));
  });

  it('segments that adjoin -> as one; with a gap -> a new record', () => {
    const adjoining = [
      { address: 0, bytes: Uint8Array.of(1, 2, 3) },
      { address: 3, bytes: Uint8Array.of(4) },
    ];
    expect(toIntelHex(adjoining)).toBe(toIntelHex([{ address: 0, bytes: Uint8Array.of(1, 2, 3, 4) }]));
    expect(toIntelHex([adjoining[0], { address: 4, bytes: Uint8Array.of(4) }])).toBe(lines(':03000000010203F7', ':0100040004F7', end));
  });

  it.each([
    ['overlap', [0, 2]],
    ['descend', [16, 0]],
    ['pass the address space', [0, 0xfffffffe]],
  ])('segments that %s -> usage error', (_what, [first, second]) => {
    const segments = [first, second].map((address) => ({ address, bytes: new Uint8Array(4) }));
    expect(() => toIntelHex(segments)).toThrow(expect.objectContaining({ code: 'hex-segments', kind: 'usage' }));
  });
});

describe('readIntelHex', () => {
  it('CR LF, lower case, records out of order, a start record -> base and bytes, gaps 0xff', () => {
    const text = [':0200000490204a', ':01000400aa51', ':040000059020040142', ':0100000055aa', ':00000001ff', ''].join('\r\n');
    expect(readIntelHex(text)).toEqual({ base: 0x90200000, bytes: Uint8Array.of(0x55, 0xff, 0xff, 0xff, 0xaa) });
  });

  it('extended segment addresses -> sixteen times their value', () => {
    expect(readIntelHex(lines(':020000021000EC', ':0100000042BD', end))).toEqual({ base: 0x10000, bytes: Uint8Array.of(0x42) });
  });

  it.each([
    ['a wrong checksum', lines(':0101000001FE', end), /line 1: wrong checksum/],
    ['a length that does not match', lines(':0201000001FC', end), /line 1: the record says 2 bytes and has 1/],
    ['no colon', lines('0101000001FD', end), /line 1: no Intel HEX record/],
    ['a digit that is none', lines(':01010000G1FD', end), /line 1: no Intel HEX record/],
    ['no end record', lines(':0101000001FD'), /no end record/],
    ['data behind the end', lines(':0101000001FD', end, ':0102000001FC'), /line 3: something behind the end/],
    ['one address twice', lines(':0101000001FD', ':0101000002FC', end), /line 2: the address 0x00000100 has data already/],
    ['an unknown type', lines(':0100000901F5', end), /line 1: a record of type 9/],
    ['no data', lines(end), /no data/],
    ['data spread over 1 GB', lines(':0101000001FD', ':020000044000BA', ':0100000001FE', end), /spread over more than 256 MB/],
    ['a line of a megabyte', ':' + '0'.repeat(1 << 20), /line 1: too long/],
  ])('%s -> usage error that names it', (_what, text, message) => {
    expect(() => readIntelHex(text)).toThrow(expect.objectContaining({ code: 'hex-file', kind: 'usage', message: expect.stringMatching(message) }));
    expect(readIntelHex(lines(':0101000001FD', end)).base).toBe(0x100);
  });

  it('any segments -> read back as written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xfff00000 }), fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 200 }), fc.uint8Array({ minLength: 1, maxLength: 40 }), (address, first, gap, second) => {
        const read = readIntelHex(toIntelHex([{ address, bytes: first }, { address: address + first.length + gap, bytes: second }]));
        expect(read.base).toBe(address);
        expect([...read.bytes]).toEqual([...first, ...new Uint8Array(gap).fill(0xff), ...second]);
      }),
      { numRuns: 100 },
    );
  });

  it('any text -> data or a typed error', () => {
    const record = fc.tuple(fc.constantFrom(':', '', '::'), fc.stringMatching(/^[0-9A-Fa-f]{0,24}$/)).map(([a, b]) => a + b);
    fc.assert(
      fc.property(fc.array(fc.oneof(record, fc.constant(end), fc.string()), { maxLength: 6 }), (parts) => {
        try {
          expect(readIntelHex(parts.join('\n')).bytes.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'HarnessError', code: 'hex-file' });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('signedImageToHex', () => {
  it('a padded image -> image and magic only, which fill the slot when read with 0xff between them', () => {
    const signed = buildSignedImage(new Uint8Array(100), { mode: 'overwrite', version: '1.0.0', headerSize: 0x400, slotSize: 0x200000, align: 4, securityCounter: 'auto', signKey: testKeys.auth.privateKey, pad: true });
    const text = Buffer.from(signedImageToHex(signed, 0x90200000)).toString('latin1');
    expect(text.length).toBeLessThan(5000);
    expect(text.endsWith(lines(':02000004903F2B', ':10FFF00077C295F360D2EF7F3552500F2CB67980DF', end))).toBe(true);
    const read = readIntelHex(text);
    expect(read.base).toBe(0x90200000);
    expect(Buffer.from(read.bytes).equals(slotContent(signed))).toBe(true);
  });
});
