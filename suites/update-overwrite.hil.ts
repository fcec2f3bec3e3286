import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type BootReport, type SignedApplication, type SignRequest } from 'rot-hil';

// Updates in overwrite mode: stm32-mw-mcuboot boot/bootutil/src/loader.c with MCUBOOT_OVERWRITE_ONLY; the stored counter:
// image_validate.c and OEMiROT_Boot's NV counter services. The tests build on each other, as an update does.
const REJECTED = '[ERR] Image in the secondary slot is not valid!';
const UPGRADED = '[INF] Image upgrade secondary slot -> primary slot';
const COUNTER_OK = '[INF] counter  0 : ok';
const IMAGE_OK_FROM_END = 0x20;
const runAddress = (): number => board.configuration.layout.runAddress;
const hex = (value: number): string => `0x${value.toString(16)}`;
/** The confirmation of swap mode (OEMiROT_Boot/Src/boot_hal.c, boot_conf_flag). */
const FLAG = 0x30007fa0;
const ERASED = 'ff'.repeat(256);

const counterOf = (version: string): number => {
  const [major, minor, revision] = version.split('.').map(Number);
  return major * 0x1000000 + minor * 0x10000 + revision;
};
const logged = (counter: number): string => counter.toString(16);
const older = (): string => board.applications.application.version;
const newer = (): string => board.applications.update.version;
const signOlder = (more: Partial<SignRequest> = {}): SignedApplication => board.signApplication(board.applications.application.path, { version: older(), ...more });
const signNewer = (more: Partial<SignRequest> = {}): SignedApplication => board.signApplication(board.applications.update.path, { version: newer(), ...more });

/** What a boot says of the image in the secondary slot: how far its checks came, and whether it was refused. What follows is of the image that runs. */
function judged({ rotLines }: BootReport): string[] {
  const lines = rotLines.filter((line) => line === REJECTED || line === UPGRADED || /^\[INF\] (counter|signature|unexpected TLV|data wrong|read failed)/.test(line));
  const end = lines.findIndex((line) => line === REJECTED || line === UPGRADED);
  return lines.slice(0, lines[end] === REJECTED ? end + 1 : Math.max(end, 0));
}

async function readSlot(slot: 'primary' | 'secondary', offset: number): Promise<string> {
  return Buffer.from(await board.readSlot(slot, offset, 256)).toString('hex');
}

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('installs images through the debug port, which is shut in product state CLOSED');
  if (board.configuration.mode !== 'overwrite') skip('for update mode overwrite: update-swap tests the other');
  await running({ changes: true });
});

describe('update', () => {
  it('newer image in the secondary slot → verified, copied over the primary slot, validated there, started', async () => {
    await board.install(signNewer());
    const { rotLines, banner, swapType } = await board.boot();
    expect(swapType).toBe('test');
    const steps = [
      '[INF] signature OK',
      UPGRADED,
      '[INF] Erasing the primary slot',
      `[INF] Copying the secondary slot to the primary slot: ${hex(board.configuration.layout.primary.size)} bytes`,
      '[INF] Starting validation of primary slot(s)',
    ];
    const found = rotLines.filter((line) => steps.includes(line));
    expect(found.slice(0, steps.length)).toEqual(steps);
    expect(banner).toMatchObject({ version: newer(), run: `0x${runAddress().toString(16).padStart(8, '0')}` });
  });

  it('the running application identifies itself → the newer version, at the same run address', async () => {
    expect(await board.app.identify()).toMatchObject({ version: newer(), run: runAddress(), vtor: runAddress() });
  });

  it('memory at the run address → the newer application, every byte', async () => {
    const { payload } = signNewer().application;
    expect(await board.app.crc32(runAddress(), payload.length)).toBe(crc32(payload));
  });

  it('secondary slot read after the installation → erased, first and last page', async () => {
    expect(await readSlot('secondary', 0)).toBe(ERASED);
    expect(await readSlot('secondary', board.configuration.layout.secondary.size - 256)).toBe(ERASED);
  });

  it('next boot → nothing to install, and the stored counter is that of the newer image', async () => {
    const { rotLines, banner, swapType } = await board.boot();
    expect(swapType).toBe('none');
    expect(rotLines).toContain(`[INF] verify counter  0 ${logged(counterOf(newer()))} ${logged(counterOf(newer()))}`);
    expect(rotLines).not.toContain(UPGRADED);
    expect(banner).toMatchObject({ version: newer() });
  });
});

