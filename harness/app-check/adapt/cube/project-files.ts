import type { BootPathName } from '../../../board/index.js';
import { hex } from '../../../units/index.js';
import type { BootSurroundings } from '../../boot-surroundings.js';
import { overwriteOption, xmlValue } from './image-xml.js';
import type { TextEdit } from './text-edits.js';
import { headerSwitch, headerValue, optionByteArgument, scriptVariable } from './text-edits.js';

/** An application in a package like STM32CubeH7RS, `Projects/<board>/…`. Paths are relative to the board's folder, with `/`. */
export interface CubeProject {
  /** The application's folder as env.sh names it: `Applications/ROT/OEMiROT_Appli`, `Templates/Template_ROT/OEMiROT_Appli/Appli`. */
  readonly application: string;
  /** Whether sources and IDE projects lie side by side below a folder of the template (`…/Appli`, `…/STM32CubeIDE/Appli`). */
  readonly template: boolean;
}

/** A file of the package with what belongs into it. */
export interface CubeFile {
  readonly path: string;
  readonly edits: readonly { readonly what: string; readonly edit: TextEdit }[];
}

/** Folder below ROT_Provisioning, image file in it, names of the application's binary and of the signed one (ST's post-build scripts and env.sh). */
const provisioning: Readonly<Record<BootPathName, { readonly folder: string; readonly image: string; readonly binary: string; readonly signed: string }>> = {
  oemirot: { folder: 'OEMiROT', image: 'Images/OEMiROT_Code_Image.xml', binary: 'rot_app.bin', signed: 'rot_app_enc_sign.hex' },
  stirot: { folder: 'STiROT', image: 'Image/STiROT_Code_Image.xml', binary: 'appli.bin', signed: 'appli_enc_sign.hex' },
  'stirot-oemurot': { folder: 'STiROT_OEMuROT', image: 'Images/OEMuROT_Code_Image.xml', binary: 'rot_app.bin', signed: 'rot_app_enc_sign.hex' },
};
/** From the folder of an image file up to the board's. */
const up = '../../..';
const wrpSectors = 8;

/** Hexadecimal as AppliCfg prints it: upper-case digits. */
const upper = (value: number): string => `0x${value.toString(16).toUpperCase()}`;
const backslashes = (path: string): string => path.replaceAll('/', '\\');

/**
 * What ST's post-build scripts and update_*_setup scripts write with AppliCfg.py, beside the linker scripts: image XML, appli_flash_layout.h or main.h, option bytes in
 * ob_flash_programming, the project variables of env and of the application's own post-build. Sources: STM32CubeH7RS OEMiROT_Boot/STM32CubeIDE/postbuild.sh,
 * OEMiROT_Appli/STM32CubeIDE/postbuild.sh, ROT_Provisioning/STiROT/update_appli_setup.sh and update_ob_setup.sh.
 * A file that a package lacks is left out by the caller.
 */
export function cubeFiles({ application, template }: CubeProject, boot: BootSurroundings): readonly CubeFile[] {
  const { bootPath } = boot;
  const { folder } = provisioning[bootPath];
  const both = (path: string, make: (batch: boolean) => CubeFile['edits']): readonly CubeFile[] => [
    { path: `${path}.sh`, edits: make(false) },
    { path: `${path}.bat`, edits: make(true) },
  ];
  return [
    imageFile(application, boot),
    ...both('ROT_Provisioning/env', (batch) => {
      const variable = bootPath === 'stirot' ? 'stirot_boot_path_project' : 'oemirot_appli_path_project';
      const edits = [text(variable, batch ? backslashes(application) : application)];
      return bootPath === 'stirot' ? edits : [...edits, text('template_appli_enable', template ? '1' : '0')];
    }),
    ...both(`ROT_Provisioning/${folder}/ob_flash_programming`, () => optionBytes(boot)),
    ...ideFolders(application, template).flatMap((ide) =>
      both(`${ide}/postbuild`, (batch) => {
        const binaries = `${up}/${application}/Binary`;
        const edits = [text('bin_path_xml_field', batch ? backslashes(binaries) : binaries)];
        return bootPath === 'stirot' ? edits : [text('oemurot_enable', bootPath === 'stirot-oemurot' ? '1' : '0'), ...edits];
      }),
    ),
    ...header(application, boot),
  ];
}

