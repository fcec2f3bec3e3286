import { describe, expect, it } from '@jest/globals';
import type { RotConfigurationChoice } from '../../../board/index.js';
import { surroundings } from '../../testing/surroundings.js';
import type { CubeProject } from './project-files.js';
import { cubeFiles } from './project-files.js';
import { edited } from './text-edits.js';

/** What the files of a package look like, as far as they are edited; written for this spec. */
const image = `<?xml version="1.0" encoding="UTF-8"?>
<Root>
<McubootFormat>
	<Param>
		<Name>Authentication key</Name>
		<Command>-k</Command>
	</Param>
	<Param>
		<Name>Number of scratch sectors</Name>
		<Value>7</Value>
		<Command>-M</Command>
	</Param>
	<Param>
		<Name>Firmware area size</Name>
		<Value>0x1000</Value>
		<Command>-S</Command>
	</Param>
	<Param>
		<Name>Hex format</Name>
		<Command>-x</Command>
	</Param>
	<Param>
		<Name>Firmware binary input file</Name>
		<Value>old.bin</Value>
	</Param>
	<Output>
		<Name>Image output file</Name>
		<Value></Value>
	</Output>
</McubootFormat>
</Root>
`;
const files: Readonly<Record<string, string>> = {
  'ROT_Provisioning/OEMiROT/Images/OEMiROT_Code_Image.xml': image,
  'ROT_Provisioning/STiROT_OEMuROT/Images/OEMuROT_Code_Image.xml': image,
  'ROT_Provisioning/STiROT/Image/STiROT_Code_Image.xml': image,
  'ROT_Provisioning/env.sh': '#!/bin/bash\n# oemirot_appli_path_project=Templates/Other/Appli\noemirot_appli_path_project=Applications/Old\nstirot_boot_path_project=Applications/Old\ntemplate_appli_enable=1\n',
  'ROT_Provisioning/env.bat': 'rem set oemirot_appli_path_project=Templates\\Other\\Appli\r\nset oemirot_appli_path_project=Applications\\Old\r\nset stirot_boot_path_project=Applications\\Old\r\nset /A template_appli_enable=1\r\n',
  'ROT_Provisioning/OEMiROT/ob_flash_programming.sh': `${Array.from({ length: 8 }, (_, sector) => `wrps${sector}=1\n`).join('')}bootaddress=0x08000000\nhdp_start=1\nhdp_end=0\nhdps=$((($hdp_start<<0)|($hdp_end<<16)))\n`,
  'ROT_Provisioning/STiROT/ob_flash_programming.sh': `# ECC_ON_SRAM=0 is no protection\n"$tool" $connect -ob ECC_ON_SRAM=0\nOEMiLoader_address=0x1\n${Array.from({ length: 8 }, (_, sector) => `wrps${sector}=0\n`).join('')}`,
  'Applications/Mine/STM32CubeIDE/postbuild.sh': 'oemurot_enable=9\nbin_path_xml_field="../elsewhere" # where\n',
  'Applications/Mine/EWARM/postbuild.bat': 'set oemurot_enable=9\r\nset bin_path_xml_field="..\\elsewhere"\r\n',
  'Applications/Mine/Inc/appli_flash_layout.h': '#define MCUBOOT_OVERWRITE_ONLY   /* Defined: overwrite */\n#define FLASH_PRIMARY_APP_SLOT_OFFSET   0x0\n#define FLASH_PRIMARY_APP_SLOT_SIZE     (0x10) /* size */\n#define FLASH_SECONDARY_APP_SLOT_OFFSET 5\n',
  'Applications/Mine/Inc/main.h': '#define CODE_OFFSET 0x0 /* a */\n#define CODE_SIZE 1\n#define CODE_START (CODE_OFFSET)\n',
};
const mine: CubeProject = { application: 'Applications/Mine', template: false };

