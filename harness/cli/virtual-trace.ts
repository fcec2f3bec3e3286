import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { BootStep } from '../virtual-board/index.js';
import { action, ExitCode, print, printJson } from './io.js';

const waitMs = 5000;
const pollMs = 50;

interface Arguments {
  readonly json?: boolean;
}

/** The last boot of a board, when its application has spoken or the boot has ended; what there is after five seconds otherwise. */
export async function tracedBoot(name: string): Promise<readonly BootStep[]> {
  const { traceVirtualBoot } = await import('../virtual-board/index.js');
  for (const end = performance.now() + waitMs; ; await sleep(pollMs)) {
    const steps = await traceVirtualBoot(name);
    const last = steps.at(-1)?.kind;
    if (steps.length === 0 || last === 'first-console-byte' || last === 'end' || performance.now() > end) return steps;
  }
}

/** A time line as a person reads it. */
export function bootLines(steps: readonly BootStep[]): readonly string[] {
  if (steps.length === 0) return ['no boot so far: the board went on from a snapshot, or its internal flash holds no root of trust'];
  const counted = ({ erase, program, obk }: BootStep['operations']): string =>
    [[erase, 'erase'], [program, 'program'], [obk, 'OBKey']].filter(([count]) => count !== 0).map(([count, what]) => `${String(count)} ${String(what)}`).join(', ');
  return [
    '       ms  step (up to the hand-over estimated from flash operations and characters, then the clock of the core)',
    ...steps.map(({ ms, what, operations }) => `${ms.toFixed(2).padStart(9)}  ${what}${counted(operations) === '' ? '' : `   after ${counted(operations)}`}`),
  ];
}

/** `rot-hil virtual trace-boot`: the last boot of a board that runs. */
export function virtualTraceCommand(): Command {
  return new Command('trace-boot')
    .description('the last boot of a virtual board as a time line in board time: steps of the root of trust with their flash operations, hand-over, first instruction, first console byte')
    .argument('<name>', 'name of the board')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_name: string, args: Arguments) => args.json === true,
        async (name: string, args: Arguments) => {
          const steps = await tracedBoot(name);
          if (args.json === true) printJson({ name, steps });
          else bootLines(steps).forEach(print);
          return ExitCode.ok;
        },
      ),
    );
}
