import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { applicationFromElf, applicationFromScript, bootSurroundings, checkApplication, isScriptName, readRotLayout, readScript, withRotLayout } from '../app-check/index.js';
import type { Application, BootSurroundings, RotLayout } from '../app-check/index.js';
import { chooseConfiguration, loadKit } from '../board/index.js';
import type { Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { CheckArguments, CheckedSubject } from './check-arguments.js';
import { protectionAfterBoot } from './protection-after-boot.js';
import { readBinaryFile } from './image-file.js';

const largestFile = 256 << 20;
const largestScript = 4 << 20;

/** Checks what the command line names. @throws HarnessError (usage) for files that cannot be read as what they are said to be */
export async function runCheck(path: string | undefined, args: CheckArguments): Promise<readonly CheckedSubject[]> {
  if (path === undefined) {
    throw new HarnessError({ code: 'check-what', kind: 'usage', message: 'there is nothing to check', nextStep: 'name a linked application or a linker script, or a project folder with --source' });
  }
  const kit = loadKit(args.kit);
  const rot = args.rotConfig === undefined ? undefined : await readRotLayout(Buffer.from(await readBinaryFile(args.rotConfig, largestScript)).toString('latin1'), args.rotConfig, kit);
  if (isScriptName(path)) return [checkScript(kit, path, args, rot)];
  const application = applicationFromElf(await readBinaryFile(path, largestFile), path);
  return [judge(kit, application, args, [], rot)];
}

/** Reads a file that a script names, relative to it; undefined where it cannot be read. */
function textBeside(path: string): (name: string) => string | undefined {
  return (name) => {
    try {
      const file = resolve(dirname(path), name);
      return statSync(file).size > largestScript ? undefined : readFileSync(file, 'latin1');
    } catch {
      return undefined;
    }
  };
}

function checkScript(kit: Kit, path: string, args: CheckArguments, rot: RotLayout | undefined): CheckedSubject {
  const text = textBeside(path)(resolve(path));
  if (text === undefined) throw new HarnessError({ code: 'file-unreadable', kind: 'usage', message: `cannot read ${path} as a linker script`, nextStep: 'check the path' });
  const model = readScript(text, path, textBeside(path));
  return judge(kit, applicationFromScript(model), args, model.notes, rot);
}

function judge(kit: Kit, application: Application, args: CheckArguments, notes: readonly string[], rot?: RotLayout): CheckedSubject {
  const configuration = chosen(kit, application, args, rot);
  const boot = surroundings(kit, configuration, args);
  const ignore = new Set((args.ignore ?? '').split(',').map((id) => id.trim()));
  const { bootPath, mode, exec } = configuration;
  return { name: application.name, configuration: { kit: kit.id, bootPath, mode, exec }, report: checkApplication(application, boot, { failOn: args.failOn, ignore }), notes };
}

function surroundings(kit: Kit, configuration: RotConfiguration, args: CheckArguments): BootSurroundings {
  return bootSurroundings(kit, configuration, protectionAfterBoot(kit, configuration, args.rotRelease), { itcm: args.itcmShare, dtcm: args.dtcmShare });
}

/** The configuration asked for; its execution mode follows from where the application begins, unless that is given. */
function chosen(kit: Kit, application: Application, args: CheckArguments, rot: RotLayout | undefined): RotConfiguration {
  if (rot !== undefined) return withRotLayout(chooseConfiguration(kit, rot), rot);
  if (args.exec !== undefined) return chooseConfiguration(kit, args);
  const start = application.vectors?.address ?? application.extents.find(({ role }) => role === 'vectors')?.base;
  const bootPath = args.bootPath ?? (start === kit.bootPaths.stirot?.layouts[0]?.runAddress ? 'stirot' : 'oemirot');
  const mode = args.mode ?? 'overwrite';
  const exec = kit.bootPaths[bootPath]?.layouts.find((layout) => layout.modes.includes(mode) && layout.runAddress === start)?.exec;
  return chooseConfiguration(kit, { bootPath, mode, ...(exec === undefined ? {} : { exec }) });
}

