import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chooseConfiguration, loadKit } from '../board/index.js';
import { readStEnvironment, readStFolder } from './st-folder.js';
import { readStScript, withStScript } from './st-script.js';

const kit = loadKit('stm32h7s78-dk');
let cube: string;
let folder: string;
const write = (name: string, ...lines: readonly string[]): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.join('\n'));
  return path;
};

/** Of the shape of ST's files, in words of our own. */
const environmentSh = [
  '#!/bin/bash -', 'if [ "$OS" == "Windows_NT" ]; then', '    stm32ExtLoaderFlash="-elbl C:\\tool/WINDOWS-SFIx.stldr"', 'else', '    stm32programmercli_path=~/tool/bin/',
  '    stm32ExtLoaderFlash="-elbl $stm32programmercli_path/ExternalLoader/BOARD-SFIx.stldr"', '    stm32ExtLoaderFlashOpen="-el $stm32programmercli_path/ExternalLoader/BOARD.stldr"', 'fi',
  'com_port="/dev/ttyACM3"', '# stirot_boot_path_project=Templates/Other', 'stirot_boot_path_project=Applications/ROT/StAppli', 'stirot_iloader_boot_path_project=Applications/ROT/Loader',
  'oemirot_appli_path_project=/elsewhere/OemAppli', 'oemirot_boot_path_project=Applications/ROT/Boot', "stirot_appli='st.hex'", "oemirot_appli='oem.hex'", '',
];
const environmentBat = [
  '@ECHO OFF', 'set stm32ExtLoaderFlash=-elbl %stm32programmercli_path%/ExternalLoader/BOARD-SFIx.stldr', 'set stm32ExtLoaderFlashOpen=-el %stm32programmercli_path%/ExternalLoader/BOARD.stldr',
  'set com_port=COM7', 'set /A template_appli_enable=0', 'rem set stirot_boot_path_project=Templates\\Other', ':: set com_port=COM9', 'set stirot_boot_path_project=Applications\\ROT\\StAppli',
  'set stirot_iloader_boot_path_project=Applications\\ROT\\Loader', 'set oemirot_appli_path_project=Applications\\ROT\\OemAppli', 'set oemirot_boot_path_project=Applications\\ROT\\Boot',
  'set stirot_appli=st.hex', 'set oemirot_appli=oem.hex', '',
];
const wrps = (...values: readonly number[]): string[] => values.map((value, sector) => `wrps${sector}=${value}`);
const oemirotScript = (start: string, end: string, ...more: string[]): string[] => [
  ...wrps(0, 0, 0, 0, 0, 0, 0, 0), 'wrps=$((($wrps0<<0)|($wrps1<<1)))', 'bootaddress=0x8000000', `hdp_start=${start}`, `hdp_end=${end}`, 'protect_open="-ob WRPS0=1 HDP_AREA_START=1 ECC_ON_SRAM=9x"',
  '"$cli" $connect -ob ECC_ON_SRAM=1', '"$cli" $connect -ob XSPI1_HSLV=1', '"$cli" $connect -ob XSPI2_HSLV=1', '#"$cli" $connect -ob DTCM_AXI_SHARE=3 ITCM_AXI_SHARE=0', ...more,
];
const stirotScript = (protect: readonly number[], address = '0x8000000'): string[] => [
  'hdp_area_start="0x0ff"', 'hdp_area_end="0x000"', 'ext_nvm_primary_code_start=65', 'ext_nvm_primary_code_stop=66', `OEMiLoader_address=${address}`, ...wrps(...protect),
  '"$cli" $connect -ob ECC_ON_SRAM=1', '"$cli" $connect -ob XSPI1_HSLV=1', '"$cli" $connect -ob XSPI2_HSLV=1',
];

