import { beforeEach, describe, expect, it } from '@jest/globals';
import { observers, powerCutAt } from '../flash/index.js';
import type { TestBoard } from './testing/board.js';
import { smallBoard, smallImage, smallSlot } from './testing/small-board.js';
import { readTrailer, swapTypeCode } from './trailer.js';

const v1 = smallImage('1.0.0');
const v2 = smallImage('2.0.0');

/** 1.0.0 installed and confirmed, its counter stored, the secondary slot blank. */
function installed(board: TestBoard, image: Uint8Array = v1): void {
  board.put(board.secondary, image);
  board.boot();
  board.confirmationFlag.set();
  for (let i = 0; i < 3; i++) board.boot();
  board.secondary.eraseAll();
}

let board: TestBoard;
beforeEach(() => {
  board = smallBoard();
  installed(board);
});

/** Writes bytes from the end of a slot, erasing nothing. */
const patch = (slot: { program(offset: number, bytes: Uint8Array): void }, fromEnd: number, value: number): void => {
  slot.program(smallSlot - fromEnd, Uint8Array.of(value));
};

describe('a test swap', () => {
  beforeEach(() => {
    board.put(board.secondary, v2);
  });

  it('not confirmed → 2.0.0 once, then 1.0.0 again and for good; the counter stays', () => {
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', swapType: 'test', installed: true });
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', swapType: 'revert', installed: true });
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', swapType: 'none', installed: false });
    expect(board.counter()).toBe(0x1000000);
  });

  it('confirmed → its counter is stored by a boot of its own, which resets', () => {
    board.boot();
    expect(board.counter()).toBe(0x1000000);
    board.confirmationFlag.set();
    expect(board.boot()).toMatchObject({ kind: 'reset', cause: 'security-counter' });
    expect(board.log.at(-1)).toBe('[INF] Security counter updated. Reset device');
    expect(board.counter()).toBe(0x2000000);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', swapType: 'none' });
  });

  it('confirmed only after a power cut → too late: reverted', () => {
    board.boot();
    board.confirmationFlag.set();
    board.confirmationFlag.clear();
    expect(board.boot()).toMatchObject({ version: '1.0.0', swapType: 'revert' });
  });

  it('the old image in the secondary slot after the counter rose → offered again it is refused by its counter and erased', () => {
    board.boot();
    board.confirmationFlag.set();
    board.boot();
    board.put(board.secondary, v1);
    expect(board.boot()).toMatchObject({ version: '2.0.0', rejected: { kind: 'invalid', stage: 'security-counter' } });
    expect(board.isErased(board.secondary)).toBe(true);
  });
});

describe('other installations', () => {
  it('a permanent swap → counter stored between swap and copy_done, no way back', () => {
    board.put(board.secondary, smallImage('2.0.0', { permanent: true }));
    const trace = board.trace();
    board.observe(trace);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', swapType: 'perm', installed: true });
    expect(trace.toString()).toMatch(/ C2000000 WPffd0\+10 H0$/);
    expect(board.boot()).toMatchObject({ version: '2.0.0', swapType: 'none' });
  });

  it('a changed primary image and a pending one → copied for good, the counter stored at once although it is only to be tested', () => {
    board.primary.program(0x400, Uint8Array.of(0));
    board.put(board.secondary, v2);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', swapType: 'test', installed: true });
    expect(board.log).toContain('[INF] Image upgrade secondary slot -> primary slot');
    expect([board.counter(), board.isErased(board.secondary)]).toEqual([0x2000000, true]);
    // The trailer that came with it asks for a revert at every boot, which finds no image and clears a trailer that is not there.
    expect(board.boot()).toMatchObject({ version: '2.0.0', swapType: 'revert', rejected: { kind: 'blank' } });
  });

  it('a changed pending image → refused by its hash, its slot erased; unchanged it is installed', () => {
    board.put(board.secondary, smallImage('2.0.0', { changed: true }));
    expect(board.boot()).toMatchObject({ version: '1.0.0', swapType: 'test', installed: false, rejected: { kind: 'invalid', stage: 'hash' } });
    expect(board.isErased(board.secondary)).toBe(true);
    board.put(board.secondary, v2);
    expect(board.boot()).toMatchObject({ version: '2.0.0', installed: true });
  });

  it('an image put into the primary slot by hand → starts, its counter is never stored', () => {
    const fresh = smallBoard();
    const withoutTrailer = v2.slice();
    withoutTrailer.fill(0xff, smallSlot - 0x1000);
    fresh.put(fresh.primary, withoutTrailer);
    for (let i = 0; i < 3; i++) expect(fresh.boot()).toMatchObject({ kind: 'application', version: '2.0.0' });
    expect(fresh.counter()).toBe(0);
  });
});

