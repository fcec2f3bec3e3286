import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PowerCut, observers, powerCutAt } from '../flash/index.js';
import { TestBoard } from './testing/board.js';
import { keys, recordedImage } from './testing/images.js';

const slotSize = 0x40000;
const board = new TestBoard(slotSize, keys);
board.put(board.secondary, recordedImage('v1pow.bin'));
board.boot();
const start = board.snapshot();
const v2 = recordedImage('v2ow.bin');

/** Where the signature TLV of v2ow.bin stands: behind header, payload, protected TLVs, TLV info, hash and key hash. */
const signature = { from: 0x400 + 0x25800 + 12 + 4 + 36 + 36, to: 0x400 + 0x25800 + 12 + 4 + 36 + 36 + 4 + 72 };

/** What is pending: the image as it is, or with one byte changed anywhere in the slot. */
const pending = fc.option(fc.record({ at: fc.nat(slotSize - 1), xor: fc.integer({ min: 1, max: 255 }) }));

it('power cuts at any operations while anything is pending on a valid primary → always an image starts, the counter never falls, a changed image never', () => {
  fc.assert(
    fc.property(pending, fc.array(fc.record({ k: fc.integer({ min: 1, max: 220 }), half: fc.boolean() }), { maxLength: 4 }), (change, cuts) => {
      board.restore(start);
      const image = v2.slice();
      if (change !== null) image[change.at] ^= change.xor;
      board.put(board.secondary, image);
      let counter = board.counter() ?? 0;
      for (const cut of cuts) {
        board.observe(observers(powerCutAt(cut.k, cut)));
        try {
          board.boot();
        } catch (error) {
          if (!(error instanceof PowerCut)) throw error;
        }
        board.observe(undefined);
        expect(board.counter()).toBeGreaterThanOrEqual(counter);
        counter = board.counter()!;
      }
      const outcome = board.boot();
      if (outcome.kind !== 'application') throw new Error(`${outcome.kind}: ${outcome.why}`);
      // ST's lenient reading of the signature's DER lets a few of its bytes be anything; every other byte of the slot matters.
      const free = change !== null && change.at >= signature.from && change.at < signature.to;
      if (!free) expect(outcome.version).toBe(change === null ? '2.0.0' : '1.0.0');
      expect(board.boot()).toMatchObject({ kind: 'application', version: outcome.version });
    }),
    { numRuns: 60 },
  );
});
