import { Command } from 'commander';
import { action, ExitCode, print, printJson } from './io.js';

interface Arguments {
  readonly json?: boolean;
}

/** `rot-hil virtual snapshot`: a running board to a file, whole. */
export function virtualSnapshotCommand(): Command {
  return new Command('snapshot')
    .description('write a virtual board, as it is now, to a file: core, memories, blocks, flash, option bytes, OBKeys. It goes on from there with `virtual start --from <file>`; the file holds the board\'s keys')
    .argument('<name>', 'name of the board')
    .argument('<file>', 'snapshot to write; readable by you only')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_name: string, _file: string, args: Arguments) => args.json === true,
        async (name: string, file: string, args: Arguments) => {
          const { snapshotVirtualBoard } = await import('../virtual-board/index.js');
          const milliseconds = await snapshotVirtualBoard(name, file);
          if (args.json === true) printJson({ name, file, milliseconds });
          else print(`${name} is in ${file} (${milliseconds.toFixed(0)} ms)`);
          return ExitCode.ok;
        },
      ),
    );
}

/** `rot-hil virtual restore`: a running board becomes that of a snapshot. */
export function virtualRestoreCommand(): Command {
  return new Command('restore')
    .description('put a virtual board back into the state of a snapshot, which must be of the same kit and build')
    .argument('<name>', 'name of the board')
    .argument('<file>', 'snapshot')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_name: string, _file: string, args: Arguments) => args.json === true,
        async (name: string, file: string, args: Arguments) => {
          const { restoreVirtualBoard } = await import('../virtual-board/index.js');
          const milliseconds = await restoreVirtualBoard(name, file);
          if (args.json === true) printJson({ name, file, milliseconds });
          else print(`${name} goes on from ${file} (${milliseconds.toFixed(0)} ms)`);
          return ExitCode.ok;
        },
      ),
    );
}
