import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type BootReport, type SignedApplication, type SignRequest } from 'rot-hil';

// What keeps an old image out: the security counter (TLV 0x50) and nothing else. Versions are not compared
// (stm32-mw-mcuboot boot/bootutil/src/image_validate.c, loader.c; no MCUBOOT_DOWNGRADE_PREVENTION in OEMiROT_Boot's mcuboot_config.h).
const REJECTED = '[ERR] Image in the secondary slot is not valid!';
const PRIMARY_REJECTED = '[ERR] Image in the primary slot is not valid!';
const COUNTER_OK = '[INF] counter  0 : ok';
/** The counter that everything here starts from, above those of both versions. */
const BASE = 0x03000000;

const counterOf = (version: string): number => {
  const [major, minor, revision] = version.split('.').map(Number);
  return major * 0x1000000 + minor * 0x10000 + revision;
};
const logged = (value: number): string => value.toString(16);
const swap = (): boolean => board.configuration.mode === 'swap';
const older = (more: Partial<SignRequest> = {}): SignedApplication => {
  const { path, version } = board.applications.application;
  return board.signApplication(path, { version, ...more });
};
const newer = (more: Partial<SignRequest> = {}): SignedApplication => {
  const { path, version } = board.applications.update;
  return board.signApplication(path, { version, ...more });
};

/** Installs for good: overwrite does so at once, swap once the application has confirmed itself. @returns the start that installed it */
async function install(image: SignedApplication): Promise<BootReport> {
  await board.install(image);
  const report = await board.boot();
  expect(report.rotLines).not.toContain(REJECTED);
  expect(report.banner).toMatchObject({ version: image.version.split('+')[0] });
  if (swap()) {
    await board.app.confirm();
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from });
  }
  return report;
}

/** Offers an image that must be refused by its counter, before anything else of it is looked at. */
async function refused(image: SignedApplication, stored: number, counter: number): Promise<void> {
  expect(board.verify(image, { storedCounter: stored })).toMatchObject({ verdict: 'invalid', stage: 'security-counter', slot: 'erased', reason: expect.stringMatching(/below stored/) });
  const runs = (await board.app.identify()).version;
  await board.install(image);
  const { rotLines, banner } = await board.boot();
  expect(rotLines).toContain(REJECTED);
  const before = rotLines.slice(0, rotLines.indexOf(REJECTED));
  expect(before).toContain(`[INF] verify counter  0 ${logged(counter)} ${logged(stored)}`);
  expect(before.filter((line) => line === COUNTER_OK || line.startsWith('[INF] signature'))).toEqual([]);
  expect(banner).toMatchObject({ version: runs });
}

/** The counter that the board has stored, as its next start tells it. */
async function storedCounter(): Promise<number> {
  const { rotLines } = await board.boot();
  const line = rotLines.find((text) => text.startsWith('[INF] verify counter'));
  return parseInt(line?.split(' ').at(-1) ?? '', 16);
}

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('installs images through the debug port, which is shut in product state CLOSED');
  await running({ changes: true });
  // The counter of a version is often its number: here it is above both.
  await install(older({ securityCounter: BASE }));
});

describe('counter', () => {
  it('installed with a counter → stored; the next start compares with it', async () => {
    expect(await storedCounter()).toBe(BASE);
  });

  it('newer version, counter one below the stored one → refused by the counter', async () => {
    await refused(newer({ securityCounter: BASE - 1 }), BASE, BASE - 1);
  });

  it('its twin with the stored counter → installed', async () => {
    await install(newer({ securityCounter: BASE }));
    expect(await storedCounter()).toBe(BASE);
  });

  it('older version with the stored counter → installed: versions are not compared', async () => {
    const image = older({ securityCounter: BASE });
    expect(board.verify(image, { storedCounter: BASE })).toMatchObject({ verdict: 'valid', stage: 'ok' });
    await install(image);
    expect((await board.app.identify()).version).toBe(board.applications.application.version);
  });

  it('same version, counter one above → installed, and the former counter is refused from then on', async () => {
    await install(older({ securityCounter: BASE + 1 }));
    expect(await storedCounter()).toBe(BASE + 1);
    await refused(newer({ securityCounter: BASE }), BASE + 1, BASE);
  });

  it('power gone and back → the stored counter is still there, and still refuses', async () => {
    if (board.power === undefined) skip('this bench has no power switch');
    const from = board.mark();
    await board.power.cycle();
    await board.boot({ reset: false, from });
    expect(await storedCounter()).toBe(BASE + 1);
    await refused(newer({ securityCounter: BASE }), BASE + 1, BASE);
  });

  it('the highest counter that the boot can store → installed; one below it → refused', async () => {
    const highest = 0xfffffffe;
    await install(newer({ securityCounter: highest }));
    expect(await storedCounter()).toBe(highest);
    await refused(older({ securityCounter: highest - 1 }), highest, highest - 1);
  });
});

describe('version', () => {
  it.each([
    ['a higher', 7],
    ['a lower', 3],
  ] as const)('%s build number with the stored counter → installed: it counts for nothing', async (_what, build) => {
    const stored = await storedCounter();
    const { path, version } = board.applications.application;
    await install(board.signApplication(path, { version: `${version}+${String(build)}`, securityCounter: stored }));
    // ih_ver.iv_build_num, which the root of trust copied to the run slot with the header.
    const { run, primary } = board.configuration.layout;
    expect(await board.app.read((run ?? primary).base + 0x18)).toBe(build);
  });
});

describe('image written into the primary slot', () => {
  /** As a probe writes it: in clear, without the trailer that asks for an installation. */
  async function written(securityCounter: number): Promise<void> {
    const image = older({ encryptionKey: null, securityCounter, pad: false });
    await board.install(image, { slot: 'primary' });
    await board.eraseSlot('secondary');
  }

  it('one with the stored counter → started; its twin one below → refused by the counter at the start, nothing starts; installed anew → started', async () => {
    if (board.memoryCipher) skip('behind the memory cipher engine the boot cannot read what a probe writes into the primary slot: run --mce off');
    const stored = await storedCounter();
    const { version } = board.applications.application;
    await written(stored);
    expect((await board.boot()).banner).toMatchObject({ version });

    await written(stored - 1);
    const { rotLines } = await board.boot({ expect: 'no-application' });
    expect(rotLines).toContain(PRIMARY_REJECTED);
    const before = rotLines.slice(0, rotLines.indexOf(PRIMARY_REJECTED));
    expect(before).toContain(`[INF] verify counter  0 ${logged(stored - 1)} ${logged(stored)}`);
    expect(before.filter((line) => line === COUNTER_OK || line.startsWith('[INF] signature'))).toEqual([]);

    await board.install(older({ securityCounter: stored }));
    expect((await board.boot()).banner).toMatchObject({ version });
  });
});

describe('provisioning', () => {
  it('new OBKeys → the counter starts anew, and the image that was refused installs', async () => {
    const stored = await storedCounter();
    const counter = counterOf(board.applications.update.version);
    await refused(newer(), stored, counter);
    await board.provision({ image: newer() });
    const { rotLines, banner } = await board.boot();
    expect(rotLines).toContain(`[INF] verify counter  0 ${logged(counter)} 0`);
    expect(banner).toMatchObject({ version: board.applications.update.version });
  });
});
