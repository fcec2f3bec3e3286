import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type BootReport, type SignedApplication, type SignRequest } from 'rot-hil';

// Updates in swap mode with scratch: stm32-mw-mcuboot boot/bootutil/src/swap_scratch.c and loader.c, bootutil_misc.c (swap types),
// as OEMiROT_Boot configures them. A test image runs once and goes back unless it is confirmed; the tests build on each other.
const REJECTED = '[ERR] Image in the secondary slot is not valid!';
const COUNTER_STORED = '[INF] Security counter updated. Reset device';
const UPGRADED = '[INF] Image upgrade secondary slot -> primary slot';
const COUNTER_OK = '[INF] counter  0 : ok';
const IMAGE_MAGIC = '3db8f396';
const ERASED = 'ff'.repeat(256);
const IMAGE_OK_FROM_END = 0x20;
/** Stands for the version of a slot that is enciphered. */
const UNREADABLE = 'enciphered';
const inPrimary = (version: string): unknown => expect.stringMatching(new RegExp(`^(${version.replaceAll('.', '\\.')}|${UNREADABLE})$`));

const counterOf = (version: string): number => {
  const [major, minor, revision] = version.split('.').map(Number);
  return major * 0x1000000 + minor * 0x10000 + revision;
};
const older = (): string => board.applications.application.version;
const newer = (): string => board.applications.update.version;
const signOlder = (more: Partial<SignRequest> = {}): SignedApplication => board.signApplication(board.applications.application.path, { version: older(), ...more });
const signNewer = (more: Partial<SignRequest> = {}): SignedApplication => board.signApplication(board.applications.update.path, { version: newer(), ...more });
const storedCounter = ({ rotLines }: BootReport): string | undefined => rotLines.map((line) => /^\[INF\] verify counter {2}0 [0-9a-f]+ ([0-9a-f]+)$/.exec(line)?.[1]).find((found) => found !== undefined);

/** How far the checks of the image in the secondary slot came before it was refused, in the boot's own lines. */
function beforeRefusal({ rotLines }: BootReport): string[] {
  expect(rotLines).toContain(REJECTED);
  return rotLines.slice(0, rotLines.indexOf(REJECTED)).filter((line) => /^\[INF\] (counter|signature|unexpected TLV|data wrong|read failed)/.test(line));
}

/** Whether an application runs as it was linked, every byte: computed by the application itself. */
async function runsWhole({ application: { payload } }: SignedApplication): Promise<void> {
  expect(payload.length).toBeGreaterThan(1024);
  expect(await board.app.crc32(board.configuration.layout.runAddress, payload.length)).toBe(crc32(payload));
}

async function readSlot(slot: 'primary' | 'secondary', offset: number): Promise<string> {
  return Buffer.from(await board.readSlot(slot, offset, 256)).toString('hex');
}

/**
 * Version in the header of a slot: major.minor.revision. A primary slot that lies behind the memory cipher engine cannot be read from outside: what is told
 * about it then is that it holds neither a header in clear nor nothing; which image it is, the banner says.
 */
async function versionIn(slot: 'primary' | 'secondary'): Promise<string> {
  const header = Buffer.from(await readSlot(slot, 0), 'hex');
  if (slot === 'primary' && header.subarray(0, 4).toString('hex') !== IMAGE_MAGIC) {
    expect(header.toString('hex')).not.toBe(ERASED);
    return UNREADABLE;
  }
  expect(header.subarray(0, 4).toString('hex')).toBe(IMAGE_MAGIC);
  return `${header[20]}.${header[21]}.${header.readUInt16LE(22)}`;
}

/** The running application confirms itself and resets; the next boot stores it. */
async function confirm(): Promise<BootReport> {
  await board.app.confirm();
  const from = board.mark();
  await board.app.reset();
  return board.boot({ reset: false, from });
}

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('installs images through the debug port, which is shut in product state CLOSED');
  if (board.configuration.mode !== 'swap') skip('for update mode swap: update-overwrite tests the other');
  await running({ changes: true });
});