describe('interruptions', () => {
  beforeEach(() => {
    board.put(board.secondary, v2);
  });

  it('cut in the middle of a swap → resumed where it stood, without a look at the images', () => {
    board.observe(observers(powerCutAt(80)));
    expect(() => board.boot()).toThrow('power cut');
    board.observe(undefined);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', swapType: 'test', resumed: true });
    expect(board.log.filter((line) => line.startsWith('[INF] Swapping: '))).toHaveLength(2);
    expect(board.log).not.toContain('[INF] Swap type: test');
  });

  it('cut behind the magic in the primary trailer, before anything is swapped → the pending image is validated again and the swap restarts', () => {
    // Scratch erased, its trailer, the sector and trailer of the primary slot: 4 + 5 + 1 + 5; the first erase of scratch takes away its first sector only.
    board.observe(observers(powerCutAt(17)));
    expect(() => board.boot()).toThrow('power cut');
    board.observe(undefined);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', swapType: 'test', installed: true });
    expect(board.log).not.toContain('[INF] Swap type: test');
    expect(board.log).toContain('[INF] Boot source: scratch');
    expect(board.log.filter((line) => line.startsWith('[INF] Swapping: '))).toHaveLength(3);
  });

  it('a swap begun, its pending image changed meanwhile → marked as good so that nothing is reverted, the image erased', () => {
    board.observe(observers(powerCutAt(17)));
    expect(() => board.boot()).toThrow('power cut');
    board.observe(undefined);
    board.secondary.program(0x400, Uint8Array.of(0));
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', swapType: 'test', installed: false, rejected: { kind: 'invalid', stage: 'hash' } });
    expect(board.isErased(board.secondary)).toBe(true);
    expect(readTrailer(board.primary, { maxAlign: 16, programUnit: 16 }).imageOk).toBe('set');
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', rejected: { kind: 'blank' } });
  });

  it('a permanent way back over an unconfirmed image, cut when its image_ok stands in the primary trailer → the unconfirmed image counts as confirmed and its higher counter keeps the way back out; cut one operation earlier it is installed', () => {
    board.put(board.secondary, v2);
    board.boot();
    board.put(board.secondary, smallImage('1.0.0', { permanent: true }));
    const before = board.snapshot();
    const cutAt = (k: number) => {
      board.restore(before);
      board.observe(observers(powerCutAt(k)));
      expect(() => board.boot()).toThrow();
      board.observe(undefined);
      return readTrailer(board.primary, { maxAlign: 16, programUnit: 16 });
    };
    const k = Array.from({ length: 40 }, (_, i) => i + 1).find((at) => cutAt(at).imageOk === 'set')!;
    expect(board.boot()).toMatchObject({ kind: 'reset', cause: 'security-counter' });
    expect(board.boot()).toMatchObject({ version: '2.0.0', rejected: { stage: 'security-counter' } });
    expect(board.counter()).toBe(0x2000000);
    cutAt(k - 1);
    expect(board.boot()).toMatchObject({ version: '1.0.0', swapType: 'perm' });
    expect(board.counter()).toBe(0x1000000);
  });

  it('a stored swap type that means nothing → panic', () => {
    board.primary.eraseSector(smallSlot - 0x1000);
    board.put(board.secondary, v2);
    patch(board.primary, 0x40, 7);
    expect(board.boot()).toMatchObject({ kind: 'halt', why: expect.stringContaining('swap type') });
    expect(board.log.at(-1)).toBe('[ERR] panic!');
    board.primary.eraseSector(smallSlot - 0x1000);
    patch(board.primary, 0x40, swapTypeCode.test);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', installed: true });
  });

  it('status entries with a gap → the line that says so, and the swap goes on in front of the gap', () => {
    const status = smallSlot - 0x70 - 4 * 3 * 16;
    board.primary.eraseSector(smallSlot - 0x1000);
    for (const entry of [0, 1, 3]) board.primary.program(status + entry * 16, Uint8Array.of(1));
    board.boot();
    expect(board.log).toContain('[ERR] Detected inconsistent status!');
  });
});

describe('encrypted images', () => {
  it.each([16, 4] as const)('swapped in, program unit %d → in clear in the primary slot; swapped out → encrypted as they came, with their own key', (programUnit) => {
    const secret = smallImage('2.0.0', { encrypted: true, programUnit });
    const first = smallImage('1.0.0', { encrypted: true, programUnit });
    const own = smallBoard({ programUnit });
    installed(own, first);
    expect(own.primary.read(0x400, 0x8300)).toEqual(smallImage('1.0.0', { programUnit }).slice(0x400, 0x400 + 0x8300));
    own.put(own.secondary, secret);
    const trace = own.trace();
    own.observe(trace);
    expect(own.boot()).toMatchObject({ version: '2.0.0', swapType: 'test' });
    // Both keys stand in the trailers in clear, each in 16 bytes of its own.
    expect(trace.toString()).toContain('WPffa0+10 WPff90+10');
    expect(own.primary.isErased(smallSlot - 0x70, 32)).toBe(false);
    expect(own.secondary.read(0, 0x8700)).toEqual(first.slice(0, 0x8700));
    expect(own.boot()).toMatchObject({ version: '1.0.0', swapType: 'revert' });
    expect(own.secondary.read(0, 0x8700)).toEqual(secret.slice(0, 0x8700));
  });
});
