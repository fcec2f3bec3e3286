import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type BootReport } from 'rot-hil';

// Power lost at a flash or OBKey operation of an update, on a bench with a power switch: a sample of the operations, from the first to the last, with the real
// application, which confirms itself. The two applications take turns, so that nothing is provisioned in between.
// Overwrite: 0.15 lies among the erases of the primary slot, with nothing to start but what the secondary slot still has.
const sample = [0, 0.15, 0.35, 0.5, 0.7, 1];
/**
 * Operations of a swap in which a power cut costs both images where the primary slot and scratch lie behind the memory cipher engine: from the trailer's magic in scratch to
 * the last erased sector of scratch (64 KB, 4 KB sectors, the status kept in the primary slot). A result of the model, and the subject of `rot-hil sweep --mce model`: no board is cut there.
 */
const window = { first: 17, last: 44 } as const;
/** Operation, counted from 1, at a share of all; the test is skipped where it lies in the window. */
function at(share: number, count: number): number {
  const operation = 1 + Math.round(share * (count - 1));
  const inWindow = board.configuration.mode === 'swap' && board.memoryCipher && operation >= window.first && operation <= window.last;
  return inWindow ? skip('in the window in which a cut swap loses both images, if the model is right: rot-hil sweep --mce model') : operation;
}

let current = '';
let operations = 0;
/** Above those of both versions, so that either may follow the other. */
let counter = 0x02000000;

/** Leaves the application that does not run now in the secondary slot. @returns its version */
async function installOther(): Promise<string> {
  const { application, update } = board.applications;
  const { path, version } = current === application.version ? update : application;
  await board.install(board.signApplication(path, { version, securityCounter: counter }));
  return version;
}

async function confirmByItself(): Promise<BootReport> {
  await board.app.confirm();
  const from = board.mark();
  await board.app.reset();
  return board.boot({ reset: false, from });
}

/** The running application is there to stay. */
async function settle(version: string): Promise<void> {
  if (board.configuration.mode === 'swap') expect((await confirmByItself()).banner).toMatchObject({ version });
  const { banner, swapType } = await board.boot();
  expect(banner).toMatchObject({ version });
  // Overwrite: a cut while the secondary slot was wiped leaves a trailer that asks at every boot for an image that is gone.
  if (board.configuration.mode === 'swap') expect(swapType).toBe('none');
  current = version;
}

/** The switch of this bench; the suite is skipped without one. */
function power(): NonNullable<typeof board.power> {
  if (board.power?.cuts !== true) skip('this bench has no switch that takes the power away at an operation of the boot');
  return board.power;
}

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('installs images through the debug port, which is shut in product state CLOSED');
  power();
  await running({ changes: true });
  current = board.applications.application.version;
});

describe('power lost while an update is installed', () => {
  it('the update without a cut → installed, and its operations counted', async () => {
    // The first raises the stored counter; the second is like those that are cut.
    for (let turn = 0; turn < 2; turn++) {
      const version = await installOther();
      expect((await board.boot()).banner).toMatchObject({ version });
      operations = await power().operations();
      await settle(version);
    }
    expect(operations).toBeGreaterThan(20);
  });

  it.each(sample)('cut at %d of its operations → the board starts again by itself with one of both versions, and the update ends well', async (share) => {
    const operation = at(share, operations);
    const version = await installOther();
    await power().cutAt(operation, { half: share > 0 && share < 1 });
    const { banner, starts } = await board.boot();
    expect(starts).toBe(2);
    // Overwrite goes on until the update is installed; a swap that was cut behind its last copy is a test image that nobody confirmed.
    expect(board.configuration.mode === 'swap' ? [current, version] : [version]).toContain(banner?.['version']);
    if (banner?.['version'] !== version) {
      await installOther();
      expect((await board.boot()).banner).toMatchObject({ version });
    }
    await settle(version);
  });

  it.each([0.7, 0.85])('cut at %d of its operations, and nobody confirms what starts then → the older version comes back whole: the swap went on where it was', async (share) => {
    if (board.configuration.mode !== 'swap') skip('overwrite keeps nothing to go back to');
    const operation = at(share, operations);
    counter += 1;
    const before = current;
    const version = await installOther();
    await power().cutAt(operation, { half: true });
    expect(await board.boot()).toMatchObject({ starts: 2, banner: { version } });
    expect(await board.boot()).toMatchObject({ swapType: 'revert', banner: { version: before } });
    await settle(before);
  });
});

describe('power lost while an image that nobody confirmed goes back', () => {
  it.each([0, 0.5, 0.7, 1])('cut at %d of its operations → the board starts again by itself with the older version, which stays', async (share) => {
    if (board.configuration.mode !== 'swap') skip('overwrite keeps nothing to go back to');
    const operation = at(share, operations);
    counter += 1;
    const before = current;
    const version = await installOther();
    expect((await board.boot()).banner).toMatchObject({ version });
    await power().cutAt(operation, { half: share > 0 });
    const { banner, starts } = await board.boot();
    expect(starts).toBe(2);
    expect(banner).toMatchObject({ version: before });
    // It counts as confirmed, without being told.
    expect(await board.boot()).toMatchObject({ swapType: 'none', banner: { version: before } });
    await settle(before);
  });
});

describe('power lost while a confirmation is taken over', () => {
  it.each([
    // Starts that are told: image_ok is written before the first line, and behind the counter stored stands one more start.
    ['writes image_ok', 1, false, 1],
    ['stores the counter', 2, true, 3],
  ] as const)('cut as the boot %s → the confirmation in RAM is lost; only what stands in the trailer counts', async (_what, cut, stays, started) => {
    if (board.configuration.mode !== 'swap') skip('overwrite knows no confirmation');
    counter += 1;
    const before = current;
    const version = await installOther();
    expect((await board.boot()).banner).toMatchObject({ version });
    await board.app.confirm();
    await power().cutAt(cut);
    const from = board.mark();
    await board.app.reset();
    const wanted = stays ? version : before;
    const { banner, starts, swapType } = await board.boot({ reset: false, from });
    expect([starts, swapType]).toEqual([started, stays ? 'none' : 'revert']);
    expect(banner).toMatchObject({ version: wanted });
    await settle(wanted);
  });
});
