import process from 'node:process';
import { ToolOutput } from '../../programmer/output.js';
import type { ToolRunner } from '../../programmer/index.js';
import { performTool } from '../../virtual-board/testing/call-tool.js';

/**
 * The drop-in for ST's tool in this process instead of one of its own, on a virtual board in another: a cell of a matrix takes a tenth of the time.
 * @param count told how many commands a call has, as faults count them
 */
export function toolInProcess(count: (commands: number) => void = () => undefined): ToolRunner {
  return async (_path, args) => {
    const output = new ToolOutput();
    const started = performance.now();
    const exitCode = await performTool(
      process.cwd(),
      args,
      (line = '') => output.add('stdout', `${line}\n`),
      ({ commands }) => count(commands.filter(({ kind }) => kind !== 'version' && kind !== 'list' && kind !== 'help').length),
    );
    output.end();
    return { outcome: 'exited', exitCode, output, durationMs: Math.round(performance.now() - started) };
  };
}
