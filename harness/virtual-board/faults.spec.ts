import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { buildDaPasswordObk, buildPasswordFile } from '../keys/index.js';
import { faultDescriptions, injectVirtualFaults, listVirtualBoards, startVirtualBoard, toolDirectory, virtualBoardStatus } from './index.js';
import { FaultPlan, parseFault } from './faults.js';
import { Sandbox } from './testing/sandbox.js';

jest.setTimeout(60_000);

describe('--fault', () => {
  it.each([
    ['error-exit-0@-sdp:2', { name: 'error-exit-0', command: '-sdp', nth: 2 }],
    ['hang@debugauth=1', { name: 'hang', command: 'debugauth=1', nth: 1 }],
    ['slow@-HARDRST', { name: 'slow', command: '-hardrst', nth: 1 }],
    ['power-loss@*:17', { name: 'power-loss', command: '*', nth: 17 }],
    ['garbage@-ob displ', { name: 'garbage', command: '-ob displ', nth: 1 }],
  ])('%s → fault, command, count', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  it.each(['hang', 'hang@', 'melt@-d', 'hang@-frobnicate', 'hang@-d:0', 'obk-size@-d', 'regress-race@-psrss', 'com-lost@-psrss', 'verify-mismatch@*'])('%s → refused', (text) => {
    expect(() => parseFault(text)).toThrow(expect.objectContaining({ code: 'fault', kind: 'usage' }));
  });

  it('the second -sdp and the third command of any kind → each struck once, others not', () => {
    const board = { cyclePower: () => undefined, eraseUserFlash: () => undefined, renamePort: () => undefined };
    const plan = new FaultPlan([parseFault('hang@-sdp:2'), parseFault('slow@*:3')], board, () => undefined);
    expect(['-c', '-sdp', '-c', '-sdp', '-sdp'].map((command) => plan.begin(command))).toEqual([undefined, undefined, 'slow', 'hang', undefined]);
    expect(plan.any).toBe(false);
  });
});

describe('the drop-in on a board with faults', () => {
  const name = 'struck';
  let sandbox: Sandbox;
  const swd = ['-c', 'port=SWD', 'mode=Hotplug'];
  const tool = (...argv: readonly string[]) => sandbox.tool(...swd, ...argv);
  const success = { exitCode: 0, output: expect.not.stringMatching(/^Error/m) };
  const failure = (line: string, exitCode = 1) => ({ exitCode, output: expect.stringMatching(new RegExp(`^Error: ${line}`, 'm')) });
  const flash = async (): Promise<Buffer> => {
    await tool('-r', '0x08000000', '8192', sandbox.path('read.bin'));
    return readFileSync(sandbox.path('read.bin'));
  };
  const download = () => tool('-d', sandbox.path('a.bin'), '0x08000000', '-v');
  const option = async (field: string): Promise<string | undefined> => new RegExp(`${field}\\s+: (\\S+)`).exec((await tool('-ob', 'displ')).output)?.[1];
  const contents = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7) & 0xff));

  beforeAll(async () => {
    sandbox = new Sandbox();
    await startVirtualBoard({ kit: 'stm32h7s78-dk', name, faults: ['error-exit-0@-ob:2'] });
    writeFileSync(sandbox.path('a.bin'), contents);
    writeFileSync(sandbox.path('da.obk'), buildDaPasswordObk({ password: 'sixteen letters!' }));
    writeFileSync(sandbox.path('password.bin'), buildPasswordFile('sixteen letters!'));
  });
  afterAll(() => sandbox.close());

  it('error-exit-0 at the second -ob → its error line, the line of success behind it, exit status 0, nothing written; the first and the third are', async () => {
    expect(await tool('-ob', 'ECC_ON_SRAM=1')).toMatchObject(success);
    const struck = await tool('-ob', 'ECC_ON_SRAM=0');
    expect(struck).toMatchObject(failure('Option Byte Programming failed', 0));
    expect(struck.output).toMatch(/Error:[^]*Option Bytes successfully programmed/);
    expect(await option('ECC_ON_SRAM')).toBe('0x1');
    expect(await tool('-ob', 'ECC_ON_SRAM=0')).toMatchObject(success);
    expect(await option('ECC_ON_SRAM')).toBe('0x0');
  });

  it('usb-lost in a download → half of it written, DEV_USB_COMM_ERR; again → whole', async () => {
    await injectVirtualFaults(name, ['usb-lost@-d']);
    expect(await download()).toMatchObject(failure('ST-LINK error \\(DEV_USB_COMM_ERR\\)'));
    const half = await flash();
    expect(half.subarray(0, 2048)).toEqual(contents.subarray(0, 2048));
    expect(half.subarray(2048, 4096).every((byte) => byte === 0xff)).toBe(true);
    expect(await download()).toMatchObject(success);
    expect((await flash()).subarray(0, 4096)).toEqual(contents);
  });

  it('verify-mismatch → one bit wrong in flash and the verification says where; an option byte keeps its value; again → right', async () => {
    await injectVirtualFaults(name, ['verify-mismatch@-d', 'verify-mismatch@-ob']);
    expect(await download()).toMatchObject(failure('Data mismatch found at address 0x08000FFF'));
    expect(await tool('-ob', 'XSPI1_HSLV=1')).toMatchObject(failure('Expected value for Option Byte "XSPI1_HSLV": 0x1, found: 0x0'));
    expect(await download()).toMatchObject(success);
    expect(await tool('-ob', 'XSPI1_HSLV=1')).toMatchObject(success);
  });

  it('obk-size → RSSLIB_SETOBKEY_BAD_SIZE; hang → no end, and a kill ends it; slow → four seconds more; garbage → done, unreadable', async () => {
    await injectVirtualFaults(name, ['obk-size@-sdp', 'hang@-rst', 'slow@-e', 'garbage@-ob']);
    expect(await tool('-sdp', sandbox.path('da.obk'))).toMatchObject(failure('RSSLIB_SETOBKEY_BAD_SIZE'));
    const hung = await execa(`${toolDirectory()}/STM32_Programmer_CLI`, [...swd, '-rst'], { reject: false, timeout: 2500, all: true, env: { ROT_HIL_RUNTIME_DIR: sandbox.path('run'), ROT_HIL_NODE: process.execPath } });
    expect(hung).toMatchObject({ timedOut: true, all: expect.stringContaining('MCU Reset') });
    const before = Date.now();
    expect(await tool('-e', '0')).toMatchObject(success);
    expect(Date.now() - before).toBeGreaterThan(4000);
    const noisy = await tool('-ob', 'XSPI2_HSLV=1');
    expect(noisy.exitCode).toBe(0);
    expect(noisy.output).not.toContain('Option Bytes successfully programmed');
    expect(await option('XSPI2_HSLV')).toBe('0x1');
  });

  it('reconnect-fail → the state has changed all the same; power-loss at the next change → it has not; com-lost → half written, no answer', async () => {
    expect(await tool('-sdp', sandbox.path('da.obk'))).toMatchObject(success);
    await injectVirtualFaults(name, ['reconnect-fail@-psrss', 'power-loss@-psrss:2', 'com-lost@-e']);
    expect(await tool('-psrss', '0x17')).toMatchObject(failure('failed to reconnect after reset !'));
    expect(await virtualBoardStatus(name)).toMatchObject({ state: 'boot-loader', productState: 'PROVISIONING' });
    expect(await tool('-psrss', '0x72')).toMatchObject(failure('ST-LINK error'));
    expect(await virtualBoardStatus(name)).toMatchObject({ productState: 'PROVISIONING' });
    const loader = 'MX66UW1G45G_STM32H7S78-DK_XSPIM1-SFIx.stldr';
    const erase = () => sandbox.tool('-c', 'port=COM19', 'br=921600', '-elbl', loader, '-e', '[0 3]');
    const board = listVirtualBoards().find((one) => one.name === name)!;
    const port = (): string => (existsSync(board.console) ? readlinkSync(board.console) : '');
    const moved = async (from: string): Promise<void> => {
      for (let left = 200; left > 0 && (port() === '' || port() === from); left--) await sleep(10);
      expect([port(), '']).not.toContain(from);
    };
    const first = port();
    expect(await erase()).toMatchObject(failure('Timeout error occured while waiting for acknowledgement'));
    await moved(first);
    expect(await erase()).toMatchObject(success);
    const second = port();
    await injectVirtualFaults(name, ['com-renamed@-e']);
    expect(await erase()).toMatchObject(success);
    await moved(second);
  });

  it('usb-lost at the last change → CLOSED, and the tool never learns it; a regression whose power fails → closed still; once more → OPEN, and the port silent for a while', async () => {
    await injectVirtualFaults(name, ['usb-lost@-psrss', 'power-loss@debugauth=1', 'regress-race@debugauth=1:2']);
    expect(await tool('-psrss', '0x72')).toMatchObject(failure('ST-LINK error'));
    expect(await virtualBoardStatus(name)).toMatchObject({ productState: 'CLOSED-PASSWORD' });
    const regress = () => sandbox.tool('-c', 'port=SWD', `pwd=${sandbox.path('password.bin')}`, 'debugauth=1');
    expect(await regress()).toMatchObject(failure('ST-LINK error'));
    expect(await virtualBoardStatus(name)).toMatchObject({ productState: 'CLOSED-PASSWORD' });
    expect(await regress()).toMatchObject(success);
    expect(await virtualBoardStatus(name)).toMatchObject({ productState: 'OPEN' });
    expect(await tool()).toMatchObject(failure('Cannot connect to access port 1!'));
    await sleep(1500);
    expect(await tool()).toMatchObject(success);
  });

  it('every fault is struck in this file', () => {
    const text = readFileSync(import.meta.filename, 'utf8');
    for (const fault of Object.keys(faultDescriptions)) expect(text).toMatch(new RegExp(`'${fault}@(?!\\*)[^']+'`));
  });
});
