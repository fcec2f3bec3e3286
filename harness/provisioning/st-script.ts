import type { Kit, RotConfiguration } from '../board/index.js';
import { userFlashOf } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { Address } from '../units/index.js';
import { hex, hex32 } from '../units/index.js';
import { readStLines, stVariables } from './st-variables.js';

/** The values in ob_flash_programming.sh or .bat, which ST's postbuild and update scripts write there (AppliCfg: setob, obscript, sectorerase). */
export interface StScript {
  readonly path: string;
  /** By the names of `-ob`: WRPS0 to WRPS7, the hide protection, ECC_ON_SRAM, XSPI1_HSLV, XSPI2_HSLV; a share of the TCMs where the script sets one. */
  readonly optionBytes: Readonly<Record<string, number>>;
  /** Where the binary for user flash goes. */
  readonly rotAddress?: Address;
  /** STiRoT: sectors of the loader that hold the primary slot. */
  readonly primarySectors?: { readonly first: number; readonly last: number };
}

const written = ['ECC_ON_SRAM', 'XSPI1_HSLV', 'XSPI2_HSLV', 'DTCM_AXI_SHARE', 'ITCM_AXI_SHARE'];

/**
 * Reads what a script sets. Nothing is executed.
 * @throws HarnessError `st-environment`, `st-script` (usage)
 */
export function readStScript(path: string): StScript {
  const lines = readStLines(path);
  const variables = stVariables(lines);
  const number = (...names: readonly string[]): number | undefined => {
    const text = names.map((name) => variables.get(name)).find((value) => value !== undefined);
    if (text === undefined) return undefined;
    if (!/^(?:0x[0-9a-f]{1,8}|[0-9]{1,9})$/i.test(text)) throw unusable(path, `${names[0]!} is no number: ${text.slice(0, 40)}`);
    return Number(text);
  };
  const optionBytes: Record<string, number> = {};
  const take = (name: string, value: number | undefined): void => {
    if (value !== undefined) optionBytes[name] = value;
  };
  for (let sector = 0; sector < 8; sector++) take(`WRPS${sector}`, number(`wrps${sector}`));
  // OEMiROT names what it protects, STiROT the area that protects nothing.
  take('HDP_AREA_START', number('hdp_start', 'hdp_area_start'));
  take('HDP_AREA_END', number('hdp_end', 'hdp_area_end'));
  for (const name of written) {
    const values = lines.flatMap((line) => [...line.matchAll(new RegExp(`-ob\\s(?:[^"]*\\s)?${name}=(0x[0-9a-fA-F]{1,8}|[0-9]{1,3})(?![0-9A-Za-z])`, 'g'))].map((match) => Number(match[1])));
    take(name, values.at(-1));
  }
  const missing = Array.from({ length: 8 }, (_, sector) => `WRPS${sector}`).filter((name) => optionBytes[name] === undefined);
  if (missing.length > 0) throw unusable(path, `it sets no ${missing.join(', ')}`);
  const rotAddress = number('bootaddress', 'oemiloader_address');
  const [first, last] = [number('ext_nvm_primary_code_start'), number('ext_nvm_primary_code_stop')];
  return { path, optionBytes, ...(rotAddress === undefined ? {} : { rotAddress }), ...(first === undefined || last === undefined ? {} : { primarySectors: { first, last } }) };
}

/**
 * The configuration with the values of the script instead of the kit's.
 * @throws HarnessError `st-script` (usage) where the root of trust would refuse them: ST's files as shipped, before their postbuild
 */
export function withStScript(kit: Kit, configuration: RotConfiguration, script: StScript): RotConfiguration {
  const { bootPath, path } = configuration;
  const { optionBytes, rotAddress = path.rotBinary.address } = script;
  const shared = ['DTCM_AXI_SHARE', 'ITCM_AXI_SHARE'].filter((name) => (optionBytes[name] ?? 0) !== 0);
  if (shared.length > 0) throw unusable(script.path, `it sets ${shared.join(' and ')}, which these plans leave at 0`, 'comment the line out, and set the share afterwards');
  if (bootPath === 'oemirot') {
    const refused = Object.entries(path.optionBytes).filter(([name, value]) => optionBytes[name] !== undefined && optionBytes[name] !== value);
    if (refused.length > 0) {
      throw unusable(script.path, `it sets ${refused.map(([name, value]) => `${name} to ${hex(optionBytes[name]!)}, OEMiROT_Boot demands ${hex(value)}`).join('; ')}`, 'build OEMiROT_Boot: its postbuild writes the values of this build into the script');
    }
    if (rotAddress !== path.rotBinary.address) throw unusable(script.path, `it writes OEMiROT_Boot to ${hex32(rotAddress)}, this kit starts it at ${hex32(path.rotBinary.address)}`);
    return configuration;
  }
  const { sectorSize } = kit.device.flash;
  const sector = (rotAddress - userFlashOf(kit)) / sectorSize;
  if (!Number.isInteger(sector) || sector < 0 || sector > 7) throw unusable(script.path, `it writes the iLoader to ${hex32(rotAddress)}, which begins no sector of the user flash`);
  let last = sector;
  while (last < 8 && optionBytes[`WRPS${last}`] === 0) last += 1;
  if (last === sector) throw unusable(script.path, `it leaves the iLoader at ${hex32(rotAddress)} without write protection`);
  return { ...configuration, path: { ...path, rotBinary: { address: rotAddress, maxSize: (last - sector) * sectorSize }, optionBytes: { ...path.optionBytes, ...optionBytes } } };
}

function unusable(path: string, message: string, nextStep = "let ST's postbuild and provisioning scripts update it, or leave --st-folder out"): HarnessError {
  return new HarnessError({ code: 'st-script', kind: 'usage', message: `${path}: ${message}`, nextStep });
}
