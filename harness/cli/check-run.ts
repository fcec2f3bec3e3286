import { bootSurroundings, checkApplication } from '../app-check/index.js';
import type { Application, BootSurroundings } from '../app-check/index.js';
import { chooseConfiguration, loadKit } from '../board/index.js';
import type { Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { CheckArguments, CheckedSubject } from './check-arguments.js';
import { protectionAfterBoot } from './protection-after-boot.js';
import { readBinaryFile } from './image-file.js';

const largestFile = 256 << 20;

/** Checks what the command line names. @throws HarnessError (usage) for files that cannot be read as what they are said to be */
export async function runCheck(path: string | undefined, args: CheckArguments): Promise<readonly CheckedSubject[]> {
  if (path === undefined) {
    throw new HarnessError({ code: 'check-what', kind: 'usage', message: 'there is nothing to check', nextStep: 'name a linked application or a linker script, or a project folder with --source' });
  }
  const kit = loadKit(args.kit);
  const { applicationFromElf } = await import('../app-check/index.js');
  const application = applicationFromElf(await readBinaryFile(path, largestFile), path);
  return [judge(kit, application, args, [])];
}

function judge(kit: Kit, application: Application, args: CheckArguments, notes: readonly string[]): CheckedSubject {
  const configuration = chosen(kit, application, args);
  const boot = surroundings(kit, configuration, args);
  const ignore = new Set((args.ignore ?? '').split(',').map((id) => id.trim()));
  const { bootPath, mode, exec } = configuration;
  return { name: application.name, configuration: { kit: kit.id, bootPath, mode, exec }, report: checkApplication(application, boot, { failOn: args.failOn, ignore }), notes };
}

function surroundings(kit: Kit, configuration: RotConfiguration, args: CheckArguments): BootSurroundings {
  return bootSurroundings(kit, configuration, protectionAfterBoot(kit, configuration, args.rotRelease), { itcm: args.itcmShare, dtcm: args.dtcmShare });
}

/** The configuration asked for; its execution mode follows from where the application begins, unless that is given. */
function chosen(kit: Kit, application: Application, args: CheckArguments): RotConfiguration {
  if (args.exec !== undefined) return chooseConfiguration(kit, args);
  const start = application.vectors?.address ?? application.extents.find(({ role }) => role === 'vectors')?.base;
  const bootPath = args.bootPath ?? (start === kit.bootPaths.stirot?.layouts[0]?.runAddress ? 'stirot' : 'oemirot');
  const mode = args.mode ?? 'overwrite';
  const exec = kit.bootPaths[bootPath]?.layouts.find((layout) => layout.modes.includes(mode) && layout.runAddress === start)?.exec;
  return chooseConfiguration(kit, { bootPath, mode, ...(exec === undefined ? {} : { exec }) });
}

