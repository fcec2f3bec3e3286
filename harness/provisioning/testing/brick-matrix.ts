import type { BootPathName } from '../../board/index.js';
import type { DaMethod } from '../derived-contents.js';
import type { FinalState } from '../files.js';
import type { CellOutcome, CellResult } from './brick-cell.js';
import { countCalls, runCell } from './brick-cell.js';
import { makeInputs } from './inputs.js';
import type { CallFault } from './simulated-device.js';
import { callFaults } from './simulated-device.js';

export interface Target {
  readonly bootPath: BootPathName;
  readonly state: FinalState;
  readonly method: DaMethod;
}

/** Every boot path with every state that it has. */
export const targets: readonly Target[] = (['oemirot', 'stirot', 'stirot-oemurot'] as const).flatMap((bootPath): Target[] => [
  ...(bootPath === 'oemirot' ? [{ bootPath, state: 'OPEN', method: 'certificate' } as const] : []),
  { bootPath, state: 'CLOSED', method: 'certificate' },
  { bootPath, state: 'CLOSED', method: 'password' },
  { bootPath, state: 'LOCKED', method: 'certificate' },
]);

export const nameOf = ({ bootPath, state, method }: Target): string => `${bootPath} ${state}${state === 'CLOSED' ? ` ${method}` : ''}`;

export interface Cell {
  readonly target: Target;
  readonly fault: CallFault;
  /** Call of the tool that it strikes, from 1. */
  readonly at: number;
  readonly result: CellResult;
}

/** Runs the cells that `wanted` chooses by their number. */
export async function runMatrix(wanted: (cell: number) => boolean): Promise<Cell[]> {
  const cells: Cell[] = [];
  let number = 0;
  for (const target of targets) {
    const made = makeInputs(target.bootPath, target.state, target.method);
    try {
      // LOCKED needs a build of the root of trust that admits it.
      const inputs = made.read({ rotBuild: 'development' });
      const calls = await countCalls(made, inputs);
      for (const fault of callFaults) {
        for (let at = 1; at <= calls; at++) if (wanted(number++)) cells.push({ target, fault, at, result: await runCell(made, inputs, { name: fault, at }) });
      }
    } finally {
      made.remove();
    }
  }
  return cells;
}

/** Cells that must not be, in words. */
export function complaints(cells: readonly Cell[]): string[] {
  return cells
    .filter(({ result }) => result.outcome === 'LOST' || result.wrong.length > 0)
    .map(({ target, fault, at, result }) => `${nameOf(target)}, ${fault} at call ${at} (${result.step}): ${result.outcome}, ${result.code}, ${result.wrong.join('; ')}`);
}

const outcomes: readonly CellOutcome[] = ['done', 'refused with reasons', 'stopped, recoverable', 'LOST'];

/** The table of the docs: how many calls of each target end how, by fault. */
export function matrixTable(cells: readonly Cell[]): string {
  const count = (target: Target, fault: CallFault, outcome: CellOutcome): number => cells.filter((cell) => cell.target === target && cell.fault === fault && cell.result.outcome === outcome).length;
  const rows = targets.flatMap((target) => callFaults.map((fault) => `| ${nameOf(target)} | ${fault} | ${outcomes.map((outcome) => count(target, fault, outcome)).join(' | ')} |`));
  return ['| boot path, product state | fault | done | refused with reasons | stopped, recoverable | lost |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
