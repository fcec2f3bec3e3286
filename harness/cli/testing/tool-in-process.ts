import { ToolOutput } from '../../programmer/output.js';
import type { ToolRunner } from '../../programmer/index.js';
import { parseCommandLine } from '../../virtual-board/drop-in/command-line.js';
import { ToolEnds } from '../../virtual-board/drop-in/faults.js';
import { banner } from '../../virtual-board/drop-in/output.js';
import { perform } from '../../virtual-board/drop-in/perform.js';
import { ToolError } from '../../virtual-board/drop-in/tool-error.js';

/**
 * The drop-in for ST's tool in this process instead of one of its own, on a virtual board in another: a cell of a matrix takes a tenth of the time.
 * @param count told how many commands a call has, as faults count them
 */
export function toolInProcess(count: (commands: number) => void = () => undefined): ToolRunner {
  return async (_path, args) => {
    const output = new ToolOutput();
    const started = performance.now();
    const print = (line = ''): void => output.add('stdout', `${line}\n`);
    let exitCode = 0;
    banner(print);
    try {
      const call = parseCommandLine(args);
      count(call.commands.filter(({ kind }) => kind !== 'version' && kind !== 'list' && kind !== 'help').length);
      await perform(call, print);
    } catch (error) {
      if (error instanceof ToolEnds) exitCode = error.exitCode;
      else if (error instanceof ToolError) {
        for (const line of error.lines) print(`Error: ${line}`);
        exitCode = 1;
      } else throw error;
    }
    output.end();
    return { outcome: 'exited', exitCode, output, durationMs: Math.round(performance.now() - started) };
  };
}
