import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type BootReport, type SignedApplication, type SignRequest } from 'rot-hil';

// The confirmation of a test image by the application: 16 bytes at 0x30007FA0 and a reset (STM32CubeH7RS OEMiROT_Appli/Src/main.c;
// OEMiROT_Boot/Src/boot_hal.c boot_platform_init; stm32-mw-mcuboot bootutil_misc.c boot_set_confirmed).
const FLAG = 0x30007fa0;
const PATTERN = 'b7bb1f0045642300' + '89a8230011d12300';
const CONFIRM_FAILED = '[ERR] Confirm Flag Not Correctly Written';
const IMAGE_OK_FROM_END = 0x20;
/** Longer than the rest of any start takes. */
const QUIET_MS = 1500;
const ENCIPHERED = 'behind the memory cipher engine the boot cannot read what a probe writes into the primary slot';

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

/** What the board has stored, or more: both applications are signed with it, so that they may follow each other without new OBKeys. */
let level = 0;

/** The newer application as a test image that the board runs; the older one, confirmed, is what it goes back to. */
async function testImage(counter = level): Promise<void> {
  // Started anew: the test before may have read the flash, which leaves the core to a loader.
  if ((await board.boot()).banner?.['version'] !== older()) {
    const { path, version } = board.applications.application;
    await board.install(board.signApplication(path, { version, securityCounter: level }));
    await board.boot();
    await board.app.confirm();
    expect((await selfReset()).banner).toMatchObject({ version: older() });
  }
  await board.install(signNewer({ securityCounter: counter }));
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

/** Bytes as the tool is given them: in RAM, or with the external loader as they lie on the flash. */
async function writeRaw(address: number, bytes: Uint8Array): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'confirmation-'));
  const file = join(folder, 'bytes.bin');
  writeFileSync(file, bytes);
  await board.programmer.download(file, address < 0x70000000 ? { address, mode: 'Hotplug' } : { address, externalLoader: board.bench.externalLoader });
  rmSync(folder, { recursive: true });
}

/** What a loss of power would do too: a boot that stops at the flag leaves it there. */
const clearFlag = (): Promise<void> => writeRaw(FLAG, new Uint8Array(16));

/** Nothing comes any more behind the line about the flag: neither the application nor another start. */
async function stoppedAtFlag(): Promise<void> {
  await expect(board.console.waitFor(/./, { withinMs: QUIET_MS, from: board.mark() })).rejects.toMatchObject({ code: 'console-silent' });
}

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('installs images through the debug port, which is shut in product state CLOSED');
  if (board.configuration.mode !== 'swap') skip('confirmation is of update mode swap: overwrite installs for good');
  await running({ changes: true });
  level = counterOf(newer());
});

