import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CheckArguments } from './check-arguments.js';
import { runCheck } from './check-run.js';

let folder = '';
const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const cproject = (script: string, before = ''): string => `<configuration name="Debug" prebuildStep="${before}"><option superClass="c.linker.option.script" value="${script}"/></configuration>`;
const script = 'MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 64K }\nSECTIONS { .isr_vector : { *(.isr_vector) } >FLASH }\n';
const check = (path: string): ReturnType<typeof runCheck> => runCheck(undefined, { kit: 'stm32h7s78-dk', source: join(folder, path), rotRelease: 'current', itcmShare: 0, dtcmShare: 0, failOn: 'error' } satisfies CheckArguments);
const missing = async (path: string): Promise<readonly string[]> => (await check(path)).flatMap(({ report }) => report.findings.filter(({ rule }) => rule === 'linker-script-missing').map(({ severity, found }) => `${severity} ${found}`));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-source-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('check --source', () => {
  it('a script that is there → checked once, for all that name it', async () => {
    put('good/.cproject', cproject('app.ld') + cproject('app.ld'));
    put('good/app.ld', script);
    const subjects = await check('good');
    expect(subjects.map(({ name, report }) => [name, report.verdict])).toEqual([[join(folder, 'good', 'app.ld'), 'failed']]);
    expect(subjects[0]!.report.findings.map(({ rule }) => rule)).toContain('vector-table-address');
    expect(await missing('good')).toEqual([]);
  });

  it('gone → an error; with other case → a warning; made before the build → neither; unreadable → a warning, the others are checked', async () => {
    put('gone/.cproject', cproject('app.ld'));
    expect(await missing('gone')).toEqual(['error no such file']);
    put('case/.cproject', cproject('app.ld'));
    put('case/App.ld', script);
    expect(await missing('case')).toEqual(['warning App.ld, another name where case counts']);
    put('made/.cproject', cproject('./output.ld', 'gcc -E -o output.ld app.ld'));
    expect(await missing('made')).toEqual([]);
    put('bad/.cproject', cproject('app.ld') + cproject('good.ld'));
    put('bad/app.ld', 'hello');
    put('bad/good.ld', script);
    expect(await missing('bad')).toEqual([expect.stringMatching(/^warning .*declares no memory region/)]);
    expect((await check('bad')).length).toBe(2);
  });

  it('a folder without a project, no folder → source-folder', async () => {
    mkdirSync(join(folder, 'empty'));
    await expect(check('empty')).rejects.toMatchObject({ code: 'source-folder', kind: 'usage' });
    await expect(check('absent')).rejects.toMatchObject({ code: 'source-folder', kind: 'usage' });
  });
});
