import { Argument, Command } from 'commander';
import { HarnessError } from '../errors/index.js';
import { numberOption } from './image-options.js';
import { action, ExitCode, print, printJson } from './io.js';

type What = 'cut' | 'cycle' | 'operations';

interface Arguments {
  readonly json?: boolean;
}

/** `rot-hil virtual power`: what a bench's power switch is asked, for a virtual board. */
export function virtualPowerCommand(): Command {
  return new Command('power')
    .description('let the power of a virtual board fail at an operation of its next boot, or now, or ask how many operations the last boot did')
    .argument('<name>', 'name of the board')
    .addArgument(new Argument('<what>', 'cut, cycle (off and on), or operations').choices(['cut', 'cycle', 'operations']))
    .argument('[operation]', 'cut: erase, program call or OBKey update at which the power fails, counted from 1', numberOption(1, 10_000_000))
    .addArgument(new Argument('[half]', 'cut: the operation is half done').choices(['half']))
    .option('--json', 'print one JSON document')
    .action(
      action(
        (...all: [string, What, number | undefined, 'half' | undefined, Arguments, Command]) => all[4].json === true,
        async (name, what, operation, half, args) => {
          const { cutVirtualPower, cycleVirtualPower, virtualBoardStatus } = await import('../virtual-board/index.js');
          if ((what === 'cut') !== (operation !== undefined)) {
            throw new HarnessError({ code: 'power-arguments', kind: 'usage', message: 'cut needs the number of an operation, the others take none', nextStep: 'for example `rot-hil virtual power desk cut 40`' });
          }
          if (operation !== undefined) {
            await cutVirtualPower(name, operation, { half: half === 'half' });
            if (args.json === true) printJson({ name, cutAt: operation, half: half === 'half' });
            else print(`${name}: the power fails at operation ${operation} of the next boot`);
            return ExitCode.ok;
          }
          if (what === 'cycle') {
            await cycleVirtualPower(name);
            if (args.json === true) printJson({ name, cycled: true });
            else print(`${name}: off and on again`);
            return ExitCode.ok;
          }
          const { bootOperations } = await virtualBoardStatus(name);
          if (args.json === true) printJson({ name, operations: bootOperations });
          else print(String(bootOperations));
          return ExitCode.ok;
        },
      ),
    );
}
