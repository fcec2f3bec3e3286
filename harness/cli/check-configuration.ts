import { applicationFromElf, readRotLayout, withRotLayout } from '../app-check/index.js';
import type { RotLayout } from '../app-check/index.js';
import { chooseConfiguration } from '../board/index.js';
import type { Kit, RotConfiguration } from '../board/index.js';
import { isElf } from '../elf/index.js';
import type { Address } from '../units/index.js';
import type { ConfigurationArguments } from './configuration-options.js';
import { readBinaryFile } from './image-file.js';

const largestText = 4 << 20;

/** The layout that `--rot-config` names. @throws HarnessError `file-unreadable`, `rot-config` (usage) */
export async function rotLayoutOf(kit: Kit, path: string | undefined): Promise<RotLayout | undefined> {
  if (path === undefined) return undefined;
  return readRotLayout(Buffer.from(await readBinaryFile(path, largestText)).toString('latin1'), path, kit);
}

/** The configuration asked for; boot path and execution mode follow from where the application's vector table is, unless they are given. */
export function configurationFor(kit: Kit, start: Address | undefined, args: ConfigurationArguments, rot: RotLayout | undefined): RotConfiguration {
  if (rot !== undefined) return withRotLayout(chooseConfiguration(kit, rot), rot);
  if (args.exec !== undefined) return chooseConfiguration(kit, args);
  const bootPath = args.bootPath ?? (start !== undefined && start === kit.bootPaths.stirot?.layouts[0]?.runAddress ? 'stirot' : 'oemirot');
  const mode = args.mode ?? 'overwrite';
  const exec = kit.bootPaths[bootPath]?.layouts.find((layout) => layout.modes.includes(mode) && layout.runAddress === start)?.exec;
  return chooseConfiguration(kit, { bootPath, mode, ...(exec === undefined ? {} : { exec }) });
}

/** The same for a file that is to be tried; a .bin says nothing of where it runs. */
export async function configurationForTrial(kit: Kit, file: Uint8Array, name: string, args: ConfigurationArguments & { readonly rotConfig?: string }): Promise<RotConfiguration> {
  const rot = await rotLayoutOf(kit, args.rotConfig);
  return configurationFor(kit, isElf(file) ? applicationFromElf(file, name).vectors?.address : undefined, args, rot);
}
