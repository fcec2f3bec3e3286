import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findProgrammer, installerFolders } from './discovery.js';

const name = process.platform === 'win32' ? 'STM32_Programmer_CLI.exe' : 'STM32_Programmer_CLI';
let root: string;
const place = (folder: string): string => {
  mkdirSync(join(root, folder), { recursive: true });
  const path = join(root, folder, name);
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rot-hil-find-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the tool', () => {
  it('a given file or folder → that one, before everything else', () => {
    const given = place('given');
    place('env');
    expect(findProgrammer({ path: given, environment: { STM32_PRG_PATH: join(root, 'env') } })).toBe(given);
    expect(findProgrammer({ path: join(root, 'given'), environment: {} })).toBe(given);
  });

  it('STM32_PRG_PATH → before PATH; PATH → before the default folders; else the default folders', () => {
    const [env, path, standard] = [place('env'), place('path'), place('standard')];
    const environment = { PATH: ['/nowhere', join(root, 'path')].join(delimiter) };
    const defaultFolders = [join(root, 'standard')];
    expect(findProgrammer({ environment: { ...environment, STM32_PRG_PATH: join(root, 'env') }, defaultFolders })).toBe(env);
    expect(findProgrammer({ environment, defaultFolders })).toBe(path);
    expect(findProgrammer({ environment: { PATH: '' }, defaultFolders })).toBe(standard);
  });

  it.each([
    ['a given path', { path: '/no/such/tool' }],
    ['STM32_PRG_PATH', { environment: { STM32_PRG_PATH: '/no/such/folder' } }],
  ])('%s without the tool → tool-missing, though PATH has one', (_, options) => {
    place('path');
    const environment = { PATH: join(root, 'path'), ...('environment' in options ? options.environment : {}) };
    expect(() => findProgrammer({ ...options, environment })).toThrow(expect.objectContaining({ code: 'tool-missing', kind: 'bench' }));
  });

  it.each([
    ['linux', ['/home/u/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin', '/usr/local/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin', '/opt/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin', '/opt/st/stm32cubeide_1.19.0/plugins/com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.x_2.2.0/tools/bin', '/opt/st/stm32cubeide_1.9.0/plugins/com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.x_2.2.0/tools/bin']],
    ['darwin', ['/Applications/STMicroelectronics/STM32Cube/STM32CubeProgrammer/STM32CubeProgrammer.app/Contents/Resources/bin', '/Applications/STMicroelectronics/STM32Cube/STM32CubeProgrammer/STM32CubeProgrammer.app/Contents/MacOs/bin', '/Applications/STM32CubeIDE.app/Contents/Eclipse/plugins/com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.x_2.2.0/tools/bin']],
    ['win32', ['C:\\Program Files\\STMicroelectronics\\STM32Cube\\STM32CubeProgrammer\\bin', 'C:\\ST\\STM32CubeIDE_1.19.0\\STM32CubeIDE\\plugins\\com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.x_2.2.0\\tools\\bin']],
  ] as const)("%s → the folders of ST's installers, the newest STM32CubeIDE first", (system, folders) => {
    const list = (folder: string): readonly string[] =>
      folder.endsWith('plugins') ? ['com.st.other_1.0.0', 'com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.x_2.2.0'] : folder === '/opt/st' ? ['stm32cubeide_1.9.0', 'stm32cubeide_1.19.0', 'else'] : folder === 'C:\\ST' ? ['STM32CubeIDE_1.19.0'] : [];
    expect(installerFolders({ system, home: '/home/u', environment: { ProgramFiles: 'C:\\Program Files' }, list })).toEqual(folders);
  });

  it('nowhere → tool-missing with what to do', () => {
    expect(() => findProgrammer({ environment: { PATH: '' }, defaultFolders: [] })).toThrow(
      expect.objectContaining({ code: 'tool-missing', nextStep: expect.stringContaining('STM32_PRG_PATH') }),
    );
  });
});
