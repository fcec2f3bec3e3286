import type { BootPathName } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { BootLoaderPort } from '../programmer/index.js';
import type { FinalState } from './files.js';
import { fileNames, requiredRoles } from './files.js';
import type { ProvisioningInputs } from './inputs.js';
import { planClosed } from './plan-closed.js';
import { planOpen } from './plan-open.js';
import type { Plan } from './plan.js';

/** What of a bench the calls need. */
export interface PlanBench {
  /** Name or path for `-el`. */
  readonly externalLoader: string;
  /** Name or path for `-elbl`. */
  readonly bootLoaderLoader: string;
  readonly bootLoader: BootLoaderPort;
  /** Out of ST's script, where one was given. */
  readonly primarySectors?: { readonly first: number; readonly last: number };
}

/** @throws HarnessError `unsupported-configuration` (usage) for a boot path that does not start in this product state */
export function requireState(bootPath: BootPathName, state: FinalState): void {
  if (state !== 'OPEN' || bootPath === 'oemirot') return;
  throw new HarnessError({ code: 'unsupported-configuration', kind: 'usage', message: `boot path ${bootPath} has no product state OPEN: STiRoT starts nothing below CLOSED`, nextStep: 'choose --state closed, or --boot-path oemirot' });
}

/**
 * The calls for these inputs.
 * @throws HarnessError `file-missing`, `unsupported-configuration` (usage)
 */
export function makePlan(inputs: ProvisioningInputs, bench: PlanBench): Plan {
  const { kit, configuration, state, paths } = inputs;
  requireState(configuration.bootPath, state);
  for (const role of requiredRoles(kit, configuration.bootPath, state)) {
    if (paths[role] !== undefined) continue;
    throw new HarnessError({
      code: 'file-missing',
      kind: 'usage',
      message: `${configuration.bootPath} in ${state} needs ${fileNames[configuration.bootPath][role] ?? role}`,
      nextStep: "name it on the command line, or import the folder of ST's scripts with --st-folder",
    });
  }
  if (state !== 'OPEN') return planClosed({ kit, configuration, state, files: paths, ...bench });
  const { image, blank } = paths;
  return planOpen({
    kit,
    configuration,
    externalLoader: bench.externalLoader,
    files: {
      rotBinary: paths.rot!,
      hardwareKeys: paths['hardware-keys'] ?? '',
      config: paths.config!,
      data: paths.data!,
      ...(image === undefined ? {} : { image }),
      ...(blank === undefined ? {} : { blankSector: blank }),
    },
  });
}
