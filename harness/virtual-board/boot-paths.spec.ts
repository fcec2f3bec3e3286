/**
 * The three boot paths to product states CLOSED and LOCKED and back, by the tool's calls alone, in the order of ST's scripts (STM32CubeH7RS
 * ROT_Provisioning: OEMiROT, STiROT and STiROT_OEMuROT provisioning.sh, obkey_provisioning.sh, ob_flash_programming.sh; DA/regression.sh, DA/discovery.sh).
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SerialPort } from 'serialport';
import type { BootPathName } from '../board/index.js';
import { startVirtualBoard, virtualBoardStatus } from './index.js';
import type { BoardEntry } from './index.js';
import { rotPlaceholder, writeBootPath, writeCredentials } from './testing/boot-path-files.js';
import { Sandbox } from './testing/sandbox.js';

jest.setTimeout(120_000);

const hotplug = ['-c', 'port=SWD', 'speed=fast', 'ap=1', 'mode=Hotplug'];
const underReset = ['-c', 'port=SWD', 'speed=fast', 'ap=1', 'mode=UR'];
const bootLoader = ['-c', 'port=COM19', 'br=921600', '-elbl', '/home/user/STMicroelectronics/bin/ExternalLoader/MX66UW1G45G_STM32H7S78-DK_XSPIM1-SFIx.stldr'];
const wrp = ['-obrss', '0x5200221c', '0x000000ff'];
const hdp = ['-obrss', '0x52002234', '0x03ff03ff'];

type Credential = 'DA_Config' | 'DA_ConfigWithPassword' | 'DA_ConfigLock';

let sandbox: Sandbox;
let board: BoardEntry;
let port: SerialPort | undefined;
let text = '';
beforeEach(() => {
  sandbox = new Sandbox();
  text = '';
  writeCredentials((name) => sandbox.path(name));
});
afterEach(async () => {
  const open = port;
  port = undefined;
  if (open?.isOpen === true) await new Promise((resolve) => open.close(resolve));
  await sandbox.close();
});

async function done(...argv: readonly string[]): Promise<string> {
  const { exitCode, output } = await sandbox.call(...argv);
  if (exitCode !== 0 || /^Error/m.test(output)) throw new Error(`${argv.join(' ')}\n${output}`);
  return output;
}
const error = (line: string) => ({ exitCode: 1, output: expect.stringMatching(new RegExp(`^Error: ${line}`, 'm')) });

async function seen(pattern: RegExp): Promise<string> {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(10)) {
    const match = pattern.exec(text);
    if (match !== null) return match[0];
  }
  throw new Error(`no ${String(pattern)} on the console:\n${text}`);
}

async function openConsole(): Promise<void> {
  const opened = new SerialPort({ path: board.console, baudRate: 115200 });
  opened.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  await new Promise((resolve) => opened.once('open', resolve));
  port = opened;
}

/** Up to the last product state, which the caller sets. */
async function provision(bootPath: BootPathName, credential: Credential): Promise<void> {
  const { obkeys, images } = writeBootPath(bootPath, (name) => sandbox.path(name));
  const stirot = bootPath !== 'oemirot';
  await done(...hotplug, '-ob', 'DTCM_AXI_SHARE=0', 'ITCM_AXI_SHARE=0');
  await done(...hotplug, '-psrss', '0x17');
  for (const file of [sandbox.path(`${credential}.obk`), ...obkeys]) {
    await done(...hotplug);
    await done(...hotplug, '-sdp', file);
  }
  await done(...underReset);
  await done(...hotplug, ...wrp, '0xff', '0x00');
  // 0xff at START and 0 at END, as the shell computes it.
  await done(...hotplug, ...hdp, '255', '0x00');
  if (stirot) for (const option of ['XSPI1_HSLV=1', 'XSPI2_HSLV=1']) await done(...hotplug, '-ob', option);
  await done(...underReset);
  await done(...hotplug, '-e', 'all');
  if (stirot) await done(...bootLoader, '-e', '[0', '1]');
  for (const option of ['ECC_ON_SRAM=1', ...(stirot ? [] : ['XSPI1_HSLV=1', 'XSPI2_HSLV=1'])]) await done(...hotplug, '-ob', option);
  await done(...hotplug, '-d', rotPlaceholder, '0x8000000', stirot ? '--verify' : '-v');
  await done(...underReset);
  await done(...hotplug, ...wrp, stirot ? '248' : '0', '0x00');
  if (!stirot) await done(...hotplug, ...hdp, '16711680', '0x00');
  for (const image of images) await done(...bootLoader, '-d', image, '--verify');
  if (stirot) await done(...hotplug, '-obrss', '0x5200220c', '0xff000000', '0xb4', '0x18');
  await done(...underReset);
}

