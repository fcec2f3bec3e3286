import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, image, running, skip } from 'rot-hil';

// The boot paths that begin in ROM: STiRoT starts the application, or OEMuROT that starts it, in product state CLOSED and above only. The debug port is shut there;
// an application comes in over the boot loader before the board is closed, and the way back is a full regression by debug authentication
// (STM32CubeH7RS ROT_Provisioning/STiROT and STiROT_OEMuROT: provisioning.sh, DA/regression.sh).
const INTEGRITY = '0xeaeaeaea';
/** Longer than any start takes. */
const QUIET_MS = 2000;
const version = (): string => board.applications.application.version;
const runAddress = (): number => board.configuration.layout.runAddress;
const viaOemurot = (): boolean => board.configuration.bootPath === 'stirot-oemurot';

beforeAll(async () => {
  if (board.productState !== 'CLOSED') skip('for the boot paths stirot and stirot-oemurot, whose board is closed');
  await running({ changes: true });
});

describe('closed', () => {
  it('status asked → CLOSED, the integrity of a sound credential, a way back; the journal certain', async () => {
    expect(await board.status()).toMatchObject({ productState: 'CLOSED', integrity: INTEGRITY, recoverable: true, boots: null, journal: { certain: true } });
  });

  it('reset → the application starts at its run address, VTOR says so too; OEMuROT logs, STiRoT does not', async () => {
    const { banner, rotLines } = await board.boot();
    expect(banner).toMatchObject({ version: version(), run: `0x${runAddress().toString(16).padStart(8, '0')}` });
    expect((await board.app.vtor()).vtor).toBe(runAddress());
    expect(rotLines.filter((line) => line.includes('Starting bootloader')).map((line) => line.replace(/ \d.*/, ''))).toEqual(viaOemurot() ? ['[INF] Starting bootloader OEMuROT'] : []);
  });

  it('MPU read → on without a map behind its regions; executable are the code area of the application, and what OEMuROT runs from', async () => {
    const { ctrl, regions } = await board.app.mpu();
    // unverified: that STiRoT leaves no map behind its regions. Public is what may be executed, and it follows from that.
    expect(ctrl & 5).toBe(1);
    const executable = regions.flatMap(({ rbar, rasr }) => ((rasr & 1) === 1 && (rasr & (1 << 28)) === 0 ? [{ base: (rbar & 0xffffffe0) >>> 0, size: 2 ** (((rasr >> 1) & 0x1f) + 1) }] : []));
    const { run, primary } = board.configuration.layout;
    const { base, size } = run ?? primary;
    // OEMuROT adds its own code in AXI SRAM1 and the RSS library (OEMiROT_Boot/Src/low_level_security.c).
    const others = viaOemurot() ? [{ base: 0x24000000, size: 0x20000 }, { base: 0x1ff16000, size: 0x2000 }] : [];
    expect(executable).toEqual([...others, { base, size }]);
  });

  it('SBS_HDPLSR read → hide-protection level 3: no OBKey of a root of trust is within reach', async () => {
    // SBS answers with its clock on (RCC_APB4ENR.SBSEN); whether ROM leaves it on is not public.
    await board.app.write(0x58024554, (await board.app.read(0x58024554)) | 2);
    expect(await board.app.read(0x58000414)).toBe(0x6f);
  });

  it('code in RAM that is data → MemManage IACCVIOL; in the own code area → runs', async () => {
    expect(await board.app.fault({ exec: 0x30007000 })).toMatchObject({ name: 'MemManage', flags: ['IACCVIOL'] });
    expect(await board.app.access({ exec: runAddress() + 0x2c0 })).toBe(0x600d);
  });

  it('debug port: connecting, reading, a download into the slot → refused each; the application is the same after a reset', async () => {
    const { programmer, bench } = board;
    const folder = mkdtempSync(join(tmpdir(), 'rot-hil-stirot-'));
    try {
      const file = join(folder, 'update.bin');
      writeFileSync(file, image({ app: board.applications.update.path, version: board.applications.update.version }).bytes.subarray(0, 0x1000));
      const refused = { kind: 'bench', code: 'target-unreachable' };
      await expect(programmer.connect('Hotplug')).rejects.toMatchObject(refused);
      await expect(programmer.read(runAddress(), 16)).rejects.toMatchObject(refused);
      await expect(programmer.download(file, { address: board.configuration.layout.secondary.base, externalLoader: bench.externalLoader, verify: true })).rejects.toMatchObject(refused);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await expect(board.install(image())).rejects.toMatchObject({ code: 'debug-port-shut' });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});

describe('opened and closed again', () => {
  it('an image signed by a stranger → the brick guard refuses before the board is opened: still closed, and boots', async () => {
    await expect(board.provision({ image: image({ signedBy: 'stranger' }) })).rejects.toMatchObject({ kind: 'guard', code: 'brick-guard', fields: { rules: ['images'] } });
    expect(await board.status()).toMatchObject({ productState: 'CLOSED' });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });

  it('full regression by debug authentication → OPEN, read back; nothing starts any more', async () => {
    expect(await board.regress()).toBe('CLOSED');
    expect(await board.status()).toMatchObject({ productState: 'OPEN', recoverable: true });
    const from = await board.reset();
    expect((await board.listen(QUIET_MS, from)).map(({ text }) => text)).toEqual([]);
  });

  it('regression of an open board → nothing is done; the update provisioned → closed again, and the newer version starts', async () => {
    expect(await board.regress()).toBe('OPEN');
    const { path, version: newer } = board.applications.update;
    await board.provision({ image: board.signApplication(path, { version: newer }) });
    expect((await board.boot()).banner).toMatchObject({ version: newer });
    expect(await board.status()).toMatchObject({ productState: 'CLOSED', integrity: INTEGRITY });
  });

  it('provisioned while closed, with the older version → opened, erased, closed: it starts, as its counter begins anew with the OBKeys', async () => {
    await board.provision({ image: image() });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});
