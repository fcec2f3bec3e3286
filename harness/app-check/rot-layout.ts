import type { BootPathName, ExecutionMode, Kit, RotConfiguration, SlotLayout, UpdateMode } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { StXmlElement } from '../image/index.js';
import { hex, parseNumber } from '../units/index.js';
import { CDefines } from './c-defines.js';

/** The layout of a root of trust as its own files give it. */
export interface RotLayout {
  readonly bootPath: BootPathName;
  readonly mode: UpdateMode;
  readonly exec: ExecutionMode;
  readonly headerSize: number;
  readonly layout: SlotLayout;
  /** Option bytes that follow from it: write protection and hide protection of the code in user flash, ECC of the RAM. What it does not tell is absent. */
  readonly optionBytes?: Readonly<Record<string, number>>;
}

const source = { header: "ST's flash_layout.h", properties: 'map.properties', xml: 'STiROT_Config.xml' } as const;
/** BL2_HEADER_SIZE of OEMiROT_Boot/Inc/region_defs.h, -H of STiROT_Code_Image.xml. */
const headerSize = 0x400;
const axiSram3 = 0x24040000;

function unreadable(file: string, what: string): HarnessError {
  return new HarnessError({ code: 'rot-config', kind: 'usage', message: `${file}: ${what}`, nextStep: `give ${Object.values(source).join(', or ')} of your root of trust` });
}

/**
 * Reads the layout of a root of trust: ST's flash_layout.h, the map.properties that its post-build writes, or STiROT_Config.xml.
 * @throws HarnessError `rot-config` (usage): none of these, or a value is missing or impossible
 */