/** The files after the edits for a configuration; those that it does not touch are absent. */
function adapted(choice: RotConfigurationChoice, given = files, project = mine): Record<string, { text: string; changes: readonly string[]; missing: readonly string[] }> {
  const wanted = cubeFiles(project, surroundings(choice)).filter(({ path }) => path in given);
  return Object.fromEntries(wanted.map(({ path, edits }) => [path, edited(given[path]!, edits)]));
}
const texts = (result: ReturnType<typeof adapted>): Record<string, string> => Object.fromEntries(Object.entries(result).map(([path, { text }]) => [path, text]));
const value = (xml: string, name: string): string | undefined => new RegExp(`<Name>${name}</Name>\\s*<Value>([^<]*)</Value>`).exec(xml)?.[1];

describe("the files of a Cube package around an application", () => {
  it('OEMiRoT, overwrite → image XML, option bytes, env, post-build, header', () => {
    const result = texts(adapted({}));
    const xml = result['ROT_Provisioning/OEMiROT/Images/OEMiROT_Code_Image.xml']!;
    expect([value(xml, 'Firmware area size'), value(xml, 'Hex format'), value(xml, 'Number of scratch sectors')]).toEqual(['0x200000', '0x90200000', '0']);
    expect([value(xml, 'Firmware binary input file'), value(xml, 'Image output file')]).toEqual(['../../../Applications/Mine/Binary/rot_app.bin', '../../../Applications/Mine/Binary/rot_app_enc_sign.hex']);
    expect(xml).toContain('\t</Param>\n\t<Param>\n\t\t<Name>Write Option</Name>\n\t\t<Type>Data</Type>\n\t\t<Command>--overwrite-only</Command>\n\t\t<Hidden>1</Hidden>\n\t\t<Default></Default>\n\t</Param>\n\t<Param>\n\t\t<Name>Number');
    expect(result['ROT_Provisioning/env.sh']).toBe('#!/bin/bash\n# oemirot_appli_path_project=Templates/Other/Appli\noemirot_appli_path_project=Applications/Mine\nstirot_boot_path_project=Applications/Old\ntemplate_appli_enable=0\n');
    expect(result['ROT_Provisioning/env.bat']).toContain('rem set oemirot_appli_path_project=Templates\\Other\\Appli\r\nset oemirot_appli_path_project=Applications\\Mine\r\n');
    expect(result['ROT_Provisioning/env.bat']).toContain('set /A template_appli_enable=0\r\n');
    expect(result['ROT_Provisioning/OEMiROT/ob_flash_programming.sh']).toBe(`${Array.from({ length: 8 }, (_, sector) => `wrps${sector}=0\n`).join('')}bootaddress=0x08000000\nhdp_start=0x0\nhdp_end=0xff\nhdps=$((($hdp_start<<0)|($hdp_end<<16)))\n`);
    expect(result['Applications/Mine/STM32CubeIDE/postbuild.sh']).toBe('oemurot_enable=0\nbin_path_xml_field="../../../Applications/Mine/Binary" # where\n');
    expect(result['Applications/Mine/EWARM/postbuild.bat']).toBe('set oemurot_enable=0\r\nset bin_path_xml_field="..\\..\\..\\Applications\\Mine\\Binary"\r\n');
    expect(result['Applications/Mine/Inc/appli_flash_layout.h']).toBe('#define MCUBOOT_OVERWRITE_ONLY   /* Defined: overwrite */\n#define FLASH_PRIMARY_APP_SLOT_OFFSET   0x90000000\n#define FLASH_PRIMARY_APP_SLOT_SIZE     (0x200000) /* size */\n#define FLASH_SECONDARY_APP_SLOT_OFFSET 0x90200000\n');
    expect(Object.keys(result)).not.toContain('Applications/Mine/Inc/main.h');
  });

  it('swap → no --overwrite-only, -M from the scratch area, the header switched; back → as before', () => {
    const once = texts(adapted({}));
    const swapped = adapted({ mode: 'swap' }, once);
    const xml = swapped['ROT_Provisioning/OEMiROT/Images/OEMiROT_Code_Image.xml']!.text;
    expect(xml).not.toContain('--overwrite-only');
    expect(value(xml, 'Number of scratch sectors')).toBe('33');
    expect(swapped['Applications/Mine/Inc/appli_flash_layout.h']!.text).toContain('/*#define MCUBOOT_OVERWRITE_ONLY*/   /* Defined: overwrite */\n');
    expect(texts(adapted({}, texts(swapped)))).toEqual(once);
  });

  it('OEMuRoT → its own image file, the post-build told; STiRoT → main.h, the ECC option byte, the iLoader protected', () => {
    const second = texts(adapted({ bootPath: 'stirot-oemurot' }));
    expect(Object.keys(second)).toContain('ROT_Provisioning/STiROT_OEMuROT/Images/OEMuROT_Code_Image.xml');
    expect(second['Applications/Mine/STM32CubeIDE/postbuild.sh']).toContain('oemurot_enable=1\n');
    const first = texts(adapted({ bootPath: 'stirot' }));
    expect(first['Applications/Mine/Inc/main.h']).toBe('#define CODE_OFFSET 0x24000000 /* a */\n#define CODE_SIZE 0x20000\n#define CODE_START (CODE_OFFSET)\n');
    expect(first['ROT_Provisioning/env.sh']).toContain('oemirot_appli_path_project=Applications/Old\nstirot_boot_path_project=Applications/Mine\ntemplate_appli_enable=1\n');
    expect(first['ROT_Provisioning/STiROT/ob_flash_programming.sh']).toBe('# ECC_ON_SRAM=0 is no protection\n"$tool" $connect -ob ECC_ON_SRAM=1\nOEMiLoader_address=0x8000000\nwrps0=0\nwrps1=0\nwrps2=0\nwrps3=0\nwrps4=1\nwrps5=1\nwrps6=1\nwrps7=1\n');
    const xml = first['ROT_Provisioning/STiROT/Image/STiROT_Code_Image.xml']!;
    expect([value(xml, 'Firmware area size'), value(xml, 'Firmware binary input file')]).toEqual(['0x1000', '../../../Applications/Mine/Binary/appli.bin']);
  });

  it('a template → its sources in the paths, its IDE projects beside them', () => {
    const path = 'Templates/Mine/STM32CubeIDE/Appli/postbuild.sh';
    const result = texts(adapted({}, { ...files, [path]: 'oemurot_enable=1\nbin_path_xml_field=""\n' }, { application: 'Templates/Mine/Appli', template: true }));
    expect(result[path]).toBe('oemurot_enable=0\nbin_path_xml_field="../../../Templates/Mine/Appli/Binary"\n');
    expect(result['ROT_Provisioning/env.sh']).toContain('oemirot_appli_path_project=Templates/Mine/Appli\n');
    expect(result['ROT_Provisioning/env.sh']).toContain('template_appli_enable=1\n');
  });

  it.each<RotConfigurationChoice>([{}, { mode: 'swap', exec: 'xip' }, { exec: 'int-ram' }, { bootPath: 'stirot' }, { bootPath: 'stirot-oemurot', mode: 'swap' }])('%j a second time → nothing to change', (choice) => {
    const again = adapted(choice, { ...files, ...texts(adapted(choice)) });
    for (const [path, { changes }] of Object.entries(again)) expect({ path, changes }).toEqual({ path, changes: [] });
  });

  it('a file without the place → told, the rest of it changed; a text of another kind → untouched', () => {
    const path = 'ROT_Provisioning/env.sh';
    const { changes, missing } = adapted({}, { [path]: 'template_appli_enable=1\n' })[path]!;
    expect(missing).toEqual(['oemirot_appli_path_project']);
    expect(changes).toEqual(['template_appli_enable = 0, it was 1']);
    const other = `${'<Param>'.repeat(2000)}\nbinary \0 text`;
    for (const { text } of Object.values(adapted({}, Object.fromEntries(Object.keys(files).map((name) => [name, other]))))) expect(text).toBe(other);
  });
});
