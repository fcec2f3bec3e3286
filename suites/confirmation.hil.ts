import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type BootReport, type SignedApplication, type SignRequest } from 'rot-hil';

// The confirmation of a test image by the application: 16 bytes at 0x30007FA0 and a reset (STM32CubeH7RS OEMiROT_Appli/Src/main.c;
// OEMiROT_Boot/Src/boot_hal.c boot_platform_init; stm32-mw-mcuboot bootutil_misc.c boot_set_confirmed).
const FLAG = 0x30007fa0;
const PATTERN = 'b7bb1f0045642300' + '89a8230011d12300';
const CONFIRM_FAILED = '[ERR] Confirm Flag Not Correctly Written';
const IMAGE_OK_FROM_END = 0x20;

const counterOf = (version: string): number => {
  const [major, minor, revision] = version.split('.').map(Number);
  return major * 0x1000000 + minor * 0x10000 + revision;
};
const older = (): string => board.applications.application.version;
const newer = (): string => board.applications.update.version;
const signNewer = (more: Partial<SignRequest> = {}): SignedApplication => board.signApplication(board.applications.update.path, { version: newer(), ...more });

async function selfReset(): Promise<BootReport> {
  const from = board.mark();
  await board.app.reset();
  return board.boot({ reset: false, from });
}

/** The application of the first installation, then the newer one as a test image, running. */
async function testImage(): Promise<void> {
  await running({ changes: true });
  await board.install(signNewer());
  expect((await board.boot()).banner).toMatchObject({ version: newer() });
}

/** image_ok in the primary trailer, as it lies on the flash: its block is erased while it is unset; once set it begins with 1, or is the cipher's. */
async function imageOk(): Promise<'unset' | 'set'> {
  const block = await board.readSlot('primary', board.configuration.layout.primary.size - IMAGE_OK_FROM_END, 16);
  return block.every((byte) => byte === 0xff) ? 'unset' : 'set';
}

/** Whether what lies in the primary slot is readable from outside: not behind the memory cipher engine. */
async function primaryInClear(): Promise<boolean> {
  return Buffer.from(await board.readSlot('primary', 0, 4)).readUInt32LE(0) === 0x96f3b83d;
}

beforeAll(() => {
  if (board.configuration.mode !== 'swap') skip('confirmation is of update mode swap: overwrite installs for good');
});

afterAll(async () => {
  // No confirmation is left for the suites after this one.
  if (board.configuration.mode === 'swap') await running();
});

describe('flag of a running test image', () => {
  it('written by the application → the 16 bytes that the boot compares', async () => {
    await testImage();
    expect(Buffer.from(await board.app.confirm()).toString('hex')).toBe(PATTERN);
    expect(Buffer.from(await board.app.dump(FLAG, 16)).toString('hex')).toBe(PATTERN);
  });

  it('written, no reset yet → image_ok in the primary trailer is still unset', async () => {
    expect(await imageOk()).toBe('unset');
  });

  it('reset by the pin → taken over into the trailer, the counter stored, the image stays', async () => {
    const { rotLines, banner } = await board.boot();
    expect(rotLines).toContain('[INF] Security counter updated. Reset device');
    expect(banner).toMatchObject({ version: newer() });
    expect(await board.app.read(FLAG)).toBe(0);
    expect(await imageOk()).toBe('set');
    const next = await board.boot();
    expect(next.swapType).toBe('none');
    expect(next.banner).toMatchObject({ version: newer() });
  });

  it('written once more for the confirmed image → nothing changes', async () => {
    await board.app.confirm();
    const { rotLines, banner } = await selfReset();
    expect(rotLines.filter((line) => /Reset device|^\[ERR\]/.test(line))).toEqual([]);
    expect(banner).toMatchObject({ version: newer() });
    expect(await board.app.read(FLAG)).toBe(0);
  });
});

describe('no confirmation', () => {
  it.each([
    ['nothing written', undefined],
    ['a pattern with its last word missing', 3],
    ['a pattern with one bit of its first word off', 0],
  ] as const)('%s → the test image goes back at the next reset', async (_what, spoilt) => {
    await testImage();
    if (spoilt !== undefined) {
      await board.app.confirm();
      const word = await board.app.read(FLAG + 4 * spoilt);
      await board.app.write(FLAG + 4 * spoilt, spoilt === 3 ? 0 : (word ^ 0x100) >>> 0);
    }
    const { banner, swapType } = await selfReset();
    expect(swapType).toBe('revert');
    expect(banner).toMatchObject({ version: older() });
  });
});

describe('flag without a completed swap', () => {
  it('an image with a trailer that no swap wrote → the boot stops at the flag, at every reset; the flag cleared → it boots', async () => {
    await running({ changes: true });
    if (!(await primaryInClear())) skip('behind the memory cipher engine the boot cannot read what a probe writes into the primary slot');
    await board.install(signNewer({ encryptionKey: null, securityCounter: counterOf(older()) }), { slot: 'primary' });
    await board.eraseSlot('secondary');
    expect((await board.boot()).banner).toMatchObject({ version: newer() });
    await board.app.confirm();
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from, expect: /Confirm Flag Not Correctly Written/ });
    const again = await board.boot({ expect: /Confirm Flag Not Correctly Written/ });
    expect(again.rotLines).toContain(CONFIRM_FAILED);
    expect(again.banner).toBeNull();
    // Removing power would clear it too.
    const folder = mkdtempSync(join(tmpdir(), 'confirmation-'));
    const zeros = join(folder, 'flag.bin');
    writeFileSync(zeros, new Uint8Array(16));
    await board.programmer.download(zeros, { address: FLAG, mode: 'Hotplug' });
    rmSync(folder, { recursive: true });
    const freed = await board.boot();
    expect(freed.rotLines).not.toContain(CONFIRM_FAILED);
    expect(freed.banner).toMatchObject({ version: newer() });
  });
});