describe('downgrade', () => {
  it('older image with its older counter → refused by the counter, the slot erased, the newer version runs', async () => {
    const image = signOlder();
    const stored = counterOf(newer());
    expect(board.verify(image, { storedCounter: stored })).toMatchObject({ verdict: 'invalid', stage: 'security-counter', slot: 'erased', reason: expect.stringMatching(/below stored/) });
    await board.install(image);
    const { rotLines, banner } = await board.boot();
    expect(rotLines).toContain(REJECTED);
    const before = rotLines.slice(0, rotLines.indexOf(REJECTED));
    expect(before).toContain(`[INF] verify counter  0 ${logged(counterOf(older()))} ${logged(stored)}`);
    expect(before).not.toContain('[INF] counter  0 : ok');
    expect(banner).toMatchObject({ version: newer() });
    expect(await readSlot('secondary', 0)).toBe(ERASED);
  });

  it('its twin with the counter of the newer one → installed: versions are not compared', async () => {
    const image = signOlder({ securityCounter: counterOf(newer()) });
    expect(board.verify(image, { storedCounter: counterOf(newer()) })).toMatchObject({ verdict: 'valid', stage: 'ok' });
    await board.install(image);
    const { rotLines, banner } = await board.boot();
    expect(rotLines).not.toContain(REJECTED);
    expect(banner).toMatchObject({ version: older() });
  });
});

describe('after a refusal', () => {
  it('damaged image refused, then the same image whole → installed without provisioning anything again', async () => {
    const whole = signNewer();
    const damaged = board.altered(whole, (bytes) => {
      bytes[0x480] ^= 1;
    });
    expect(board.verify(damaged, { storedCounter: counterOf(newer()) })).toMatchObject({ verdict: 'invalid', stage: 'hash', slot: 'erased', reason: expect.stringMatching(/hash mismatch/) });
    await board.install(damaged);
    const first = await board.boot();
    expect(judged(first)).toEqual([COUNTER_OK, REJECTED]);
    expect(first.banner).toMatchObject({ version: older() });
    await board.install(whole);
    const second = await board.boot();
    expect(second.rotLines).toContain('[INF] signature OK');
    expect(second.banner).toMatchObject({ version: newer() });
  });

  it('the same image once more over itself → installed and started again', async () => {
    await board.install(signNewer());
    const { rotLines, banner } = await board.boot();
    expect(rotLines).toContain(UPGRADED);
    expect(banner).toMatchObject({ version: newer() });
  });

  it('a counter far above the version → stored: an image with the counter of its version is refused from then on', async () => {
    const high = 0x02000000;
    await board.install(signOlder({ securityCounter: high }));
    expect((await board.boot()).banner).toMatchObject({ version: older() });
    expect(board.verify(signNewer(), { storedCounter: high })).toMatchObject({ verdict: 'invalid', stage: 'security-counter', slot: 'erased', reason: expect.stringMatching(/below stored/) });
    await board.install(signNewer());
    const report = await board.boot();
    expect(report.rotLines).toContain(`[INF] verify counter  0 ${logged(counterOf(newer()))} ${logged(high)}`);
    expect(judged(report)).toEqual([REJECTED]);
    expect(report.banner).toMatchObject({ version: older() });
  });

  it('its twin with the stored counter → installed', async () => {
    await board.install(signNewer({ securityCounter: 0x02000000 }));
    const report = await board.boot();
    expect(judged(report)).toEqual([COUNTER_OK, '[INF] signature OK']);
    expect(report.banner).toMatchObject({ version: newer() });
  });
});

describe('confirmation', () => {
  it('flag of swap mode written by the application → not looked at: it stands there after a reset, and the image stays', async () => {
    const flag = Buffer.from(await board.app.confirm()).toString('hex');
    try {
      const { swapType, banner, rotLines } = await board.boot();
      expect([swapType, rotLines.filter((line) => /Confirm|Reset device/.test(line))]).toEqual(['none', []]);
      expect(banner).toMatchObject({ version: newer() });
      expect(Buffer.from(await board.app.dump(FLAG, 16)).toString('hex')).toBe(flag);
    } finally {
      // Nobody finds it there, whatever the boot made of it.
      await board.programmer.writeWords(FLAG, [0, 0, 0, 0]);
    }
  });
});

describe('trailer', () => {
  it('image_ok set, as for a permanent swap → refused by the pattern of the slot, where this mode has nothing; without it → installed', async () => {
    const plain = signOlder({ securityCounter: 0x02000000 });
    const at = plain.bytes.length - IMAGE_OK_FROM_END;
    const confirmed = board.altered(plain, (bytes) => {
      bytes[at] = 1;
    });
    expect(board.verify(confirmed, { storedCounter: 0x02000000 })).toMatchObject({ verdict: 'invalid', stage: 'slot-pattern', slot: 'erased' });
    await board.install(confirmed);
    const first = await board.boot();
    expect(first.swapType).toBe('perm');
    expect(judged(first)).toEqual([COUNTER_OK, '[INF] signature OK', `[INF] data wrong at ${hex(at).slice(2)}`, REJECTED]);
    expect(first.banner).toMatchObject({ version: newer() });
    expect(await readSlot('secondary', 0)).toBe(ERASED);
    await board.install(plain);
    const second = await board.boot();
    expect(second.swapType).toBe('test');
    expect(second.banner).toMatchObject({ version: older() });
  });
});
