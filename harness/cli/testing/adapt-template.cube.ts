/**
 * ST's generic templates, which know of no secure boot, adapted, built with arm-none-eabi-gcc, checked and booted: `ROT_HIL_CUBE=<folder of the package> npm run test:cube`.
 * Nothing of ST's is in this repository: the templates are copied into a temporary folder, drivers are used where they are. Needed: arm-none-eabi-gcc with newlib-nano, the
 * package with its submodules (Drivers/BSP/…, Drivers/CMSIS/Device/ST/STM32H7RSxx, Drivers/STM32H7RSxx_HAL_Driver).
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { runAdapt } from '../adapt-run.js';
import type { CheckArguments } from '../check-arguments.js';
import { runCheck } from '../check-run.js';
import { runTrial } from '../try-run.js';
import { buildCubeIde } from './cube-ide-build.js';

jest.setTimeout(300_000);

const cube = process.env['ROT_HIL_CUBE'];
let folder = '';
const inCopy = (...parts: readonly string[]): string => join(folder, ...parts);

/** Template, kit, how it shall be booted. The LED's pin changes with each turn of main's loop. */
const templates = [
  ['STM32H7S78-DK', 'Template_XIP', 'stm32h7s78-dk', {}],
  ['STM32H7S78-DK', 'Template_XIP', 'stm32h7s78-dk', { exec: 'xip', mode: 'swap' }],
  ['STM32H7S78-DK', 'Template_LRUN', 'stm32h7s78-dk', { exec: 'int-ram' }],
  ['STM32H7S78-DK', 'Template_XIP', 'stm32h7s78-dk', { bootPath: 'stirot' }],
  ['NUCLEO-H7S3L8', 'Template_XIP', 'nucleo-h7s3l8', {}],
  ['NUCLEO-H7S3L8', 'Template_LRUN', 'nucleo-h7s3l8', { exec: 'int-ram' }],
] as const;

(cube === undefined ? describe.skip : describe)(cube === undefined ? "ST's templates adapted: set ROT_HIL_CUBE to the folder of the STM32CubeH7RS package" : "ST's templates adapted", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-templates-'));
    if (!existsSync(join(cube!, 'Projects'))) throw new Error(`${cube!} holds no Projects: ROT_HIL_CUBE names the folder of the STM32CubeH7RS package`);
    symlinkSync(join(cube!, 'Drivers'), inCopy('Drivers'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(templates)('%s %s on %s, %j → adapted, built, no error in the check, boots', async (board, template, kit, choice) => {
    const copy = inCopy('Projects', board, 'Templates', template);
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(inCopy('Projects', board, 'Templates'), { recursive: true });
    cpSync(join(cube!, 'Projects', board, 'Templates', template), copy, { recursive: true });
    const project = join(copy, 'STM32CubeIDE', 'Appli');
    const script = join(project, readdirSync(project).find((name) => name.endsWith('.ld'))!);
    const check = (file: string): ReturnType<typeof runCheck> => runCheck(file, { kit, ...choice, rotRelease: 'current', itcmShare: 0, dtcmShare: 0, failOn: 'error' } satisfies CheckArguments);

    expect((await check(script))[0]!.report.verdict).toBe('failed');
    const [adapted] = await runAdapt([script], { kit, ...choice });
    expect(adapted!.changes.length).toBeGreaterThan(3);
    expect((await runAdapt([script], { kit, ...choice }))[0]!.changes).toEqual([]);
    const elf = await buildCubeIde(project, script, inCopy('build', board, template, JSON.stringify(choice).replace(/\W+/g, '-')));
    for (const file of [script, elf]) {
      const [subject] = await check(file);
      expect({ file, errors: subject!.report.findings.filter(({ severity }) => severity === 'error') }).toEqual({ file, errors: [] });
    }
    const { document, boots } = await runTrial(elf, { kit, ...choice, rotRelease: 'current', for: 0.6, seed: 1 }, undefined, () => undefined);
    expect({ boots, document }).toMatchObject({ boots: true, document: { verdict: 'boots', mainSeconds: expect.any(Number), resets: 0 } });
  });
});