/** A tool in this process is done before the board has heard that its probe is free. */
async function status(): Promise<unknown> {
  for (let left = 500; ; left--) {
    const found = await virtualBoardStatus(board.name);
    if (found.state !== 'halted' || left === 0) return found;
    await sleep(5);
  }
}
const regression = (...credential: readonly string[]) => sandbox.call('-c', 'port=SWD', 'speed=fast', 'per=a', ...credential, 'debugauth=1');
const certificate = () => [`key=${sandbox.path('leaf.pem')}`, `cert=${sandbox.path('chain.b64')}`];

describe('product state CLOSED and back', () => {
  it.each([
    ['oemirot', 'DA_Config', ' run=0x24040400 ', /\[INF\] Starting bootloader OEMiROT\r/],
    ['stirot', 'DA_ConfigWithPassword', ' run=0x24000400 ', undefined],
    ['stirot-oemurot', 'DA_Config', ' run=0x24040400 ', /\[INF\] Starting bootloader OEMuROT 1\.0\.0\r/],
  ] as const)('%s, %s → boots by its own state, shut to the debug port; the credential opens it and erases it', async (bootPath, credential, run, log) => {
    // Started for OEMiRoT: which path it takes says its option bytes and OBKeys.
    board = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'closed', comPort: 'COM19', configuration: { exec: 'int-ram' } });
    await provision(bootPath, credential);
    expect(await status()).toMatchObject({ state: 'boot-loader', productState: 'PROVISIONING', boots: 0 });
    await openConsole();
    expect(await sandbox.call(...hotplug, '-psrss', '0x72')).toMatchObject(error('failed to reconnect after reset !'));
    const banner = await seen(/\$rot-hil fixture=app version=1\.0\.0 .*\r\n/);
    expect(banner).toContain(run);
    if (log === undefined) expect(text).not.toContain('Starting bootloader');
    else expect(text).toMatch(log);
    await new Promise((resolve) => port!.close(resolve));
    const password = credential === 'DA_ConfigWithPassword';
    expect(await status()).toMatchObject({ state: 'running', productState: password ? 'CLOSED-PASSWORD' : 'CLOSED-ECDSA', boots: 1 });

    for (const call of [[...underReset, '-ob', 'displ'], [...hotplug, '-psrss', '0x5C']]) {
      expect(await sandbox.call(...call)).toMatchObject(error('No STM32 target found! If your product embeds Debug Authentication'));
    }
    expect(await sandbox.call(...bootLoader, '-e', '[0', '1]')).toMatchObject(error('Activating device: KO'));
    // The whole call in one argument, as ST's discovery.sh quotes it, by the tool's own file.
    const { output: discovery } = await sandbox.tool('-c port=SWD debugauth=2');
    expect(discovery).toMatch(/^discovery: PSA lifecycle\.+:ST_LIFECYCLE_CLOSED$/m);
    expect(discovery).toMatch(/^discovery: ST provisioning integrity status:0xeaeaeaea$/m);
    expect(discovery).toMatch(/^discovery: permission if authorized\.+:\(a\/14\) ==> Full Regression$/m);

    const wrong = password ? [`pwd=${sandbox.path('other-password.bin')}`] : [`key=${sandbox.path('stranger.pem')}`, `cert=${sandbox.path('chain.b64')}`];
    const other = password ? certificate() : [`pwd=${sandbox.path('password.bin')}`];
    for (const refused of [wrong, other]) expect(await regression(...refused)).toMatchObject(error('Debug Authentication Failed'));
    expect(await status()).toMatchObject({ state: 'running', productState: password ? 'CLOSED-PASSWORD' : 'CLOSED-ECDSA' });
    const opened = await regression(...(password ? [`pwd=${sandbox.path('password.bin')}`] : certificate()));
    expect(opened).toMatchObject({ exitCode: 0, output: expect.stringMatching(/SDMAuthenticate: Authentication successful[^]*Debug Authentication Success/) });
    expect(await status()).toMatchObject({ state: 'empty', productState: 'OPEN' });
    const options = await done(...hotplug, '-ob', 'displ');
    for (const row of [/NVSTATE\s+: 0xB4/, /OEM_PROVD\s+: 0x6A/, /DBG_AUTH\s+: 0xFF/, /IROT_SELECT\s+: 0x6A/, /WRPS0\s+: 0x1/, /HDP_AREA_START\s+: 0xFF/, /ECC_ON_SRAM\s+: 0x0/]) expect(options).toMatch(row);
    await done(...hotplug, '-r', '0x08000000', '0x10000', sandbox.path('flash.bin'));
    expect(readFileSync(sandbox.path('flash.bin')).every((byte) => byte === 0xff)).toBe(true);
    expect(await done('-c', 'port=SWD', 'debugauth=2')).toMatch(/ST_LIFECYCLE_OPEN[^]*integrity status:0xf5f5f5f5/);
  });
});