/** Where the IDE projects of the application are, with its linker scripts. */
export function ideFolders(application: string, template: boolean): readonly string[] {
  const root = template ? application.slice(0, application.lastIndexOf('/')) : application;
  return ['STM32CubeIDE', 'EWARM', 'MDK-ARM'].map((ide) => `${root}/${ide}${template ? '/Appli' : ''}`);
}

const text = (name: string, value: string): CubeFile['edits'][number] => ({ what: name, edit: scriptVariable(name, value) });

function imageFile(application: string, boot: BootSurroundings): CubeFile {
  const { folder, image, binary, signed } = provisioning[boot.bootPath];
  const { secondary, scratch } = boot.configuration.layout;
  const value = (tag: 'Name' | 'Command', content: string, wanted: string): CubeFile['edits'][number] => ({ what: content, edit: xmlValue(tag, content, wanted) });
  const files = [value('Name', 'Firmware binary input file', `${up}/${application}/Binary/${binary}`), value('Name', 'Image output file', `${up}/${application}/Binary/${signed}`)];
  // STiRoT's image file takes size and address from STiROT_Config.xml.
  if (boot.bootPath === 'stirot') return { path: `ROT_Provisioning/${folder}/${image}`, edits: files };
  return {
    path: `ROT_Provisioning/${folder}/${image}`,
    edits: [
      value('Command', '-S', upper(boot.slot.size)),
      value('Command', '-x', upper(secondary.base)),
      { what: '--overwrite-only', edit: overwriteOption(!boot.swap) },
      // ST's post-build: (((size + 1) / scratch) + 1) as a whole number, 0 without scratch.
      value('Command', '-M', String(boot.swap && scratch !== undefined ? Math.floor((boot.slot.size + 1) / scratch.size + 1) : 0)),
      ...files,
    ],
  };
}

function optionBytes({ configuration, bootPath }: BootSurroundings): CubeFile['edits'] {
  const { optionBytes: wanted, rotBinary } = configuration.path;
  const number = (name: string, value: number | undefined, format: (value: number) => string): CubeFile['edits'] => (value === undefined ? [] : [text(name, format(value))]);
  const wrps = Array.from({ length: wrpSectors }, (_, sector) => number(`wrps${sector}`, wanted[`WRPS${sector}`], String)).flat();
  if (bootPath === 'oemirot') return [...wrps, ...number('hdp_start', wanted['HDP_AREA_START'], hex), ...number('hdp_end', wanted['HDP_AREA_END'], hex), ...number('bootaddress', rotBinary.address, hex)];
  const ecc = wanted['ECC_ON_SRAM'];
  return [...wrps, ...(ecc === undefined ? [] : [{ what: 'ECC_ON_SRAM', edit: optionByteArgument('ECC_ON_SRAM', ecc) }]), ...number('OEMiLoader_address', rotBinary.address, hex)];
}

function header(application: string, boot: BootSurroundings): readonly CubeFile[] {
  const define = (name: string, value: number): CubeFile['edits'][number] => ({ what: name, edit: headerValue(name, upper(value)) });
  if (boot.bootPath === 'stirot') return [{ path: `${application}/Inc/main.h`, edits: [define('CODE_SIZE', boot.slot.size), define('CODE_OFFSET', boot.slot.base)] }];
  const { primary, secondary } = boot.configuration.layout;
  return [
    {
      path: `${application}/Inc/appli_flash_layout.h`,
      edits: [
        { what: 'MCUBOOT_OVERWRITE_ONLY', edit: headerSwitch('MCUBOOT_OVERWRITE_ONLY', !boot.swap) },
        define('FLASH_PRIMARY_APP_SLOT_OFFSET', primary.base),
        define('FLASH_SECONDARY_APP_SLOT_OFFSET', secondary.base),
        define('FLASH_PRIMARY_APP_SLOT_SIZE', primary.size),
      ],
    },
  ];
}
