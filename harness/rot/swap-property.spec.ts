import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PowerCut, observers, powerCutAt } from '../flash/index.js';
import type { BootOutcome } from './oemirot.js';
import type { TestBoard } from './testing/board.js';
import { smallBoard, smallImage } from './testing/small-board.js';
import { SwapExpectation } from './testing/swap-expectation.js';

/** The same cases in every run; other ones with ROT_HIL_PROPERTY_SEED. */
const seed = Number(process.env['ROT_HIL_PROPERTY_SEED'] ?? 1);
/** Header and payload of the images made here; TLVs follow. */
const imageBytes = 0x400 + 0x8300;
const versions = ['1.0.0', '2.0.0', '3.0.0'] as const;
type Version = (typeof versions)[number];

interface Build {
  readonly programUnit: 4 | 16;
  readonly images: (wanted: Wanted) => Uint8Array;
  /** What stands in the primary slot while a version runs, encrypted or not. */
  readonly clear: (version: Version) => readonly Uint8Array[];
}

interface Wanted {
  readonly version: Version;
  readonly permanent: boolean;
  readonly encrypted: boolean;
  readonly changed: boolean;
}

function buildOf(programUnit: 4 | 16): Build {
  const made = new Map<string, Uint8Array>();
  const images = (wanted: Wanted): Uint8Array => {
    const name = JSON.stringify(wanted);
    const image = made.get(name) ?? smallImage(wanted.version, { ...wanted, programUnit });
    made.set(name, image);
    return image;
  };
  const clear = (version: Version): Uint8Array[] =>
    [false, true].map((encrypted) => {
      const image = images({ version, permanent: false, encrypted, changed: false }).slice(0, imageBytes);
      image.set(images({ version, permanent: false, encrypted: false, changed: false }).subarray(0x400, imageBytes), 0x400);
      return image;
    });
  return { programUnit, images, clear };
}

/** One thing that happens to a board at rest, and the boot that follows. */
const step = fc.record({
  put: fc.option(fc.record({ version: fc.constantFrom(...versions), permanent: fc.boolean(), encrypted: fc.boolean(), changed: fc.nat(4).map((n) => n === 0) }), { freq: 2 }),
  confirm: fc.boolean(),
  cut: fc.option(fc.record({ k: fc.integer({ min: 1, max: 190 }), half: fc.boolean() }), { freq: 2 }),
});
/** Bits cleared somewhere in slots or scratch, trailers more often than the rest. */
const damage = fc.record({
  before: fc.nat(5),
  slot: fc.constantFrom('primary' as const, 'secondary' as const, 'scratch' as const),
  fromEnd: fc.oneof(fc.integer({ min: 1, max: 0x180 }), fc.integer({ min: 1, max: 0x4000 })),
  value: fc.integer({ min: 0, max: 254 }),
});

/** One boot with all the resets it does itself; undefined where the power was cut. */
function boot(board: TestBoard, cut: { readonly k: number; readonly half: boolean } | null): BootOutcome | undefined {
  board.observe(cut === null ? undefined : observers(powerCutAt(cut.k, cut)));
  try {
    let outcome = board.boot();
    // A second one for the counter would be one too many.
    if (outcome.kind === 'reset') outcome = board.boot();
    return outcome;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    board.confirmationFlag.clear();
    return undefined;
  } finally {
    board.observe(undefined);
  }
}

/** What runs was signed, and stands in the slot byte for byte; the counter never fell. */
function check(board: TestBoard, build: Build, outcome: BootOutcome | undefined, counter: number): void {
  expect(board.counter()).toBeGreaterThanOrEqual(counter);
  if (outcome?.kind !== 'application') return;
  const found = Buffer.from(board.primary.read(0, imageBytes));
  expect(build.clear(outcome.version as Version).some((image) => found.equals(image))).toBe(true);
  expect(Number.parseInt(outcome.version, 10) * 0x1000000).toBeGreaterThanOrEqual(counter);
}

describe.each([16, 4] as const)('swap with program unit %d', (programUnit) => {
  const build = buildOf(programUnit);
  const board = smallBoard({ programUnit });
  board.put(board.secondary, build.images({ version: '1.0.0', permanent: true, encrypted: false, changed: false }));
  boot(board, null);
  board.secondary.eraseAll();
  const start = board.snapshot();

  it('installs, confirmations, resets and power cuts in any order → always a signed image starts, the one that MCUboot promises, with its counter', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        board.restore(start);
        board.confirmationFlag.clear();
        let running = true;
        const expectation = new SwapExpectation({ running: { version: 1, confirmed: true }, other: undefined, pending: undefined, counter: 1, resuming: false, storedPermanent: false });
        for (const { put, confirm, cut } of [...steps, { put: null, confirm: false, cut: null }]) {
          // Only a running application receives an image, or confirms.
          if (running && put !== null) {
            board.put(board.secondary, build.images(put));
            expectation.put({ version: Number.parseInt(put.version, 10), permanent: put.permanent, valid: !put.changed });
          }
          const confirms = running && confirm;
          if (confirms) board.confirmationFlag.set();
          const counter = board.counter()!;
          const outcome = boot(board, cut);
          check(board, build, outcome, counter);
          running = outcome !== undefined;
          if (outcome === undefined) expectation.isCut(confirms);
          else if (outcome.kind !== 'application') throw new Error(`${outcome.kind}: ${outcome.why}`);
          else expect(expectation.boots(confirms, { version: Number.parseInt(outcome.version, 10), counter: board.counter()! >>> 24 })).toBe(true);
        }
      }),
      { numRuns: 120, seed },
    );
  });

  it('damaged anywhere besides → no unsigned image ever starts, the counter never falls, and a blank board can be installed again', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.array(damage, { minLength: 1, maxLength: 3 }), (steps, damages) => {
        board.restore(start);
        board.confirmationFlag.clear();
        steps.forEach(({ put, confirm, cut }, at) => {
          if (put !== null) board.put(board.secondary, build.images(put));
          for (const { slot, fromEnd, value } of damages.filter(({ before }) => before === at)) board[slot].program(board[slot].size - fromEnd, Uint8Array.of(value));
          if (confirm) board.confirmationFlag.set();
          const counter = board.counter()!;
          check(board, build, boot(board, cut), counter);
        });
        // What a programmer does to a board that does not start any more: power off, slots and scratch erased, an image with a counter that is high enough.
        board.confirmationFlag.clear();
        for (const area of [board.primary, board.secondary, board.scratch]) area.eraseAll();
        board.put(board.secondary, build.images({ version: '3.0.0', permanent: false, encrypted: false, changed: false }));
        expect(boot(board, null)).toMatchObject({ kind: 'application', version: '3.0.0' });
      }),
      { numRuns: 80, seed },
    );
  });
});
