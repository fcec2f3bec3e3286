/** From C source to a banner, by the tool's calls alone: ST's OPEN flow (STM32CubeH7RS ROT_Provisioning/OEMiROT, *.sh) on a fresh board. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SerialPort } from 'serialport';
import { flattenElf, readElf } from '../elf/index.js';
import { signImage, toIntelHex } from '../image/index.js';
import { buildOemirotConfigObk, buildDataObk, deriveKeyPair, oemirotAhkOpenObk, seededRandom } from '../keys/index.js';
import { startVirtualBoard, stopVirtualBoard, virtualBoardStatus } from './index.js';
import { Sandbox } from './testing/sandbox.js';

jest.setTimeout(60_000);

const loader = 'STM32CubeProgrammer/bin/ExternalLoader/MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr';
const prebuilt = (name: string): string => join(import.meta.dirname, '..', '..', 'firmware-fixtures', 'prebuilt', name);
const signing = deriveKeyPair('first-boot', 'signing');
const encryption = deriveKeyPair('first-boot', 'encryption');
const stranger = deriveKeyPair('first-boot', 'stranger');

let sandbox: Sandbox;
let port: SerialPort | undefined;
let text = '';
beforeEach(() => {
  sandbox = new Sandbox();
  text = '';
});
afterEach(async () => {
  const open = port;
  port = undefined;
  if (open !== undefined) await new Promise((resolve) => open.close(resolve));
  await sandbox.close();
});

async function openConsole(path: string): Promise<void> {
  const opened = new SerialPort({ path, baudRate: 115200 });
  opened.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  await new Promise((resolve) => opened.once('open', resolve));
  port = opened;
}

async function seen(pattern: RegExp, withinMs = 10_000): Promise<string> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(10)) {
    const match = pattern.exec(text);
    if (match !== null) return match[0];
  }
  throw new Error(`no ${String(pattern)} on the console:\n${text}`);
}

function image(application: string, version: string, signKey = signing.privateKey): string {
  const { bytes } = flattenElf(readElf(readFileSync(prebuilt(application))), 0x200000);
  const slot = signImage(bytes, {
    mode: 'overwrite', version, securityCounter: 'auto', headerSize: 0x400, slotSize: 0x200000, align: 16, pad: true,
    signKey, encryptionKey: encryption.publicKey, random: seededRandom('first-boot', version),
  });
  const file = sandbox.path(`${version}.hex`);
  writeFileSync(file, toIntelHex([{ address: 0x90200000, bytes: slot }]));
  return file;
}

const connect = (mode: string): string[] => ['-c', 'port=SWD', 'speed=fast', 'ap=1', `mode=${mode}`];
async function call(...argv: readonly string[]): Promise<string> {
  const { exitCode, output } = await sandbox.tool(...argv);
  if (exitCode !== 0 || /^Error/m.test(output)) throw new Error(`${argv.join(' ')}\n${output}`);
  return output;
}

/** Everything but the image: option bytes, OBKeys, root of trust, protections. */
async function provision(): Promise<void> {
  const obkeys = {
    'ahk.obk': oemirotAhkOpenObk(),
    'config.obk': buildOemirotConfigObk({ authPublicKey: signing.publicKey, encPrivateKey: encryption.privateKey, doEncryption: false }),
    'data.obk': buildDataObk({ owner: 'oemirot', doEncryption: false }),
  };
  const sectors = (value: number): string[] => Array.from({ length: 8 }, (_, sector) => `WRPS${String(sector)}=${String(value)}`);
  await call(...connect('Hotplug'), '-ob', 'DTCM_AXI_SHARE=0', 'ITCM_AXI_SHARE=0');
  for (const [name, bytes] of Object.entries(obkeys)) {
    writeFileSync(sandbox.path(name), bytes);
    await call(...connect('Hotplug'), '-vb', '3', '-sdp', sandbox.path(name));
  }
  await call(...connect('UR'), '-ob', ...sectors(1), 'HDP_AREA_START=1', 'HDP_AREA_END=0', '-e', 'all');
  for (const option of ['ECC_ON_SRAM=1', 'XSPI1_HSLV=1', 'XSPI2_HSLV=1']) await call(...connect('Hotplug'), '-ob', option);
  await call(...connect('Hotplug'), '-d', prebuilt('oemirot-placeholder.bin'), '0x8000000', '-v');
  await call(...connect('Hotplug'), '-ob', ...sectors(0), 'HDP_AREA_START=0', 'HDP_AREA_END=0xff');
}
const install = (file: string): Promise<string> => call(...connect('normal'), '-el', loader, '-d', file, '--verify');
const reset = (): Promise<string> => call(...connect('Hotplug'), '-hardRst');

