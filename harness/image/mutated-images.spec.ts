import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boot, contentKey, craft, slotSize } from './testing/craft-image.js';
import { nobleEngine } from './engine-noble.js';
import { checkImage, describeImage, inspectImage, nativeEngine, slotOf } from './index.js';
import type { CheckResult } from './index.js';

const stages: readonly CheckResult['stage'][] = ['header', 'trailer', 'decrypt-key', 'tlv', 'security-counter', 'hash', 'key', 'signature', 'slot-pattern', 'ok'];
const originals = [craft(), craft({ encrypted: true })];
const tlvs = { from: originals[0].tlvStart - 12, to: originals[1].end };

/** Both engines, which must agree. */
function judge(slot: Uint8Array, mode: 'overwrite' | 'swap' | 'primary-only'): CheckResult {
  const [native, noble] = [nativeEngine(), nobleEngine].map((engine) => checkImage(slot, { ...boot, mode, engine }));
  expect({ ...noble, digest: undefined }).toEqual({ ...native, digest: undefined });
  expect(stages).toContain(native.stage);
  expect(native.reason === '').toBe(native.verdict === 'valid');
  return native;
}

const where = fc.oneof({ weight: 1, arbitrary: fc.integer({ min: 0, max: 31 }) }, { weight: 3, arbitrary: fc.integer({ min: tlvs.from, max: tlvs.to }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: slotSize - 1 }) });
const value = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));

describe('mutated images', () => {
  it('up to three bytes changed -> a stage and a reason, the same from both engines', () => {
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.array(fc.tuple(where, value), { minLength: 1, maxLength: 3 }), fc.constantFrom('overwrite', 'swap', 'primary-only'), (original, changes, mode) => {
        const slot = original.slot.slice();
        for (const [at, byte] of changes) slot[at] = byte;
        judge(slot, mode);
      }),
      { numRuns: 150 },
    );
  });

  it('one bit of header, payload, counter, hash or encryption TLV -> never valid', () => {
    const signatureLength = 70;
    for (const { slot, tlvStart, end } of originals) {
      const covered = [...Array<number>(tlvStart + 4 + 4 + 32).keys()];
      // Signature DER has its leniencies; bits of the last TLV of an encrypted image are covered by its tag.
      const encryption = end - tlvStart > 250 ? Array.from({ length: 113 }, (_, i) => end - 113 + i) : [];
      expect(end - tlvStart).toBeGreaterThan(signatureLength);
      fc.assert(
        fc.property(fc.constantFrom(...covered, ...encryption), fc.integer({ min: 0, max: 7 }), (at, bit) => {
          const changed = slot.slice();
          changed[at] ^= 1 << bit;
          expect(checkImage(changed, boot).verdict).not.toBe('valid');
        }),
        { numRuns: 200 },
      );
    }
  });

  it('any bytes as a slot -> judged and described without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 96 }), fc.integer({ min: 32, max: 0x1000 }), (bytes, size) => {
        const slot = Uint8Array.of(0x3d, 0xb8, 0xf3, 0x96, ...bytes).subarray(0, size);
        const result = checkImage(slot, { ...boot, slotSize: size, area: 'primary' });
        expect(result.verdict).toBe('invalid');
        expect(inspectImage(slot, { slotSize: size }).image?.tlvs.length ?? 0).toBeLessThanOrEqual(64);
      }),
      { numRuns: 300 },
    );
  });

  it('sizes of 64 KB in every length field -> bounded work', () => {
    const crafted = craft({ header: { protectedTlvSize: 0xffff } });
    expect(judge(crafted.slot, 'overwrite')).toMatchObject({ stage: 'hash' });
    // 32768 empty TLVs of an allowed kind cannot be had; the walk ends at the first that is not.
    const endless = craft({ patch: [{ at: craft().tlvStart + 2, bytes: Uint8Array.of(0xff, 0xff) }] });
    expect(judge(endless.slot, 'overwrite')).toMatchObject({ stage: 'tlv' });
    expect(describeImage(slotOf(endless.slot, slotSize))!.tlvs.length).toBeLessThanOrEqual(64);
  });

  it('the content key -> in no reason, line or document', () => {
    const lines: string[] = [];
    const result = checkImage(originals[1].slot, { ...boot, log: (line) => lines.push(line) });
    const text = JSON.stringify([result.image, result.reason, lines]).toLowerCase();
    expect(text).toContain('**');
    expect(text).not.toContain(Buffer.from(contentKey).toString('hex').slice(0, 8));
  });
});