describe('test image', () => {
  it('newer image in the secondary slot → verified, swapped piece by piece, started', async () => {
    await board.install(signNewer());
    const { rotLines, banner, swapType } = await board.boot();
    expect(swapType).toBe('test');
    expect(rotLines).toContain('[INF] signature OK');
    expect(rotLines.some((line) => line.startsWith('[INF] Swapping secondary and primary slots: 0x'))).toBe(true);
    expect(rotLines.filter((line) => line.startsWith('[INF] Swapping: swap index 0x')).at(-1)).toContain('swap index 0x0,');
    expect(banner).toMatchObject({ version: newer() });
    await runsWhole(signNewer());
  });

  it('slots read after the swap → the newer image in the primary, the older one kept in the secondary', async () => {
    expect([await versionIn('primary'), await versionIn('secondary')]).toEqual([inPrimary(newer()), older()]);
  });

  it('not confirmed, reset → swapped back, the older one runs', async () => {
    const { banner, swapType } = await board.boot();
    expect(swapType).toBe('revert');
    expect(banner).toMatchObject({ version: older() });
    await runsWhole(signOlder());
    expect([await versionIn('primary'), await versionIn('secondary')]).toEqual([inPrimary(older()), newer()]);
  });

  it('reset after that → nothing is asked for, the older one stays', async () => {
    const { banner, swapType, rotLines } = await board.boot();
    expect(swapType).toBe('none');
    expect(banner).toMatchObject({ version: older() });
    expect(rotLines.filter((line) => line.includes('Swapping'))).toEqual([]);
  });

  it('a test image that ran and went back → its counter was not stored', async () => {
    const report = await board.boot();
    expect(storedCounter(report)).toBe(counterOf(older()).toString(16));
  });

  it('installed again and confirmed by the application → its counter is stored with a reset, it stays over further resets', async () => {
    await board.install(signNewer());
    expect((await board.boot()).banner).toMatchObject({ version: newer() });
    const { rotLines, banner, swapType } = await confirm();
    expect(rotLines).toContain(COUNTER_STORED);
    expect(swapType).toBe('none');
    expect(banner).toMatchObject({ version: newer() });
    const next = await board.boot();
    expect(next.swapType).toBe('none');
    expect(next.banner).toMatchObject({ version: newer() });
    expect(storedCounter(next)).toBe(counterOf(newer()).toString(16));
  });
});

describe('refused', () => {
  it('the older image with its older counter → refused by the counter, the slot erased, the newer one runs', async () => {
    expect(board.verify(signOlder(), { storedCounter: counterOf(newer()) })).toMatchObject({ verdict: 'invalid', stage: 'security-counter', slot: 'erased', reason: expect.stringMatching(/below stored/) });
    await board.install(signOlder());
    const report = await board.boot();
    expect(beforeRefusal(report)).toEqual([]);
    expect(report.rotLines).toContain(`[INF] verify counter  0 ${counterOf(older()).toString(16)} ${counterOf(newer()).toString(16)}`);
    expect(report.banner).toMatchObject({ version: newer() });
    expect(await readSlot('secondary', 0)).toBe(ERASED);
  });

  it('a byte of it changed → refused by the hash, the slot erased; whole, with the counter of the newer one → swapped in: versions are not compared', async () => {
    const whole = signOlder({ securityCounter: counterOf(newer()) });
    const damaged = board.altered(whole, (bytes) => {
      bytes[0x480] ^= 1;
    });
    expect(board.verify(damaged, { storedCounter: counterOf(newer()) })).toMatchObject({ verdict: 'invalid', stage: 'hash', slot: 'erased', reason: expect.stringMatching(/hash mismatch/) });
    await board.install(damaged);
    const first = await board.boot();
    expect(beforeRefusal(first)).toEqual([COUNTER_OK]);
    expect(first.rotLines.filter((line) => line.includes('Swapping'))).toEqual([]);
    expect(first.banner).toMatchObject({ version: newer() });
    expect(await readSlot('secondary', 0)).toBe(ERASED);
    await board.install(whole);
    expect((await board.boot()).banner).toMatchObject({ version: older() });
    expect((await board.boot()).banner).toMatchObject({ version: newer() });
  });

  it('signed with a key that the board does not know → refused by the key, the newer one runs', async () => {
    const image = signOlder({ securityCounter: counterOf(newer()), signKey: board.strangerKeys.authentication.privateKey });
    expect(board.verify(image, { storedCounter: counterOf(newer()) })).toMatchObject({ verdict: 'invalid', stage: 'key', slot: 'erased', reason: expect.stringMatching(/another authentication key/) });
    await board.install(image);
    const report = await board.boot();
    expect(beforeRefusal(report)).toEqual([COUNTER_OK]);
    expect(report.banner).toMatchObject({ version: newer() });
    expect(await readSlot('secondary', 0)).toBe(ERASED);
  });
});

