import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findCubeProject } from './adapt-cube.js';
import { runAdapt } from './adapt-run.js';

const script = `MEMORY {
  RAM (xrw) : ORIGIN = 0x24000000, LENGTH = 64K
  FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 64K
}
SECTIONS {
  .isr_vector : { KEEP(*(.isr_vector)) } >FLASH
  .text : { *(.text*) } >FLASH
  .data : { *(.data*) } >RAM AT> FLASH
}
`;
const image = '<Root>\n<Param>\n\t<Name>Firmware area size</Name>\n\t<Value>1</Value>\n\t<Command>-S</Command>\n</Param>\n<Output>\n\t<Name>Image output file</Name>\n\t<Value>x</Value>\n</Output>\n</Root>\n';

let folder = '';
const at = (...parts: readonly string[]): string => join(folder, 'Projects', 'BOARD', ...parts);
const put = (path: string, text: string): void => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};
const kit = 'stm32h7s78-dk';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-package-'));
  put('ROT_Provisioning/OEMiROT/Images/OEMiROT_Code_Image.xml', image);
  put('ROT_Provisioning/env.sh', 'oemirot_appli_path_project=Applications/Old\ntemplate_appli_enable=1\n');
  put('Applications/Mine/Src/main.c', 'int main(void) { return 0; }\n');
  put('Applications/Mine/Inc/main.h', '');
  put('Applications/Mine/STM32CubeIDE/app.ld', script);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('adapt --project', () => {
  it('--dry-run → every change as a diff, nothing written; without → written; again → nothing to change', async () => {
    const files = ['Applications/Mine/STM32CubeIDE/app.ld', 'ROT_Provisioning/OEMiROT/Images/OEMiROT_Code_Image.xml', 'ROT_Provisioning/env.sh'];
    const before = files.map((path) => readFileSync(at(path), 'utf8'));
    const project = at('Applications/Mine');
    const shown = await runAdapt([], { kit, project, dryRun: true });
    expect(shown.map(({ path }) => path)).toEqual(files.map((path) => at(path)));
    for (const { diff, changes } of shown) expect([diff.startsWith('--- '), changes.length > 0]).toEqual([true, true]);
    expect(files.map((path) => readFileSync(at(path), 'utf8'))).toEqual(before);
    await runAdapt([], { kit, project });
    expect(readFileSync(at('ROT_Provisioning/env.sh'), 'utf8')).toBe('oemirot_appli_path_project=Applications/Mine\ntemplate_appli_enable=0\n');
    expect((await runAdapt([], { kit, project })).flatMap(({ changes }) => changes)).toEqual([]);
  });

  it('a template, named by its folder or by that of its sources → the same project', () => {
    put('Templates/Mine/Appli/Src/main.c', '');
    put('Templates/Mine/STM32CubeIDE/Appli/app.ld', script);
    put('Templates/Mine/STM32CubeIDE/Boot/boot.ld', script);
    const wanted = { board: at(), project: { application: 'Templates/Mine/Appli', template: true }, scripts: [at('Templates/Mine/STM32CubeIDE/Appli/app.ld')] };
    expect(findCubeProject(at('Templates/Mine'))).toEqual(wanted);
    expect(findCubeProject(at('Templates/Mine/Appli'))).toEqual(wanted);
  });

  it('one script that cannot be adapted → refused, and nothing is written at all', async () => {
    put('Applications/Mine/EWARM/app.icf', 'hello');
    await expect(runAdapt([], { kit, project: at('Applications/Mine') })).rejects.toMatchObject({ code: 'linker-script' });
    expect(readFileSync(at('ROT_Provisioning/env.sh'), 'utf8')).toContain('Applications/Old');
    expect(readFileSync(at('Applications/Mine/STM32CubeIDE/app.ld'), 'utf8')).toBe(script);
  });

  it.each([
    ['no folder', () => at('Applications/Gone'), /is no folder/],
    ['outside of any package', () => folder, /lies in no package/],
    ['the board itself', () => at(), /is no application/],
    ['a folder without sources', () => at('ROT_Provisioning'), /is no application/],
  ])('%s → cube-project', async (_, project, message) => {
    await expect(runAdapt([], { kit, project: project() })).rejects.toMatchObject({ code: 'cube-project', kind: 'usage', message: expect.stringMatching(message) });
  });

  it('a boot path that the package has no files for → cube-project, the script untouched', async () => {
    await expect(runAdapt([], { kit, bootPath: 'stirot', project: at('Applications/Mine') })).rejects.toMatchObject({ code: 'cube-project', message: expect.stringContaining('no image file for boot path stirot') });
    expect(readFileSync(at('Applications/Mine/STM32CubeIDE/app.ld'), 'utf8')).toBe(script);
    expect(existsSync(at('ROT_Provisioning/STiROT'))).toBe(false);
  });
});