export async function readRotLayout(text: string, file: string, kit: Kit): Promise<RotLayout> {
  if (/^\s*<\?xml|^\s*<Root\b/.test(text)) return checked(await fromStirotXml(text, file), file);
  if (/^\s*\[?\s*BootPathType|^\s*RUN_CODE_REGION_START\s*=/m.test(text)) return checked(fromProperties(text, file), file);
  if (/#\s*define\s+\w+/.test(text)) return checked(fromFlashLayout(text, file, kit), file);
  throw unreadable(file, 'it is none of the files that describe a root of trust');
}

/** A configuration of a kit with the layout of a user's own root of trust in it. */
export function withRotLayout(configuration: RotConfiguration, { layout, headerSize: header, optionBytes = {} }: RotLayout): RotConfiguration {
  const { path } = configuration;
  return { ...configuration, layout, path: { ...path, headerSize: header, optionBytes: { ...path.optionBytes, ...optionBytes } } };
}

const wrpSectors = { size: 0x2000, count: 8 } as const;
const hdpPage = 0x100;

/** WRPSn of code in user flash, from its offset and size: 0 protects (AppliCfg, setob). */
function writeProtection(offset: number, size: number): Readonly<Record<string, number>> {
  const first = Math.floor(offset / wrpSectors.size);
  const last = first + Math.floor((size - wrpSectors.size) / wrpSectors.size);
  return Object.fromEntries(Array.from({ length: wrpSectors.count }, (_, sector) => [`WRPS${sector}`, sector >= first && sector <= last ? 0 : 1]));
}

function fromFlashLayout(text: string, file: string, kit: Kit): RotLayout {
  const device = kit.device.memoryCipherEngine ? ['STM32H7S7xx', 'STM32H7S3xx'] : ['STM32H7R7xx', 'STM32H7R3xx'];
  const defines = new CDefines(text, file, device);
  const need = (name: string): number => {
    const value = defines.value(name);
    if (value === undefined) throw unreadable(file, `${name} is missing, or no number`);
    return value;
  };
  const flash = need('EXT_FLASH_BASE_ADDRESS');
  const mode: UpdateMode = defines.defined('MCUBOOT_OVERWRITE_ONLY') ? 'overwrite' : 'swap';
  const exec = (['xip', 'int-ram', 'ext-ram'] as const)[need('OEMIROT_LOAD_AND_RUN')];
  if (exec === undefined) throw unreadable(file, 'OEMIROT_LOAD_AND_RUN is none of NO_LOAD_AND_RUN, LOAD_AND_RUN_INT_RAM, LOAD_AND_RUN_EXT_RAM');
  const size = need('FLASH_AREA_0_SIZE');
  const primary = { base: flash + need('FLASH_AREA_0_OFFSET'), size };
  const run = exec === 'xip' ? undefined : { base: exec === 'int-ram' ? axiSram3 : need('EXT_RAM_BASE_ADDRESS'), size };
  const scratch = defines.value('FLASH_AREA_SCRATCH_SIZE');
  const [rotOffset, rotSize] = [defines.value('FLASH_AREA_BL2_OFFSET'), defines.value('FLASH_AREA_BL2_SIZE')];
  const ownFlash = !defines.defined('OEMUROT_ENABLE') && rotOffset !== undefined && rotSize !== undefined;
  return {
    ...(ownFlash ? { optionBytes: { ...writeProtection(rotOffset, rotSize), HDP_AREA_START: 0, HDP_AREA_END: Math.floor((rotOffset + rotSize - 1) / hdpPage) } } : {}),
    bootPath: defines.defined('OEMUROT_ENABLE') ? 'stirot-oemurot' : 'oemirot',
    mode,
    exec,
    headerSize,
    layout: {
      exec,
      primary,
      secondary: { base: flash + need('FLASH_AREA_2_OFFSET'), size: need('FLASH_AREA_2_SIZE') },
      ...(scratch === undefined || scratch === 0 ? {} : { scratch: { base: flash + need('FLASH_AREA_SCRATCH_OFFSET'), size: scratch } }),
      ...(run === undefined ? {} : { run }),
      runAddress: (run ?? primary).base + headerSize,
      modes: [mode],
    },
  };
}

function fromProperties(text: string, file: string): RotLayout {
  const values = new Map([...text.matchAll(/^\s*(\w+)\s*=\s*(.*?)\s*$/gm)].map((match) => [match[1]!, match[2]!]));
  const need = (name: string): number => {
    const value = parseNumber(values.get(name) ?? '');
    if (value === undefined) throw unreadable(file, `${name} is missing, or no number`);
    return value;
  };
  const bootPath: BootPathName = values.get('bootPath') === 'OEMuROT' || values.get('bootPath') === 'STiROT_OEMuROT' ? 'stirot-oemurot' : 'oemirot';
  const mode: UpdateMode = need('MCUBOOT_OVERWRITE_ONLY') === 0 ? 'swap' : 'overwrite';
  const run = { base: need('RUN_CODE_REGION_START'), size: need('RUN_CODE_REGION_SIZE') };
  const primary = { base: need('CODE_REGION_START'), size: need('CODE_REGION_SIZE') };
  const exec: ExecutionMode = run.base === primary.base ? 'xip' : run.base >= 0x60000000 ? 'ext-ram' : 'int-ram';
  const header = need('HEADER_SIZE');
  const scratch = { base: need('SCRATCH_REGION_START'), size: need('SCRATCH_REGION_SIZE') };
  return {
    bootPath,
    mode,
    exec,
    headerSize: header,
    layout: { exec, primary, secondary: { base: need('DOWNLOAD_CODE_REGION_START'), size: need('DOWNLOAD_CODE_REGION_SIZE') }, ...(scratch.size === 0 ? {} : { scratch }), ...(exec === 'xip' ? {} : { run }), runAddress: run.base + header, modes: [mode] },
  };
}

async function fromStirotXml(text: string, file: string): Promise<RotLayout> {
  const { parseStXml, stXmlChild } = await import('../image/index.js');
  const root = await parseStXml(text);
  const data = stXmlChild(root, 'Obdata') ?? root;
  const read = (name: string): number | undefined => {
    // Numbers are <Data>, choices <List>, switches <Bool>.
    const element: StXmlElement | undefined = data.children.find((each) => ['Data', 'List', 'Bool'].includes(each.name) && stXmlChild(each, 'Name')?.text.trim() === name);
    return parseNumber(element === undefined ? '' : (stXmlChild(element, 'Value')?.text.trim() ?? ''));
  };
  const need = (name: string): number => {
    const value = read(name);
    if (value === undefined) throw unreadable(file, `"${name}" is missing, or no number`);
    return value;
  };
  const [loaderOffset, loaderSize, ecc] = [read('STiROT_iLoader offset'), read('STiROT_iLoader size'), read('SRAM ECC management activation')];
  const size = need('Firmware area size');
  const run = { base: need('Firmware area address (in internal RAM)'), size };
  return {
    optionBytes: { ...(loaderOffset === undefined || loaderSize === undefined ? {} : writeProtection(loaderOffset, loaderSize)), ...(ecc === undefined ? {} : { ECC_ON_SRAM: ecc }) },
    bootPath: 'stirot',
    mode: 'overwrite',
    exec: 'int-ram',
    headerSize,
    layout: {
      exec: 'int-ram',
      primary: { base: need('Firmware installation area address (in external flash)'), size },
      secondary: { base: need('Firmware download area address (in external flash)'), size },
      run,
      runAddress: run.base + headerSize,
      modes: ['overwrite'],
    },
  };
}

/** Slots of a size, inside the address space. */
function checked(found: RotLayout, file: string): RotLayout {
  const { primary, secondary, run, scratch } = found.layout;
  for (const [name, area] of Object.entries({ primary, secondary, run, scratch })) {
    if (area === undefined) continue;
    if (area.size <= found.headerSize || area.base < 0 || area.base + area.size > 0x1_0000_0000) throw unreadable(file, `the ${name} area at ${hex(area.base)} with ${hex(area.size)} bytes is impossible`);
  }
  return found;
}
