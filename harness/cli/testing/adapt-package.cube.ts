/**
 * `adapt --project` beside what ST's own scripts do with AppliCfg.py, on two copies of one package: `ROT_HIL_CUBE=<folder of the package> npm run test:cube`.
 * The layout is changed in flash_layout.h or STiROT_Config.xml as a user would change it. Nothing of ST's is in this repository.
 * Needed: bash, python3 with what AppliCfg wants (Utilities/PC_Software/ROT_AppliConfig/README.md), arm-none-eabi-gcc for its preprocessor.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { parseStXml } from '../../image/index.js';
import { toolDirectory } from '../../virtual-board/index.js';
import { runAdapt } from '../adapt-run.js';
import { cubeHeaders } from './cube-headers.js';

jest.setTimeout(300_000);

const cube = process.env['ROT_HIL_CUBE'];
const dk = 'Projects/STM32H7S78-DK';
const rot = `${dk}/Applications/ROT`;
let folder = '';
let count = 0;

/** A copy of what the scripts read and write. */
function packageCopy(): string {
  const copy = join(folder, String(count++));
  for (const part of [`${dk}/ROT_Provisioning`, rot, `${dk}/Templates/Template_ROT`, 'Utilities/PC_Software/ROT_AppliConfig']) {
    const from = join(cube!, part);
    if (!existsSync(from)) throw new Error(`${from} does not exist: ROT_HIL_CUBE names the folder of the STM32CubeH7RS package`);
    cpSync(from, join(copy, part), { recursive: true });
  }
  symlinkSync(join(cube!, 'Drivers'), join(copy, 'Drivers'));
  return copy;
}

const edit = (copy: string, path: string, change: (text: string) => string): void => {
  const before = readFileSync(join(copy, path), 'latin1');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(copy, path), after, 'latin1');
};

async function bash(copy: string, path: string, script: string, ...args: readonly string[]): Promise<void> {
  const result = await execa('bash', [script, ...args], { cwd: join(copy, path), reject: false, all: true, env: { HOME: folder, SHELL: '/bin/true', PATH: [toolDirectory(), process.env['PATH'] ?? ''].join(delimiter), ROT_HIL_NODE: process.execPath } });
  if (result.exitCode !== 0) throw new Error(`${path}/${script} ended with ${String(result.exitCode)}: ${result.all}`);
}

/** OEMiROT_Boot's post-build, then the part of the application's that writes the image file. */
async function oemirotPostbuild(copy: string): Promise<void> {
  const boot = join(copy, rot, 'OEMiROT_Boot');
  const include = ['Inc', ...cubeHeaders(cube!)];
  await execa('arm-none-eabi-gcc', ['-E', '-P', '-xc', '-DBL2', '-DSTM32H7S7xx', ...include.map((part) => `-I${part}`), '-oSTM32CubeIDE/image_macros_preprocessed_bl2.c', 'Src/image_macros_to_preprocess_bl2.c'], { cwd: boot });
  mkdirSync(join(boot, 'STM32CubeIDE/Release'), { recursive: true });
  writeFileSync(join(boot, 'STM32CubeIDE/Release/STM32H7S78-DK_OEMiROT_Boot.bin'), 'placeholder');
  await bash(copy, `${rot}/OEMiROT_Boot/STM32CubeIDE`, 'postbuild.sh', 'Release');
}