describe('the first boot', () => {
  it('provisioned by the tool → boot log and banner on the port, requests answered, an update installed after a reset', async () => {
    const board = await startVirtualBoard({ kit: 'stm32h7s78-dk' });
    await provision();
    await install(image('app-1.0.0.elf', '1.0.0'));
    await openConsole(board.console);
    await reset();
    const banner = await seen(/\$rot-hil fixture=app version=1\.0\.0 .*crc=[0-9a-f]{8}\r\n/i);
    expect(banner).toContain(' run=0x70000400 vtor=0x70000400 ');
    expect(text).toMatch(/\[INF\] Starting bootloader OEMiROT\r\n/);
    expect(text).toMatch(/\[INF\] Jumping to the first image slot\r\n/);
    expect(text.indexOf('$rot-hil')).toBeGreaterThan(text.indexOf('Jumping'));

    port!.write('1 echo hello\n');
    expect(await seen(/@1 ok .*\r\n/)).toContain('text=hello');
    await expect(virtualBoardStatus(board.name)).resolves.toMatchObject({ state: 'running', reason: null, console: { dropped: 0 } });

    await install(image('app-1.1.0.elf', '1.1.0'));
    text = '';
    await reset();
    await seen(/\$rot-hil fixture=app version=1\.1\.0 /);
    text = '';
    port!.write('2 reset\n');
    await seen(/@2 ok/);
    await seen(/\$rot-hil fixture=app version=1\.1\.0 /);
  });

  it('an older release of the root of trust is modelled → region 5 opens AHB SRAM2 only: a load from AXI SRAM1 faults, as the twin of the current release does not', async () => {
    const answers: Record<string, string> = {};
    for (const rotRelease of ['current', 'ahb-sram2'] as const) {
      const board = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: rotRelease, rotRelease });
      await provision();
      await install(image('app-1.0.0.elf', '1.0.0'));
      await openConsole(board.console);
      await reset();
      await seen(/\$rot-hil fixture=app .*\r\n/);
      port!.write('1 fault read 0x24001000\n');
      answers[rotRelease] = await seen(/(@1 ok|!fault seq=1) .*\r\n/);
      await new Promise((resolve) => port!.close(resolve));
      port = undefined;
      text = '';
      await stopVirtualBoard(board.name);
    }
    expect(answers['current']).toContain('@1 ok value=');
    expect(answers['ahb-sram2']).toContain('exception=4 cfsr=0x00000082 hfsr=0x00000000 mmfar=0x24001000 ');
  });

  it('what the probe does to a running application: hot plug leaves it alone, resets boot it, a flash loader leaves it halted', async () => {
    const board = await startVirtualBoard({ kit: 'stm32h7s78-dk' });
    await provision();
    await install(image('app-1.0.0.elf', '1.0.0'));
    const boots = async (): Promise<number> => (await virtualBoardStatus(board.name)).boots;
    await expect(virtualBoardStatus(board.name)).resolves.toMatchObject({ state: 'halted' });
    const before = await boots();
    await openConsole(board.console);
    await reset();
    await seen(/\$rot-hil fixture=app .*\r\n/);
    expect(await boots()).toBe(before + 1);

    await call(...connect('Hotplug'), '-w32', '0x30007000', '0xcafe1234');
    port!.write('7 read 0x30007000 4\n');
    expect(await seen(/@7 .*\r\n/)).toContain('value=0xcafe1234');
    expect(await boots()).toBe(before + 1);
    for (const how of ['-rst', '-hardRst', '-g']) await call(...connect('Hotplug'), how);
    expect(await boots()).toBe(before + 4);
    // AHB SRAM2 keeps its content over every reset but the one at power-on.
    expect(await call(...connect('Hotplug'), '-r32', '0x30007000')).toContain('0x30007000 : CAFE1234');
    await call(...connect('UR'));
    await sleep(50);
    expect(await boots()).toBe(before + 5);

    await call(...connect('Hotplug'), '-el', loader, '-e', '[1024 1025]');
    await expect(virtualBoardStatus(board.name)).resolves.toMatchObject({ state: 'halted', boots: before + 5 });
    text = '';
    port!.write('8 identify\n');
    await sleep(200);
    expect(text).toBe('');
    await reset();
    await seen(/\$rot-hil fixture=app .*\r\n/);
  });

  it('an image signed by a stranger → refused in the boot log, a turn of the reset loop each second; the right one → boots', async () => {
    const board = await startVirtualBoard({ kit: 'stm32h7s78-dk' });
    await provision();
    await install(image('app-1.0.0.elf', '1.0.0', stranger.privateKey));
    await openConsole(board.console);
    await reset();
    await seen(/Image in the secondary slot is not valid![^]*Unable to find bootable image[^]*Starting bootloader OEMiROT[^]*Unable to find bootable image/);
    expect(text).not.toContain('$rot-hil');
    await expect(virtualBoardStatus(board.name)).resolves.toMatchObject({ state: 'waiting' });
    await install(image('app-1.0.0.elf', '1.0.0'));
    text = '';
    await reset();
    await seen(/\$rot-hil fixture=app version=1\.0\.0 /);
  });
});
