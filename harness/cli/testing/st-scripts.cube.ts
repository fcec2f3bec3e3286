/**
 * ST's own scripts, unmodified, against virtual boards, for owners of the STM32CubeH7RS package: `ROT_HIL_CUBE=<folder> npm run test:cube`.
 * Nothing of ST's is in this repository: the folders that the scripts need are copied from there into a temporary one, and what ST's build would put beside
 * them is made here: the applications are this project's fixtures, signed with ST's keys by ST's postbuild scripts through the drop-in; the roots of trust are placeholders.
 * Afterwards `rot-hil provision --st-folder` brings another board to the same state, byte for byte.
 * Needed: bash, python3 with what AppliCfg wants (Utilities/PC_Software/ROT_AppliConfig/README.md), arm-none-eabi-gcc for its preprocessor.
 */
import { existsSync, cpSync, copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import type { BootPathName } from '../../board/index.js';
import { loadKit } from '../../board/index.js';
import { flattenElf, readElf } from '../../elf/index.js';
import { readStEnvironment } from '../../provisioning/index.js';
import { startVirtualBoard, stopVirtualBoard, toolDirectory, virtualBoardLog, virtualBoardStatus } from '../../virtual-board/index.js';
import { Sandbox } from '../../virtual-board/testing/sandbox.js';
import { cubeHeaders } from './cube-headers.js';

jest.setTimeout(600_000);

const cube = process.env['ROT_HIL_CUBE'];
const prebuilt = (name: string): string => join(import.meta.dirname, '..', '..', '..', 'firmware-fixtures', 'prebuilt', name);
const rotPlaceholder = prebuilt('oemirot-placeholder.bin');
const dk = 'Projects/STM32H7S78-DK';
const rot = `${dk}/Applications/ROT`;
const nucleo = 'Projects/NUCLEO-H7S3L8/ROT_Provisioning';
const wanted = [`${dk}/ROT_Provisioning`, rot, nucleo, 'Utilities/PC_Software/ROT_AppliConfig'];

let sandbox: Sandbox;
const inCube = (...parts: readonly string[]): string => sandbox.path('cube', ...parts);

/** Runs a script of ST's in its own folder. */
async function script(folder: string, name: string, argv: readonly string[] = [], input = ''): Promise<{ readonly exitCode: number; readonly output: string }> {
  const result = await execa('bash', [name, ...argv], {
    cwd: inCube(folder), input, reject: false, all: true, timeout: 300_000,
    // env.sh puts a folder below HOME in front of PATH: an empty one, so that the drop-ins are found.
    env: { HOME: sandbox.path('home'), SHELL: '/bin/bash', PATH: [toolDirectory(), process.env['PATH'] ?? ''].join(delimiter), ROT_HIL_RUNTIME_DIR: sandbox.path('run'), ROT_HIL_NODE: process.execPath },
  });
  return { exitCode: result.exitCode ?? -1, output: result.all };
}

async function done(folder: string, name: string, argv: readonly string[] = [], input = ''): Promise<string> {
  const { exitCode, output } = await script(folder, name, argv, input);
  if (exitCode !== 0) throw new Error(`${folder}/${name} ended with ${String(exitCode)}:\n${output}\n${logs(folder)}`);
  return output;
}

/** What the scripts wrote beside them. */
const logs = (folder: string): string =>
  readdirSync(inCube(folder))
    .filter((name) => name.endsWith('.log'))
    .map((name) => `== ${name}\n${readFileSync(inCube(folder, name), 'utf8').slice(-1500)}`)
    .join('\n');

/** Puts a "build" where a postbuild script expects it. */
function built(project: string, name: string, bytes: Uint8Array): void {
  mkdirSync(inCube(rot, project, 'STM32CubeIDE', 'Release'), { recursive: true });
  mkdirSync(inCube(rot, project, 'Binary'), { recursive: true });
  writeFileSync(inCube(rot, project, 'STM32CubeIDE', 'Release', name), bytes);
}
const application = (name: string): Uint8Array => flattenElf(readElf(readFileSync(prebuilt(name))), 0x200000).bytes;

/** OEMiROT_Boot's pre- and postbuild: the layout as the preprocessor sees it, from it the scripts and XML files; then the application's. */
async function buildOemirot(): Promise<void> {
  const include = ['Inc', ...cubeHeaders(cube!)];
  await execa('arm-none-eabi-gcc', ['-E', '-P', '-xc', '-DBL2', '-DSTM32H7S7xx', ...include.map((folder) => `-I${folder}`), '-oSTM32CubeIDE/image_macros_preprocessed_bl2.c', 'Src/image_macros_to_preprocess_bl2.c'], { cwd: inCube(rot, 'OEMiROT_Boot') });
  built('OEMiROT_Boot', 'STM32H7S78-DK_OEMiROT_Boot.bin', readFileSync(rotPlaceholder));
  await done(`${rot}/OEMiROT_Boot/STM32CubeIDE`, 'postbuild.sh', ['Release']);
  built('OEMiROT_Appli', 'STM32H7S78-DK_OEMiROT_Appli.bin', application('app-1.0.0.elf'));
  await done(`${rot}/OEMiROT_Appli/STM32CubeIDE`, 'postbuild.sh', ['Release']);
}

async function buildIloader(): Promise<void> {
  built('STiROT_iLoader', 'STM32H7S78-DK_STiROT_iLoader.bin', readFileSync(rotPlaceholder));
  await done(`${rot}/STiROT_iLoader/STM32CubeIDE`, 'prebuild.sh');
  await done(`${rot}/STiROT_iLoader/STM32CubeIDE`, 'postbuild.sh', ['Release']);
}

/** Config/default_state.txt, which `AUTO` reads, as a user would edit it. */
function defaultState(bootPath: string, state: string, method: string): void {
  writeFileSync(inCube(dk, 'ROT_Provisioning', bootPath, 'Config', 'default_state.txt'), `default_product_state=${state}\ndefault_dbgauth=${method}\n`);
}

const status = () => virtualBoardStatus('scripts');
const runs = async (productState: string): Promise<void> => {
  expect(await status()).toMatchObject({ state: 'running', productState, reason: null });
  expect(readFileSync(virtualBoardLog('scripts'), 'utf8')).toMatch(/boot \d+: application 1\.0\.0/);
};
const opened = async (folder: string, method: string): Promise<void> => {
  expect(await done(folder, 'regression.sh', ['AUTO'], `${method}\n`)).toMatch(/Debug Authentication Success[^]*regression script success/);
  expect(await status()).toMatchObject({ state: 'empty', productState: 'OPEN' });
};

/** Our own command, as its users call it. */
async function ours(...argv: readonly string[]): Promise<Record<string, unknown>> {
  const result = await execa(process.execPath, [join(import.meta.dirname, '..', '..', '..', 'dist', 'harness', 'cli', 'main.js'), ...argv, '--json'], {
    cwd: sandbox.path('home'), reject: false, timeout: 120_000, env: { ROT_HIL_RUNTIME_DIR: sandbox.path('run'), ROT_HIL_STATE_DIR: sandbox.path('state'), NODE_OPTIONS: '' },
  });
  if (result.exitCode !== 0) throw new Error(`rot-hil ${argv.join(' ')} ended with ${String(result.exitCode)}:\n${result.stdout}\n${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

/** Stops the board and keeps what it left without power. */
async function leftBehind(name: string): Promise<string> {
  await stopVirtualBoard('scripts');
  const folder = sandbox.path(`left-${name}`);
  cpSync(sandbox.path('flash'), folder, { recursive: true });
  return folder;
}
const start = async (kit: string): Promise<void> => {
  rmSync(sandbox.path('flash'), { recursive: true, force: true });
  await startVirtualBoard({ kit, name: 'scripts', keepFlash: sandbox.path('flash') });
};

/** Option bytes, product state, OBKeys, internal and external flash, byte for byte. */
const parts = ['option-bytes.json', 'life-cycle.json', 'obkeys.json', 'internal-flash.bin', 'external-flash.nor'];

/** The board as ST's scripts left it against one that `rot-hil provision` made from the same folder. The board "scripts" is ours afterwards. */
async function sameAsOurs(bootPath: BootPathName, ...options: readonly string[]): Promise<void> {
  const theirs = await leftBehind(`${bootPath}-theirs`);
  await start('stm32h7s78-dk');
  await ours('provision', '--board', 'scripts', '--boot-path', bootPath, '--st-folder', inCube(dk, 'ROT_Provisioning'), ...options);
  // The kit's own values are those that ST's scripts end with.
  const found = JSON.parse(readFileSync(join(theirs, 'option-bytes.json'), 'utf8')) as Record<string, number>;
  expect(found).toMatchObject(loadKit('stm32h7s78-dk').bootPaths[bootPath]!.optionBytes);
  const mine = await leftBehind(`${bootPath}-ours`);
  for (const part of parts) expect([part, Buffer.compare(readFileSync(join(theirs, part)), readFileSync(join(mine, part)))]).toEqual([part, 0]);
  await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'scripts', keepFlash: sandbox.path('flash') });
}

// Without the package there is nothing to run, and the title says so.
(cube === undefined ? describe.skip : describe)(cube === undefined ? "ST's scripts: set ROT_HIL_CUBE to the folder of the STM32CubeH7RS package" : "ST's scripts", () => {
  beforeAll(() => {
    sandbox = new Sandbox();
    for (const folder of wanted) {
      const from = join(cube!, folder);
      if (!existsSync(from)) throw new Error(`${from} does not exist: ROT_HIL_CUBE names the folder of the STM32CubeH7RS package`);
      cpSync(from, inCube(folder), { recursive: true });
    }
    mkdirSync(sandbox.path('home'));
    // STiROT/update_appli_setup.sh asks for this file in lower case; in the package its name has a capital S.
    const linker = inCube(rot, 'STiROT_Appli', 'EWARM', 'stm32h7s7xx_flash.icf');
    if (!existsSync(linker)) copyFileSync(linker.replace('h7s7xx', 'h7S7xx'), linker);
  });
  afterAll(() => sandbox.close());
  beforeEach(() => start(expect.getState().currentTestName?.includes('NUCLEO') === true ? 'nucleo-h7s3l8' : 'stm32h7s78-dk'));
  afterEach(() => stopVirtualBoard('scripts'));

  it('env.sh and env.bat of both boards, as shipped → read', () => {
    const shipped = { comPort: 'COM19', externalLoader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr', bootLoaderLoader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1-SFIx.stldr' };
    const projects = { stirot: 'Applications/ROT/STiROT_Appli', iloader: 'Applications/ROT/STiROT_iLoader', 'oemirot-application': 'Applications/ROT/OEMiROT_Appli', 'oemirot-boot': 'Applications/ROT/OEMiROT_Boot' };
    for (const name of ['env.sh', 'env.bat']) {
      expect([name, readStEnvironment(join(cube!, dk, 'ROT_Provisioning', name))]).toMatchObject([name, { ...shipped, projects, hexNames: { stirot: 'appli_enc_sign.hex', oemirot: 'rot_app_enc_sign.hex' } }]);
      expect([name, readStEnvironment(join(cube!, nucleo, name))]).toMatchObject([name, { projects: {} }]);
    }
  });

  it("OEMiROT's script as shipped, before the boot's postbuild → refused, with what is wrong", async () => {
    await expect(ours('provision', '--board', 'scripts', '--state', 'closed', '--st-folder', join(cube!, dk, 'ROT_Provisioning'))).rejects.toThrow(/"code":"st-script".*HDP_AREA_START to 0x1, OEMiROT_Boot demands 0x0; HDP_AREA_END to 0x0, OEMiROT_Boot demands 0xff/);
  });

  it('STM32H7S78-DK OEMiROT, CLOSED and certificate → boots; discovery.sh; our plan does the same; regression.sh CERTIFICATE → OPEN; default state OPEN → boots; our plan does the same', async () => {
    await buildOemirot();
    defaultState('OEMiROT', 'CLOSED', 'CERTIFICATE');
    expect(await done(`${dk}/ROT_Provisioning/OEMiROT`, 'provisioning.sh', ['AUTO'])).toContain('The board is correctly configured');
    await runs('CLOSED-ECDSA');
    // The script ends in a `return` outside a function, which is bash's status 2 whatever the tool did.
    expect((await script(`${dk}/ROT_Provisioning/DA`, 'discovery.sh', ['AUTO'])).output).toMatch(/ST_LIFECYCLE_CLOSED[^]*:0xeaeaeaea[^]*Discovery Success[^]*discovery script success/);
    await sameAsOurs('oemirot', '--state', 'closed', '--da', 'certificate');
    await opened(`${dk}/ROT_Provisioning/DA`, 'CERTIFICATE');
    await stopVirtualBoard('scripts');
    await start('stm32h7s78-dk');
    defaultState('OEMiROT', 'OPEN', 'CERTIFICATE');
    await done(`${dk}/ROT_Provisioning/OEMiROT`, 'provisioning.sh', ['AUTO']);
    await sandbox.tool('-c', 'port=SWD', 'mode=Hotplug', '-hardRst');
    await runs('OPEN');
    await sameAsOurs('oemirot', '--state', 'open');
  });

  it('STM32H7S78-DK STiROT, CLOSED and password → boots; our plan does the same; regression.sh PASSWORD → OPEN', async () => {
    await buildIloader();
    built('STiROT_Appli', 'STM32H7S78-DK_STiROT_Appli.bin', application('app-1.0.0-stirot.elf'));
    await done(`${rot}/STiROT_Appli/STM32CubeIDE`, 'postbuild.sh', ['Release']);
    defaultState('STiROT', 'CLOSED', 'PASSWORD');
    await done(`${dk}/ROT_Provisioning/STiROT`, 'provisioning.sh', ['AUTO']);
    await runs('CLOSED-PASSWORD');
    await sameAsOurs('stirot', '--state', 'closed', '--da', 'password');
    await opened(`${dk}/ROT_Provisioning/DA`, 'PASSWORD');
  });

  it('STM32H7S78-DK STiROT_OEMuROT, CLOSED and certificate → boots; our plan does the same; dbg_auth.sh a → OPEN', async () => {
    await execa('python3', [inCube('Utilities/PC_Software/ROT_AppliConfig/AppliCfg.py'), 'setdefine', '-a', 'uncomment', '-n', 'OEMUROT_ENABLE', '-v', '1', inCube(rot, 'OEMiROT_Boot/Inc/flash_layout.h')]);
    await buildIloader();
    await buildOemirot();
    defaultState('STiROT_OEMuROT', 'CLOSED', 'CERTIFICATE');
    await done(`${dk}/ROT_Provisioning/STiROT_OEMuROT`, 'provisioning.sh', ['AUTO']);
    await runs('CLOSED-ECDSA');
    await sameAsOurs('stirot-oemurot', '--state', 'closed', '--da', 'certificate');
    expect(await done(`${dk}/ROT_Provisioning/DA`, 'dbg_auth.sh', ['a', 'AUTO'])).toContain('dbg_auth script success');
    expect(await status()).toMatchObject({ state: 'empty', productState: 'OPEN' });
  });

  it.each([
    ['CERTIFICATE', 'CLOSED-ECDSA'],
    ['PASSWORD', 'CLOSED-PASSWORD'],
  ])('NUCLEO-H7S3L8 DA, provisioning.sh CLOSED %s → shut; regression.sh → OPEN; closed again, dbg_auth.sh a → OPEN; our plan → boots', async (method, state) => {
    const folder = `${nucleo}/DA`;
    expect(await done(folder, 'provisioning.sh', [], `CLOSED\n${method}\nxx`)).toContain('The board is correctly configured');
    expect(await status()).toMatchObject({ productState: state });
    await opened(folder, method);
    await done(folder, 'provisioning.sh', [], `CLOSED\n${method}\nxx`);
    expect(await status()).toMatchObject({ productState: state });
    expect(await done(folder, 'dbg_auth.sh', ['a', 'AUTO'])).toContain('dbg_auth script success');
    expect(await status()).toMatchObject({ state: 'empty', productState: 'OPEN' });
    await ours('provision', '--board', 'scripts', '--state', 'closed', '--da', method.toLowerCase(), '--st-folder', inCube(nucleo));
    await runs(state);
  });
});