describe('LOCKED, and states on the way', () => {
  it('what PROVISIONING serves and what not; a production OEMiRoT in LOCKED → refuses to boot, and nothing opens the device again', async () => {
    board = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'locked', comPort: 'COM19', rotBuild: 'production', configuration: { exec: 'int-ram' } });
    expect(await sandbox.call(...bootLoader, '-e', '[0', '1]')).toMatchObject(error('Activating device: KO'));
    await provision('oemirot', 'DA_Config');
    expect(await sandbox.call(...hotplug, '-psrss', '0x17')).toMatchObject(error('there is no way back from PROVISIONING'));
    expect(await sandbox.call(...hotplug, '-ob', 'WRPS0=1')).toMatchObject(error('Expected value for Option Byte "WRPS0": 0x1, found: 0x0'));
    expect(await sandbox.call(...hotplug, '-ob', 'NVSTATE=0xb4')).toMatchObject(error('NVSTATE is no option byte'));
    expect(await sandbox.call(...hotplug, '-w32', '0x24000000', '1')).toMatchObject(error('failed to download the data'));
    expect(await sandbox.call(...hotplug, '-el', 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr', '-e', '[0', '1]')).toMatchObject(error('failed to erase memory'));
    expect(await sandbox.call(...hotplug, '-obrss', '0x52002204', '0xff', '0xb4', '0')).toMatchObject(error('RSS does not write 0x52002204'));
    expect(await sandbox.call(...hotplug, '-obrss', '0x5200221c', '0x0f', '0xff', '0')).toMatchObject(error('0xff at bit 0 is outside the mask'));
    expect(await sandbox.call(...hotplug, '-psrss', '0x5C')).toMatchObject(error('failed to reconnect after reset !'));
    expect(await status()).toMatchObject({ state: 'waiting', productState: 'LOCKED', reason: expect.stringContaining('product state LOCKED is below CLOSED-ECDSA') });
    expect(await done('-c', 'port=SWD', 'debugauth=2')).toMatch(/ST_LIFECYCLE_LOCKED[^]*integrity status:0xf5f5f5f5/);
    expect(await regression(...certificate())).toMatchObject(error('Debug Authentication Failed'));
    expect(await status()).toMatchObject({ productState: 'LOCKED' });
  });

  it('closed without a debug-authentication OBKey → integrity 0xf5f5f5f5, no way back', async () => {
    board = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'lost' });
    await done(...hotplug, '-psrss', '0x17');
    expect(await sandbox.call(...hotplug, '-sdp', rotPlaceholder)).toMatchObject(error('RSSLIB_SETOBKEY_BAD_SIZE'));
    expect(await sandbox.call(...hotplug, '-psrss', '0x72')).toMatchObject(error('failed to reconnect after reset !'));
    expect(await done('-c', 'port=SWD', 'debugauth=2')).toMatch(/ST_LIFECYCLE_CLOSED[^]*integrity status:0xf5f5f5f5/);
    expect(await regression(...certificate())).toMatchObject(error('Debug Authentication Failed'));
  });

  it('forced download by certificate → the boot loader answers until the next reset; debug by certificate → the debug port is open', async () => {
    board = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'opened', comPort: 'COM19' });
    await done(...hotplug, '-psrss', '0x17');
    await done(...hotplug, '-sdp', sandbox.path('DA_Config.obk'));
    await sandbox.call(...hotplug, '-psrss', '0x72');
    const authenticate = (per: string) => sandbox.call('-c', 'port=SWD', `per=${per}`, ...certificate(), 'debugauth=1');
    expect(await authenticate('b')).toMatchObject(error('Debug Authentication Failed'));
    expect((await authenticate('z')).exitCode).toBe(0);
    // The boot loader's port is the console's: who holds that open is in the way.
    await openConsole();
    expect(await sandbox.tool(...bootLoader, '-e', '[0', '1]')).toMatchObject(process.platform === 'linux' ? error('Cannot open port COM19') : { exitCode: 0 });
    await new Promise((resolve) => port!.close(resolve));
    await done(...bootLoader, '-e', '[0', '1]');
    expect(await sandbox.call(...hotplug)).toMatchObject(error('No STM32 target found'));
    expect((await authenticate('f')).exitCode).toBe(0);
    await done(...hotplug, '-r32', '0x20000000');
  });
});
