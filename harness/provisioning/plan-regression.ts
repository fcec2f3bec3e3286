import type { DaCredentialFiles } from '../programmer/index.js';
import type { Plan, PlanStep } from './plan.js';
import type { ProductState } from './product-state.js';

export interface RegressionOptions {
  /** What the board was found in. */
  readonly state: ProductState;
  readonly credential: DaCredentialFiles;
  /** DA_Config.obk that belongs to the credential: a board left in PROVISIONING may not have got it yet. */
  readonly daObk?: string;
}

/**
 * The calls that bring a board back to OPEN, in the order of ST's DA/regression.sh. Everything on the chip is erased; the external flash stays.
 */
export function planRegression({ state, credential, daObk }: RegressionOptions): Plan {
  const steps: PlanStep[] = [];
  if (state === 'PROVISIONING' && daObk !== undefined) {
    steps.push(
      { name: 'attach-for-da', why: 'the device settles before the secure service is called', request: { mode: 'Hotplug', actions: [{ do: 'connect' }] } },
      {
        name: 'provision-da',
        why: 'a board left in PROVISIONING may have no credential yet',
        request: { mode: 'Hotplug', actions: [{ do: 'provision-obk', file: daObk }] },
        mayFail: 'the credential may be there already: the discovery tells',
      },
    );
  }
  steps.push(
    { name: 'discover', why: 'the chip must offer the full regression, before it is asked for', request: { mode: 'debug-authentication', actions: [{ do: 'discover' }] } },
    {
      name: 'regress',
      why: 'flash, OBKeys and option bytes are erased, and the product state is OPEN again',
      request: { mode: 'debug-authentication', actions: [{ do: 'regress', credential }] },
      reaches: 'OPEN',
      proof: { by: 'product-state', state: 'OPEN' },
    },
  );
  return { name: `full regression by ${credential.method}`, steps };
}
