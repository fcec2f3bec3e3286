import { isHarnessError } from '../errors/index.js';
import type { ConnectionReport, DiscoveryReport, Programmer } from '../programmer/index.js';
import type { ProductState } from './product-state.js';
import { productStateOf } from './product-state.js';

/** What a board says of itself. */
export interface BoardState {
  readonly productState: ProductState;
  /** undefined when it refuses to be debugged. */
  readonly connection?: ConnectionReport;
  readonly optionBytes?: ReadonlyMap<string, number>;
  /** Asked only when it refuses to be debugged: a discovery resets the chip. */
  readonly discovery?: DiscoveryReport;
  /** Why it could not be debugged. */
  readonly refusal?: string;
}

/**
 * Reads what a board is and writes nothing. A board that lets itself be debugged is not reset.
 * @throws HarnessError of the programmer (bench) when tool or probe are missing, or nothing answers at all
 */
export async function readBoardState(programmer: Programmer): Promise<BoardState> {
  try {
    const connection = await programmer.connect('Hotplug');
    const optionBytes = await programmer.readOptionBytes();
    return { productState: productStateOf(optionBytes), connection, optionBytes };
  } catch (error) {
    if (!isHarnessError(error) || error.code !== 'target-unreachable') throw error;
    try {
      const discovery = await programmer.discover();
      return { productState: discovery.lifeCycle ?? 'unknown', discovery, refusal: error.message };
    } catch (second) {
      if (!isHarnessError(second) || second.kind !== 'bench' || second.code === 'interrupted' || second.code === 'probe-missing') throw second;
      return { productState: 'unknown', refusal: `${error.message}; a discovery: ${second.message}` };
    }
  }
}