beforeEach(() => {
  cube = mkdtempSync(join(tmpdir(), 'rot-hil-st-'));
  folder = join(cube, 'Projects', 'Board', 'ROT_Provisioning');
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(cube, { recursive: true, force: true }));

describe('env.sh and env.bat', () => {
  it('the last line of a name counts, comments do not; base names of loaders, projects with /', () => {
    const common = { externalLoader: 'BOARD.stldr', bootLoaderLoader: 'BOARD-SFIx.stldr', hexNames: { stirot: 'st.hex', oemirot: 'oem.hex' } };
    const projects = { stirot: 'Applications/ROT/StAppli', iloader: 'Applications/ROT/Loader', 'oemirot-boot': 'Applications/ROT/Boot' };
    expect(readStEnvironment(write('env.sh', ...environmentSh))).toEqual({ ...common, comPort: '/dev/ttyACM3', projects: { ...projects, 'oemirot-application': '/elsewhere/OemAppli' } });
    expect(readStEnvironment(write('env.bat', ...environmentBat))).toEqual({ ...common, comPort: 'COM7', projects: { ...projects, 'oemirot-application': 'Applications/ROT/OemAppli' } });
  });

  it('a file of 300 KB, none at all → refused', () => {
    expect(() => readStEnvironment(write('env.sh', 'x'.repeat(300_000)))).toThrow(expect.objectContaining({ code: 'st-environment', kind: 'usage' }));
    expect(() => readStFolder(join(cube, 'Projects'), 'oemirot', 'OPEN', 'certificate')).toThrow(expect.objectContaining({ code: 'st-environment', message: expect.stringContaining('neither env.sh nor env.bat') }));
  });
});

describe('a folder ROT_Provisioning', () => {
  const names = (root: string, files: object): Record<string, string> => Object.fromEntries(Object.entries(files as Record<string, string>).map(([role, path]) => [role, path.replace(`${root}/`, '')]));

  it.each([
    ['oemirot', 'OPEN', { 'hardware-keys': 'ROT_Provisioning/OEMiROT/Binary/OEMiROT_AHK_OPEN.obk', config: 'ROT_Provisioning/OEMiROT/Binary/OEMiROT_Config.obk', data: 'ROT_Provisioning/OEMiROT/Binary/OEMiROT_Data_OPEN.obk', rot: 'Applications/ROT/Boot/Binary/OEMiROT_Boot.bin', image: '/elsewhere/OemAppli/Binary/oem.hex' }],
    ['oemirot', 'CLOSED', { da: 'ROT_Provisioning/DA/Binary/DA_ConfigWithPassword.obk', config: 'ROT_Provisioning/OEMiROT/Binary/OEMiROT_Config.obk', data: 'ROT_Provisioning/OEMiROT/Binary/OEMiROT_Data.obk', rot: 'Applications/ROT/Boot/Binary/OEMiROT_Boot.bin', image: '/elsewhere/OemAppli/Binary/oem.hex' }],
    ['stirot', 'LOCKED', { da: 'ROT_Provisioning/DA/Binary/DA_ConfigLock.obk', config: 'ROT_Provisioning/STiROT/Binary/STiROT_Config.obk', data: 'ROT_Provisioning/STiROT/Binary/STiROT_Data.obk', rot: 'Applications/ROT/Loader/Binary/STiROT_iLoader.bin', image: 'Applications/ROT/StAppli/Binary/st.hex' }],
    ['stirot-oemurot', 'CLOSED', {
      da: 'ROT_Provisioning/DA/Binary/DA_ConfigWithPassword.obk', 'first-config': 'ROT_Provisioning/STiROT_OEMuROT/Binary/STiROT_Config.obk', 'first-data': 'ROT_Provisioning/STiROT_OEMuROT/Binary/STiROT_Data.obk',
      config: 'ROT_Provisioning/STiROT_OEMuROT/Binary/OEMuROT_Config.obk', data: 'ROT_Provisioning/STiROT_OEMuROT/Binary/OEMuROT_Data.obk', rot: 'Applications/ROT/Loader/Binary/STiROT_iLoader.bin',
      oemurot: 'Applications/ROT/Boot/Binary/OEMiROT_Boot_enc_sign.hex', image: '/elsewhere/OemAppli/Binary/oem.hex',
    }],
  ] as const)('%s, %s → every file where the scripts take it from', (bootPath, state, files) => {
    write('env.sh', ...environmentSh);
    for (const path of ['OEMiROT', 'STiROT', 'STiROT_OEMuROT']) write(`${path}/README.md`);
    const found = readStFolder(folder, bootPath, state, 'password');
    expect(names(dirname(folder), found.files)).toEqual(files);
    expect(found.script).toBeUndefined();
    expect(names(folder, found.credential)).toEqual({ key: 'DA/Keys/key_3_leaf.pem', chain: 'DA/Certificates/cert_leaf_chain.b64', password: 'DA/Binary/password.bin' });
  });

  it('without the boot path (NUCLEO-H7S3L8) → debug authentication alone; env.bat → the .bat script', () => {
    write('env.bat', ...environmentBat);
    expect(names(folder, readStFolder(folder, 'stirot', 'CLOSED', 'certificate').files)).toEqual({ da: 'DA/Binary/DA_Config.obk' });
    write('STiROT/ob_flash_programming.bat', ...stirotScript([0, 0, 0, 0, 1, 1, 1, 1]).map((line) => line.replace(/^(\w+)=/, 'set $1=')));
    write('STiROT/ob_flash_programming.sh', 'nothing');
    expect(readStFolder(folder, 'stirot', 'CLOSED', 'certificate').script).toMatchObject({ optionBytes: { WRPS3: 0, WRPS4: 1, HDP_AREA_START: 0xff, HDP_AREA_END: 0, ECC_ON_SRAM: 1 }, rotAddress: 0x08000000, primarySectors: { first: 65, last: 66 } });
  });
});

describe('ob_flash_programming', () => {
  it('OEMiROT after the postbuild of the boot → what it demands; as shipped → refused with both values', () => {
    const configuration = chooseConfiguration(kit, {});
    const built = readStScript(write('OEMiROT/built.sh', ...oemirotScript('0x00', '0xff')));
    expect(built.optionBytes).toEqual({ WRPS0: 0, WRPS1: 0, WRPS2: 0, WRPS3: 0, WRPS4: 0, WRPS5: 0, WRPS6: 0, WRPS7: 0, HDP_AREA_START: 0, HDP_AREA_END: 0xff, ECC_ON_SRAM: 1, XSPI1_HSLV: 1, XSPI2_HSLV: 1 });
    expect(withStScript(kit, configuration, built)).toEqual(configuration);
    const shipped = readStScript(write('OEMiROT/shipped.sh', ...oemirotScript('1', '0')));
    expect(() => withStScript(kit, configuration, shipped)).toThrow(expect.objectContaining({ code: 'st-script', kind: 'usage', message: expect.stringMatching(/HDP_AREA_START to 0x1, OEMiROT_Boot demands 0x0; HDP_AREA_END to 0x0, OEMiROT_Boot demands 0xff$/) }));
  });

  it('STiROT → its write protection decides how long the iLoader may be; three sectors or four', () => {
    const configuration = chooseConfiguration(kit, { bootPath: 'stirot' });
    const withSectors = (...args: Parameters<typeof stirotScript>) => withStScript(kit, configuration, readStScript(write('STiROT/x.sh', ...stirotScript(...args))));
    expect(withSectors([0, 0, 0, 0, 1, 1, 1, 1])).toEqual(configuration);
    expect(withSectors([0, 0, 0, 1, 1, 1, 1, 1]).path).toMatchObject({ rotBinary: { address: 0x08000000, maxSize: 0x6000 }, optionBytes: { WRPS2: 0, WRPS3: 1, IROT_SELECT: 0xb4 } });
    expect(withSectors([1, 1, 0, 0, 0, 1, 1, 1], '0x8004000').path).toMatchObject({ rotBinary: { address: 0x08004000, maxSize: 0x6000 }, optionBytes: { WRPS0: 1, WRPS4: 0 } });
    expect(() => withSectors([1, 0, 0, 1, 1, 1, 1, 1])).toThrow(expect.objectContaining({ code: 'st-script', message: expect.stringContaining('without write protection') }));
    expect(() => withSectors([0, 0, 0, 1, 1, 1, 1, 1], '0x8000100')).toThrow(expect.objectContaining({ code: 'st-script', message: expect.stringContaining('begins no sector') }));
  });

  it('a share of the TCMs, no write protection, no number → refused', () => {
    const shared = readStScript(write('OEMiROT/x.sh', ...oemirotScript('0x00', '0xff', '"$cli" $connect -ob DTCM_AXI_SHARE=2 ITCM_AXI_SHARE=0')));
    expect(() => withStScript(kit, chooseConfiguration(kit, {}), shared)).toThrow(expect.objectContaining({ code: 'st-script', message: expect.stringContaining('sets DTCM_AXI_SHARE, which') }));
    expect(() => readStScript(write('OEMiROT/y.sh', 'hdp_start=0'))).toThrow(expect.objectContaining({ message: expect.stringContaining('sets no WRPS0') }));
    expect(() => readStScript(write('OEMiROT/z.sh', ...oemirotScript('$(rm -rf x)', '0')))).toThrow(expect.objectContaining({ message: expect.stringContaining('hdp_start is no number') }));
  });
});