const layoutHeader = `${rot}/OEMiROT_Boot/Inc/flash_layout.h`;
const stirotConfig = `${dk}/ROT_Provisioning/STiROT/Config/STiROT_Config.xml`;
const swap = (text: string): string => text.replace(/^#define MCUBOOT_OVERWRITE_ONLY/m, '/*#define MCUBOOT_OVERWRITE_ONLY*/');
const run = (exec: string) => (text: string): string => text.replace(/(#define OEMIROT_LOAD_AND_RUN\s+)\w+/, `$1${exec}`);
const slots = (size: string) => (text: string): string => text.replace(/(#define FLASH_PARTITION_SIZE\s+)\(0x00200000\)/, `$1(${size})`);
const oemurot = (text: string): string => text.replace('/*#define OEMUROT_ENABLE*/', '#define OEMUROT_ENABLE');

const layouts: readonly (readonly [what: string, change: readonly ((text: string) => string)[], provisioning: string])[] = [
  ['as shipped', [], 'OEMiROT'],
  ['swap in place, slots of 1 MB', [swap, run('NO_LOAD_AND_RUN'), slots('0x00100000')], 'OEMiROT'],
  ['internal RAM', [run('LOAD_AND_RUN_INT_RAM')], 'OEMiROT'],
  ['OEMuRoT, swap', [oemurot, swap], 'STiROT_OEMuROT'],
];

(cube === undefined ? describe.skip : describe)(cube === undefined ? "adapt beside ST's AppliCfg: set ROT_HIL_CUBE to the folder of the STM32CubeH7RS package" : "adapt beside ST's AppliCfg", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-applicfg-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const same = (path: string, theirs: string, ours: string): void => {
    expect({ path, text: readFileSync(join(ours, path), 'latin1') }).toEqual({ path, text: readFileSync(join(theirs, path), 'latin1') });
  };
  const symbols = (path: string): readonly string[] => readFileSync(path, 'latin1').match(/^(CODE_OFFSET|CODE_SIZE|PARTITION_START) = \w+/gm)?.map((line) => line.replace(/0x0*(?=\w)/, '0x').toLowerCase()) ?? [];

  it.each(layouts)('OEMiROT_Boot with %s → the same values in every file', async (_what, changes, provisioning) => {
    const [theirs, ours] = [packageCopy(), packageCopy()];
    for (const copy of [theirs, ours]) if (changes.length > 0) edit(copy, layoutHeader, (text) => changes.reduce((now, change) => change(now), text));
    await oemirotPostbuild(theirs);
    await runAdapt([], { kit: 'stm32h7s78-dk', rotConfig: join(ours, layoutHeader), project: join(ours, rot, 'OEMiROT_Appli') });
    for (const path of ['ob_flash_programming.sh', 'ob_flash_programming.bat'].map((name) => `${dk}/ROT_Provisioning/OEMiROT/${name}`)) same(path, theirs, ours);
    for (const path of ['STM32CubeIDE/postbuild.sh', 'Inc/appli_flash_layout.h'].map((name) => `${rot}/OEMiROT_Appli/${name}`)) same(path, theirs, ours);
    const image = `${dk}/ROT_Provisioning/${provisioning}/Images/${provisioning === 'OEMiROT' ? 'OEMiROT' : 'OEMuROT'}_Code_Image.xml`;
    expect(await parseStXml(readFileSync(join(ours, image), 'latin1'))).toEqual(await parseStXml(readFileSync(join(theirs, image), 'latin1')));
    const linker = `${rot}/OEMiROT_Appli/STM32CubeIDE/STM32H7S7L8HXH_FLASH.ld`;
    expect(symbols(join(ours, linker))).toEqual(symbols(join(theirs, linker)));
  });

  it('STiROT_Config.xml with a larger firmware area and without ECC → the same values', async () => {
    const [theirs, ours] = [packageCopy(), packageCopy()];
    for (const copy of [theirs, ours]) {
      edit(copy, stirotConfig, (text) => text.replace(/(<Name>Firmware area size<\/Name>\s*<Value>)0x00020000/, '$10x00040000').replace(/(<Name>SRAM ECC management activation<\/Name>\s*<Value>)0x01/, '$10x00'));
      // update_appli_setup.sh asks for this file in lower case; in the package its name has a capital S.
      const linker = join(copy, rot, 'STiROT_Appli/EWARM/stm32h7s7xx_flash.icf');
      if (!existsSync(linker)) cpSync(linker.replace('h7s7xx', 'h7S7xx'), linker);
    }
    const folderOf = `${dk}/ROT_Provisioning/STiROT`;
    for (const script of ['update_appli_setup.sh', 'update_ob_setup.sh']) await bash(theirs, folderOf, '-c', `source ${script} AUTO; exit $?`);
    await runAdapt([], { kit: 'stm32h7s78-dk', rotConfig: join(ours, stirotConfig), project: join(ours, rot, 'STiROT_Appli') });
    same(`${folderOf}/ob_flash_programming.sh`, theirs, ours);
    const defines = (copy: string): readonly number[] => [...readFileSync(join(copy, rot, 'STiROT_Appli/Inc/main.h'), 'latin1').matchAll(/#define CODE_(?:OFFSET|SIZE)\s+(0x\w+)/g)].map(([, digits]) => Number(digits));
    expect(defines(ours)).toEqual(defines(theirs));
    expect(defines(ours)).toEqual([0x24000000, 0x40000]);
    const linker = `${rot}/STiROT_Appli/STM32CubeIDE/STM32H7S7L8HXH_FLASH.ld`;
    expect(symbols(join(ours, linker))).toEqual(symbols(join(theirs, linker)));
  });
});
