import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HarnessError } from '../errors/index.js';
import { boot, craft } from './testing/craft-image.js';
import { nobleEngine } from './engine-noble.js';
import {
  applicationMagic, checkImage, describeImage, encodeHeader, encodeTlvArea, findTlvArea, foreseeVerdict, headerStructSize, inspectImage, nativeEngine, parseHeader, protectedTlvInfoMagic, readIntelHex, slotOf,
  tlvInfoMagic, toIntelHex, walkTlvs,
} from './index.js';
import type { ImageHeader, TlvInit } from './index.js';

const u16 = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 1, 4, 0x7fff, 0x8000, 0xfffc, 0xffff));
const u32 = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffc00, 0xffffffff), fc.integer({ min: 0, max: 0x1000 }));
const header: fc.Arbitrary<ImageHeader> = fc.record({
  magic: fc.constant(applicationMagic),
  loadAddress: u32,
  headerSize: fc.oneof(u16, fc.integer({ min: 0, max: 0x200 })),
  protectedTlvSize: fc.oneof(u16, fc.integer({ min: 0, max: 0x100 })),
  imageSize: fc.oneof(u32, fc.integer({ min: 0, max: 0x200 })),
  flags: u32,
  version: fc.record({ major: fc.integer({ min: 0, max: 255 }), minor: fc.integer({ min: 0, max: 255 }), revision: u16, build: u32 }),
});
const tlvs: fc.Arbitrary<TlvInit[]> = fc.array(fc.record({ type: fc.oneof(u16, fc.constantFrom(0x01, 0x10, 0x22, 0x32, 0x40, 0x50, 0x60)), value: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 8 });

describe('hostile headers', () => {
  it('any 32 bytes -> read, and written back but for the padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: headerStructSize, maxLength: headerStructSize }), (bytes) => {
        expect([...encodeHeader(parseHeader(bytes)).subarray(0, 28)]).toEqual([...bytes.subarray(0, 28)]);
      }),
      { numRuns: 300 },
    );
  });

  it('any fields over any bytes, in any mode -> the same verdict with a reason from both engines', () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 0x400 }), fc.constantFrom('overwrite', 'swap', 'primary-only'), fc.constantFrom('primary', 'secondary'), fc.integer({ min: 32, max: 0x800 }), (fields, behind, mode, area, size) => {
        const bytes = Uint8Array.of(...encodeHeader(fields), ...behind).subarray(0, size);
        const options = { ...boot, mode, area, slotSize: size, magic: applicationMagic };
        const [native, noble] = [nativeEngine(), nobleEngine].map((engine) => checkImage(bytes, { ...options, engine }));
        expect({ ...noble, digest: undefined }).toEqual({ ...native, digest: undefined });
        expect(native.verdict === 'valid' || native.reason.length > 0).toBe(true);
        expect(foreseeVerdict(bytes, { ...options, authPublicKey: undefined, encPrivateKey: undefined }).check?.verdict).not.toBe('valid');
        expect(inspectImage(bytes, { slotSize: size, mode }).header).toEqual(fields);
      }),
      { numRuns: 200 },
    );
  });
});

