import type { RotConfiguration } from '../board/index.js';
import type { Plan } from './plan.js';

export interface InstallPlanOptions {
  readonly configuration: RotConfiguration;
  readonly slot: 'primary' | 'secondary';
  /** Absolute path of a .bin with the content of the whole slot. */
  readonly file: string;
  /** Name or path for `-el`. */
  readonly externalLoader: string;
}

/** What plans of this kind are called: how the journal knows them. */
export const installPlan = 'installation';

/** The call that puts an image into a slot of a board in product state OPEN. */
export function planInstall({ configuration, slot, file, externalLoader }: InstallPlanOptions): Plan {
  const { base, size } = configuration.layout[slot];
  return {
    name: `${installPlan} in the ${slot} slot, ${configuration.bootPath} ${configuration.mode} ${configuration.exec}`,
    steps: [
      {
        name: `write-${slot}-slot`,
        why: slot === 'secondary' ? 'the root of trust installs it from there at its next start' : 'the root of trust starts it from there',
        request: { mode: 'normal', actions: [{ do: 'download', file, address: base, loader: externalLoader, verify: true, sizeBytes: size }] },
      },
    ],
  };
}