describe('flag of a running test image', () => {
  it('written by the application → the 16 bytes that the boot compares', async () => {
    expect(Buffer.from(await board.app.confirm()).toString('hex')).toBe(PATTERN);
    expect(Buffer.from(await board.app.dump(FLAG, 16)).toString('hex')).toBe(PATTERN);
  });

  it('written, no boot yet → image_ok in the primary trailer is still unset', async () => {
    await testImage();
    await board.app.confirm();
    expect(await imageOk()).toBe('unset');
    // The external loader ran on the core for that.
    await board.boot();
  });

  it('reset by the pin → taken over into the trailer, the counter stored, the image stays', async () => {
    await testImage(level + 1);
    await board.app.confirm();
    const { rotLines, banner } = await board.boot();
    level += 1;
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

describe('flag and power', () => {
  const powerCycle = async (): Promise<BootReport> => {
    if (board.power === undefined) skip('this bench has no power switch');
    const from = board.mark();
    await board.power.cycle();
    return board.boot({ reset: false, from });
  };

  it('written, then the power goes → lost with the RAM: the test image goes back', async () => {
    if (board.power === undefined) skip('this bench has no power switch');
    await testImage();
    await board.app.confirm();
    const { banner, swapType } = await powerCycle();
    expect(swapType).toBe('revert');
    expect(banner).toMatchObject({ version: older() });
  });

  it('written, then a reset, then the power goes → it was taken over into the flash: the image stays', async () => {
    if (board.power === undefined) skip('this bench has no power switch');
    await testImage();
    await board.app.confirm();
    await selfReset();
    const { banner, swapType } = await powerCycle();
    expect(swapType).toBe('none');
    expect(banner).toMatchObject({ version: newer() });
  });
});

describe('flag of an image without trailer', () => {
  it('put into the primary slot as it is, flag written, reset → nothing to confirm: it boots, and no trailer is written', async () => {
    if (!(await primaryInClear())) skip(ENCIPHERED);
    const image = signNewer({ encryptionKey: null, securityCounter: level });
    const bare = board.altered(image, (bytes) => bytes.fill(0xff, bytes.length - IMAGE_OK_FROM_END));
    await board.install(bare, { slot: 'primary' });
    await board.eraseSlot('secondary');
    expect((await board.boot()).banner).toMatchObject({ version: newer() });
    await board.app.confirm();
    const { banner, rotLines } = await selfReset();
    expect(rotLines).not.toContain(CONFIRM_FAILED);
    expect(banner).toMatchObject({ version: newer() });
    expect(await imageOk()).toBe('unset');
  });
});

describe('flag without a completed swap', () => {
  /** The newer application in the primary slot, with one byte of its trailer changed, running; nothing in the secondary slot. */
  async function spoilt(fromEnd: number, change: (byte: number) => number): Promise<void> {
    if (!(await primaryInClear())) skip(ENCIPHERED);
    const image = board.altered(signNewer({ encryptionKey: null, securityCounter: level }), (bytes) => {
      bytes[bytes.length - fromEnd] = change(bytes[bytes.length - fromEnd]!);
    });
    await board.install(image, { slot: 'primary' });
    await board.eraseSlot('secondary');
    expect((await board.boot()).banner).toMatchObject({ version: newer() });
    await board.app.confirm();
  }

  it('last sector of the primary slot overwritten, its trailer with it → boots without the flag, stops at it, at every reset; the flag cleared → it boots', async () => {
    await testImage();
    const { sectorSize } = board.kit.externalFlash;
    // Zeros as they lie on the flash: rubbish through the memory cipher engine, and no magic without it.
    await writeRaw(board.configuration.layout.primary.base + board.configuration.layout.primary.size - sectorSize, new Uint8Array(sectorSize));
    expect((await board.boot()).banner).toMatchObject({ version: newer() });
    await board.app.confirm();
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from, expect: /Confirm Flag Not Correctly Written/, withinMs: 5000 });
    await stoppedAtFlag();
    await board.boot({ expect: /Confirm Flag Not Correctly Written/, withinMs: 5000 });
    await stoppedAtFlag();
    await clearFlag();
    const freed = await board.boot();
    expect(freed.rotLines).not.toContain(CONFIRM_FAILED);
    expect(freed.banner).toMatchObject({ version: newer() });
  });

  it('an image in the primary slot with a copy_done that is neither unset nor set → not unset, so the flag is taken over', async () => {
    await spoilt(0x30, () => 2);
    const { banner, rotLines } = await selfReset();
    expect(rotLines).not.toContain(CONFIRM_FAILED);
    expect(banner).toMatchObject({ version: newer() });
    expect(await imageOk()).toBe('set');
  });

  it('an image with a trailer that no swap wrote → the boot stops at the flag, at every reset; the flag cleared → it boots', async () => {
    if (!(await primaryInClear())) skip(ENCIPHERED);
    await board.install(signNewer({ encryptionKey: null, securityCounter: level }), { slot: 'primary' });
    await board.eraseSlot('secondary');
    expect((await board.boot()).banner).toMatchObject({ version: newer() });
    await board.app.confirm();
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from, expect: /Confirm Flag Not Correctly Written/, withinMs: 5000 });
    await stoppedAtFlag();
    await board.boot({ expect: /Confirm Flag Not Correctly Written/, withinMs: 5000 });
    await stoppedAtFlag();
    await clearFlag();
    const freed = await board.boot();
    expect(freed.rotLines).not.toContain(CONFIRM_FAILED);
    expect(freed.banner).toMatchObject({ version: newer() });
  });
});