describe('hostile TLVs', () => {
  const slotSize = 0x1000;
  const plain: Partial<ImageHeader> = { magic: applicationMagic, loadAddress: 0, headerSize: 0x20, imageSize: 0, flags: 0, version: { major: 1, minor: 0, revision: 0, build: 0 } };
  const slotWith = (protectedArea: Uint8Array, area: Uint8Array): { slot: ReturnType<typeof slotOf>; fields: ImageHeader } => {
    const fields = { ...plain, protectedTlvSize: protectedArea.length } as ImageHeader;
    return { slot: slotOf(Uint8Array.of(...encodeHeader(fields), ...protectedArea, ...area), slotSize), fields };
  };

  it('any well-made areas -> walked in their order, each on its side of the border', () => {
    fc.assert(
      fc.property(tlvs, tlvs, (first, second) => {
        // An area without TLVs is not written at all, and the unprotected one must be there.
        const unprotected = [...second, { type: 0x10, value: new Uint8Array(32) }];
        const { slot, fields } = slotWith(encodeTlvArea(protectedTlvInfoMagic, first), encodeTlvArea(tlvInfoMagic, unprotected));
        const area = findTlvArea(slot, fields)!;
        const walked = [...walkTlvs(slot, area)].map((tlv) => tlv && { type: tlv.type, length: tlv.length, protected: tlv.end <= area.protectedEnd });
        expect(walked).toEqual([...first.map((tlv) => ({ tlv, side: true })), ...unprotected.map((tlv) => ({ tlv, side: false }))].map(({ tlv, side }) => ({ type: tlv.type, length: tlv.value.length, protected: side })));
      }),
      { numRuns: 150 },
    );
  });

  it('any bytes behind the infos and any totals -> the walk ends, goes forward and is shown with at most 64 TLVs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), u16, (bytes, total) => {
        const area = Uint8Array.of(0x07, 0x69, total & 0xff, total >> 8, ...bytes);
        const { slot, fields } = slotWith(new Uint8Array(0), area);
        const found = findTlvArea(slot, fields)!;
        let end = found.start;
        let count = 0;
        for (const tlv of walkTlvs(slot, found)) {
          count += 1;
          if (tlv === undefined) break;
          expect(tlv.end).toBeGreaterThanOrEqual(end + 4);
          end = tlv.end;
        }
        expect(count).toBeLessThanOrEqual(total / 4 + 1);
        expect(describeImage(slot)!.tlvs.length).toBeLessThanOrEqual(64);
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile Intel HEX', () => {
  const lines = toIntelHex([
    { address: 0x9020fff0, bytes: craft().slot.subarray(0, 0x80) },
    { address: 0x90230000, bytes: Uint8Array.of(1, 2, 3) },
  ]).trimEnd().split('\n');
  const line = fc.integer({ min: 0, max: lines.length - 1 });
  const change = fc.oneof(
    fc.record({ what: fc.constant('cut' as const), at: line, column: fc.integer({ min: 0, max: 44 }) }),
    fc.record({ what: fc.constant('double' as const), at: line, column: fc.constant(0) }),
    fc.record({ what: fc.constant('drop' as const), at: line, column: fc.constant(0) }),
    fc.record({ what: fc.constant('digit' as const), at: line, column: fc.integer({ min: 0, max: 44 }), digit: fc.constantFrom(...'0123456789ABCDEFg: \t\0') }),
    fc.record({ what: fc.constant('swap' as const), at: line, column: fc.constant(0) }),
  );
  /** A record whose checksum is right again, so that the checks behind it are reached. */
  const resum = (text: string): string => {
    if (!/^:([0-9A-F]{2}){5,}$/.test(text)) return text;
    const sum = (text.slice(1, -2).match(/../g) ?? []).reduce((total, digits) => total + parseInt(digits, 16), 0);
    return text.slice(0, -2) + (-sum & 0xff).toString(16).toUpperCase().padStart(2, '0');
  };

  it('lines cut, doubled, dropped, swapped or with another digit, the checksum right or not -> bytes, or a typed error with the line', () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(change, { minLength: 0, maxLength: 3 }), fc.boolean(), (changes, summed) => {
        const text = [...lines];
        for (const { what, at, column, ...more } of changes) {
          const old = text[at] ?? '';
          if (what === 'cut') text[at] = old.slice(0, column);
          else if (what === 'double') text.splice(at, 0, old);
          else if (what === 'drop') text.splice(at, 1);
          else if (what === 'swap') [text[at], text[at + 1]] = [text[at + 1] ?? '', old];
          else text[at] = old.slice(0, column) + ('digit' in more ? more.digit : '') + old.slice(column + 1);
        }
        try {
          const { base, bytes } = readIntelHex((summed ? text.map(resum) : text).join('\n'));
          expect(bytes.length).toBeGreaterThan(0);
          expect(base + bytes.length).toBeLessThanOrEqual(0x100000000);
          outcomes.read += 1;
        } catch (error) {
          if (!(error instanceof HarnessError)) throw error;
          expect([error.code, error.kind]).toEqual(['hex-file', 'usage']);
          outcomes.refused += 1;
        }
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(outcomes.read).toBeGreaterThan(10);
    expect(outcomes.refused).toBeGreaterThan(10);
  });

  it('two bytes too far apart for any memory -> refused before anything is allocated; nearer ones -> read', () => {
    const apart = (high: string): string => [resum(':020000040000FF'), resum(':0100000001FF'), resum(`:02000004${high}FF`), resum(':0100000002FF'), ':00000001FF'].join('\n');
    expect(() => readIntelHex(apart('FFFF'))).toThrow(expect.objectContaining({ code: 'hex-file' }));
    expect(readIntelHex(apart('0002')).bytes).toHaveLength(0x20001);
  });
});
