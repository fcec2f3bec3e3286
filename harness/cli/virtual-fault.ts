import { Command } from 'commander';
import { action, ExitCode, print, printJson } from './io.js';

interface Arguments {
  readonly json?: boolean;
}

/** `rot-hil virtual fault`: faults on a board that runs already. */
export function virtualFaultCommand(): Command {
  return new Command('fault')
    .description('put faults of tool and bench on a running virtual board, in place of those that still wait; without arguments: what there is')
    .argument('[name]', 'name of the board')
    .argument('[fault...]', '<name>@<command>[:nth], such as error-exit-0@-sdp:2; none: no fault any more')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (...all: [string | undefined, readonly string[], Arguments, Command]) => all[2].json === true,
        async (name, faults, args) => {
          const { faultDescriptions, injectVirtualFaults } = await import('../virtual-board/index.js');
          if (name === undefined) {
            if (args.json === true) printJson(faultDescriptions);
            else for (const [fault, description] of Object.entries(faultDescriptions)) print(`${fault.padEnd(16)}${description}`);
            return ExitCode.ok;
          }
          await injectVirtualFaults(name, faults);
          if (args.json === true) printJson({ name, faults });
          else print(faults.length === 0 ? `${name}: no fault waits any more` : `${name}: ${faults.join(', ')}`);
          return ExitCode.ok;
        },
      ),
    );
}
