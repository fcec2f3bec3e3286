/**
 * ST's own scripts, unmodified, against virtual boards, for owners of the STM32CubeH7RS package: `ROT_HIL_CUBE=<folder> npm run test:cube`.
 * Nothing of ST's is in this repository: the folders that the scripts need are copied from there into a temporary one, and what ST's build would put beside
 * them is made here: the applications are this project's fixtures, signed with ST's keys by ST's postbuild scripts through the drop-in; the roots of trust are placeholders.
 * Needed: bash, python3 with what AppliCfg wants (Utilities/PC_Software/ROT_AppliConfig/README.md), arm-none-eabi-gcc for its preprocessor.
 */
import { existsSync, cpSync, copyFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { flattenElf, readElf } from '../elf/index.js';
import { startVirtualBoard, stopVirtualBoard, toolDirectory, virtualBoardLog, virtualBoardStatus } from './index.js';
import { Sandbox } from './testing/sandbox.js';

jest.setTimeout(600_000);

const cube = process.env['ROT_HIL_CUBE'];
const prebuilt = (name: string): string => join(import.meta.dirname, '..', '..', 'firmware-fixtures', 'prebuilt', name);
const rotPlaceholder = prebuilt('oemirot-placeholder.bin');
const dk = 'Projects/STM32H7S78-DK';
const rot = `${dk}/Applications/ROT`;
const wanted = [`${dk}/ROT_Provisioning`, rot, 'Projects/NUCLEO-H7S3L8/ROT_Provisioning', 'Utilities/PC_Software/ROT_AppliConfig', 'Drivers/CMSIS', 'Drivers/STM32H7RSxx_HAL_Driver'];

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
  const include = ['Inc', '../../../../../Drivers/STM32H7RSxx_HAL_Driver/Inc', '../../../../../Drivers/CMSIS/Device/ST/STM32H7RSxx/Include', '../../../../../Drivers/CMSIS/Core/Include'];
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

// Without the package there is nothing to run, and the title says so.
(cube === undefined ? describe.skip : describe)(cube === undefined ? "ST's scripts: set ROT_HIL_CUBE to the folder of the STM32CubeH7RS package" : "ST's scripts", () => {
  beforeAll(() => {
    sandbox = new Sandbox();
    for (const folder of wanted) {
      const from = join(cube!, folder);
      if (!existsSync(from)) throw new Error(`${from} does not exist: ROT_HIL_CUBE names the folder of the STM32CubeH7RS package`);
      if (folder.startsWith('Drivers')) {
        mkdirSync(inCube('Drivers'), { recursive: true });
        symlinkSync(from, inCube(folder));
      } else cpSync(from, inCube(folder), { recursive: true });
    }
    mkdirSync(sandbox.path('home'));
    // STiROT/update_appli_setup.sh asks for this file in lower case; in the package its name has a capital S.
    const linker = inCube(rot, 'STiROT_Appli', 'EWARM', 'stm32h7s7xx_flash.icf');
    if (!existsSync(linker)) copyFileSync(linker.replace('h7s7xx', 'h7S7xx'), linker);
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    const kit = expect.getState().currentTestName?.includes('NUCLEO') === true ? 'nucleo-h7s3l8' : 'stm32h7s78-dk';
    await startVirtualBoard({ kit, name: 'scripts' });
  });
  afterEach(() => stopVirtualBoard('scripts'));

  it('STM32H7S78-DK OEMiROT, CLOSED and certificate → boots; discovery.sh; regression.sh CERTIFICATE → OPEN; default state OPEN → boots', async () => {
    await buildOemirot();
    defaultState('OEMiROT', 'CLOSED', 'CERTIFICATE');
    expect(await done(`${dk}/ROT_Provisioning/OEMiROT`, 'provisioning.sh', ['AUTO'])).toContain('The board is correctly configured');
    await runs('CLOSED-ECDSA');
    // The script ends in a `return` outside a function, which is bash's status 2 whatever the tool did.
    expect((await script(`${dk}/ROT_Provisioning/DA`, 'discovery.sh', ['AUTO'])).output).toMatch(/ST_LIFECYCLE_CLOSED[^]*:0xeaeaeaea[^]*Discovery Success[^]*discovery script success/);
    await opened(`${dk}/ROT_Provisioning/DA`, 'CERTIFICATE');
    defaultState('OEMiROT', 'OPEN', 'CERTIFICATE');
    await done(`${dk}/ROT_Provisioning/OEMiROT`, 'provisioning.sh', ['AUTO']);
    await sandbox.tool('-c', 'port=SWD', 'mode=Hotplug', '-hardRst');
    await runs('OPEN');
  });

  it('STM32H7S78-DK STiROT, CLOSED and password → boots; regression.sh PASSWORD → OPEN', async () => {
    await buildIloader();
    built('STiROT_Appli', 'STM32H7S78-DK_STiROT_Appli.bin', application('app-1.0.0-stirot.elf'));
    await done(`${rot}/STiROT_Appli/STM32CubeIDE`, 'postbuild.sh', ['Release']);
    defaultState('STiROT', 'CLOSED', 'PASSWORD');
    await done(`${dk}/ROT_Provisioning/STiROT`, 'provisioning.sh', ['AUTO']);
    await runs('CLOSED-PASSWORD');
    await opened(`${dk}/ROT_Provisioning/DA`, 'PASSWORD');
  });

  it('STM32H7S78-DK STiROT_OEMuROT, CLOSED and certificate → boots; dbg_auth.sh a → OPEN', async () => {
    await execa('python3', [inCube('Utilities/PC_Software/ROT_AppliConfig/AppliCfg.py'), 'setdefine', '-a', 'uncomment', '-n', 'OEMUROT_ENABLE', '-v', '1', inCube(rot, 'OEMiROT_Boot/Inc/flash_layout.h')]);
    await buildIloader();
    await buildOemirot();
    defaultState('STiROT_OEMuROT', 'CLOSED', 'CERTIFICATE');
    await done(`${dk}/ROT_Provisioning/STiROT_OEMuROT`, 'provisioning.sh', ['AUTO']);
    await runs('CLOSED-ECDSA');
    expect(await done(`${dk}/ROT_Provisioning/DA`, 'dbg_auth.sh', ['a', 'AUTO'])).toContain('dbg_auth script success');
    expect(await status()).toMatchObject({ state: 'empty', productState: 'OPEN' });
  });

  it.each([
    ['CERTIFICATE', 'CLOSED-ECDSA'],
    ['PASSWORD', 'CLOSED-PASSWORD'],
  ])('NUCLEO-H7S3L8 DA, provisioning.sh CLOSED %s → shut; regression.sh → OPEN', async (method, state) => {
    const folder = 'Projects/NUCLEO-H7S3L8/ROT_Provisioning/DA';
    expect(await done(folder, 'provisioning.sh', [], `CLOSED\n${method}\nxx`)).toContain('The board is correctly configured');
    expect(await status()).toMatchObject({ productState: state });
    await opened(folder, method);
  });
});
