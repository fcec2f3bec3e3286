import { formatVersion } from '../image/index.js';
import { buildStirotHandOver } from './hand-over.js';
import type { BootOutcome, RotPlatform } from './oemirot.js';
import { bootOemirot } from './oemirot.js';
import { oemurotStage } from './rot-stage.js';
import type { StirotOutcome } from './stirot.js';
import { runStirot } from './stirot.js';

/**
 * One start of a board from reset to its application, on the boot path of its configuration: OEMiRoT; STiRoT; or STiRoT, which starts OEMuRoT, which starts the application.
 * @throws PowerCut when an observer of the flash or of the keys cuts the power
 */
export function bootRootOfTrust(platform: RotPlatform): BootOutcome {
  const { kit, configuration } = platform;
  if (configuration.bootPath === 'oemirot') return bootOemirot(platform);
  const first = runStirot(platform);
  if (first.kind !== 'started') return withoutApplication(first);
  if (configuration.bootPath === 'stirot-oemurot') return bootOemirot(platform, oemurotStage(first.header.version));
  const { header, image, run, installed, rejected } = first;
  return {
    kind: 'application',
    swapType: 'none',
    installed,
    ...(rejected === undefined ? {} : { rejected }),
    version: formatVersion(header.version),
    handOver: buildStirotHandOver({ kit, configuration: { ...configuration, layout: { ...configuration.layout, run } }, image, runBase: run.base, headerSize: header.headerSize }),
  };
}

function withoutApplication(outcome: Exclude<StirotOutcome, { kind: 'started' }>): BootOutcome {
  if (outcome.kind === 'halt') return outcome;
  const { installed, rejected, why } = outcome;
  return { kind: 'no-image', swapType: 'none', installed, ...(rejected === undefined ? {} : { rejected }), why, erasedPrimary: false, next: 'reset' };
}