describe('permanent image', () => {
  it('image_ok neither set nor unset, as where the image was made for another alignment → nothing is asked for: not installed, not erased, at any start', async () => {
    const image = board.altered(signOlder({ securityCounter: counterOf(newer()) + 1 }), (bytes) => {
      bytes[bytes.length - IMAGE_OK_FROM_END] = 2;
    });
    expect(board.verify(image, { storedCounter: counterOf(newer()) })).toMatchObject({ verdict: 'not-installed', stage: 'trailer', slot: 'kept', reason: expect.stringMatching(/image_ok/) });
    await board.install(image);
    for (let start = 0; start < 2; start++) {
      const { banner, swapType, rotLines } = await board.boot();
      expect(swapType).toBe('none');
      expect(rotLines.filter((line) => line === REJECTED || line.includes('Swapping'))).toEqual([]);
      expect(banner).toMatchObject({ version: newer() });
    }
    expect(await versionIn('secondary')).toBe(older());
  });

  it('its twin with image_ok set → swapped for good, its counter stored, it stays without a confirmation', async () => {
    const counter = counterOf(newer()) + 1;
    const image = board.altered(signOlder({ securityCounter: counter }), (bytes) => {
      bytes[bytes.length - IMAGE_OK_FROM_END] = 1;
    });
    await board.install(image);
    const { swapType, banner } = await board.boot();
    expect(swapType).toBe('perm');
    expect(banner).toMatchObject({ version: older() });
    const next = await board.boot();
    expect(next.swapType).toBe('none');
    expect(next.banner).toMatchObject({ version: older() });
    expect(storedCounter(next)).toBe(counter.toString(16));
  });
});

describe('nothing to go back to', () => {
  it('the installed image damaged on the flash, then an update → copied instead of swapped: it stays without a confirmation, its counter stored at once', async () => {
    const counter = counterOf(newer()) + 2;
    const raw = await board.readSlot('primary', 0, board.configuration.layout.primary.size);
    raw[0x500] ^= 1;
    await board.install(raw, { slot: 'primary' });
    await board.install(signNewer({ securityCounter: counter }));
    const { rotLines, banner, swapType } = await board.boot();
    expect(swapType).toBe('test');
    expect(rotLines).toContain('[ERR] Image in the primary slot is not valid!');
    expect(rotLines.filter((line) => line === UPGRADED || line.includes('Swapping'))).toEqual([UPGRADED]);
    expect(banner).toMatchObject({ version: newer() });
    expect(await readSlot('secondary', 0)).toBe(ERASED);
    for (let start = 0; start < 2; start++) {
      const next = await board.boot();
      expect(next.banner).toMatchObject({ version: newer() });
      expect(storedCounter(next)).toBe(counter.toString(16));
    }
  });
});
