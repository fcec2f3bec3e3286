import { HarnessError } from '../errors/index.js';
import type { Address } from '../units/index.js';
import type { BootPathName, ExecutionMode, Kit, RotConfiguration, StirotSlots, UpdateMode } from './types.js';

export interface RotConfigurationWanted {
  readonly bootPath: BootPathName;
  readonly mode: UpdateMode;
  readonly exec: ExecutionMode;
  /**
   * The program unit of ST's build: 16 with MCUBOOT_USE_MCE, 4 without (OEMiROT_Boot/Inc/flash_layout.h, Src/low_level_ext_flash.c);
   * default: that of the kit. It fixes the fields of the trailer and what counts as erased.
   */
  readonly programUnit?: 4 | 16;
}

/**
 * One configuration of the root of trust on a kit.
 * @throws HarnessError `unsupported-configuration` (usage) when the kit has no such boot path, execution mode or update mode; it lists those that it has
 */
export function rotConfiguration(kit: Kit, wanted: RotConfigurationWanted): RotConfiguration {
  const { bootPath, mode, exec, programUnit } = wanted;
  const path = kit.bootPaths[bootPath];
  const layout = path?.layouts.find((candidate) => candidate.exec === exec && candidate.modes.includes(mode));
  if (programUnit === 16 && !kit.device.memoryCipherEngine) {
    throw unsupported(`${kit.device.name} has no memory cipher engine: its program unit is 4, not 16`, 'leave the program unit out, or choose 4');
  }
  if (path !== undefined && layout !== undefined) return { bootPath, mode, exec, path: programUnit === undefined ? path : { ...path, programUnit }, layout };
  const known = Object.entries(kit.bootPaths).flatMap(([name, entry]) =>
    entry.layouts.flatMap((candidate) => candidate.modes.map((each) => `${name}/${each}/${candidate.exec}`)),
  );
  const why = exec === 'ext-ram' && kit.externalRam === undefined ? `: ${kit.name} has no external RAM` : '';
  throw unsupported(
    `${kit.id} has no configuration ${bootPath}/${mode}/${exec}${why}`,
    known.length === 0 ? 'choose another kit: none is supported on this one yet' : `choose one of: ${known.join(', ')}`,
  );
}

/** A configuration on the command line or in a file: what is left out is ST's default for the kit. */
export type RotConfigurationChoice = { readonly [Key in 'bootPath' | 'mode' | 'exec']?: RotConfigurationWanted[Key] | undefined };

/**
 * The configuration that a choice stands for: OEMiRoT and overwrite unless others are chosen, and the first execution mode that the kit's file has for them.
 * @throws HarnessError `unsupported-configuration` (usage)
 */
export function chooseConfiguration(kit: Kit, choice: RotConfigurationChoice): RotConfiguration {
  const { bootPath = 'oemirot', mode = 'overwrite' } = choice;
  const exec = choice.exec ?? kit.bootPaths[bootPath]?.layouts.find(({ modes }) => modes.includes(mode))?.exec ?? 'ext-ram';
  return rotConfiguration(kit, { bootPath, mode, exec });
}

/**
 * What a root of trust that was built so is on another boot path: the same update and execution mode where that path has them, else ST's defaults for it.
 * @throws HarnessError `unsupported-configuration` (usage)
 */
export function configurationOnPath(kit: Kit, built: RotConfiguration, bootPath: BootPathName): RotConfiguration {
  if (bootPath === built.bootPath) return built;
  const { mode, exec } = built;
  const fits = kit.bootPaths[bootPath]?.layouts.some((layout) => layout.exec === exec && layout.modes.includes(mode)) === true;
  return fits ? rotConfiguration(kit, { bootPath, mode, exec }) : chooseConfiguration(kit, { bootPath });
}

/**
 * The format of an image for this configuration's application: STiRoT takes ST's primary-only images (magic 0xc1592ee9,
 * ROT_Provisioning/STiROT/Image/STiROT_Code_Image.xml), the others MCUboot images for their update mode.
 */
export function imageModeOf(configuration: Pick<RotConfiguration, 'bootPath' | 'mode'>): UpdateMode | 'primary-only' {
  return configuration.bootPath === 'stirot' ? 'primary-only' : configuration.mode;
}

/** Where STiRoT finds what it starts: the application or OEMuRoT; undefined on a boot path without STiRoT. */
export function stirotSlots(configuration: RotConfiguration): StirotSlots | undefined {
  const { bootPath, path, layout } = configuration;
  if (bootPath !== 'stirot') return path.firstStage;
  return layout.run === undefined ? undefined : { primary: layout.primary, secondary: layout.secondary, run: layout.run, runAddress: layout.runAddress };
}

/** Where the chip's user flash begins. */
export function userFlashOf({ device }: Pick<Kit, 'device'>): Address {
  const flash = device.memories.find(({ kind }) => kind === 'flash');
  if (flash === undefined) throw unsupported(`${device.name} has no user flash`, 'add it to the memories in its file below boards/devices');
  return flash.base;
}

function unsupported(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'unsupported-configuration', kind: 'usage', message, nextStep });
}
