import { parseCommandLine } from '../drop-in/command-line.js';
import type { Call } from '../drop-in/command-line.js';
import { ToolEnds } from '../drop-in/faults.js';
import { banner } from '../drop-in/output.js';
import type { PrintLine } from '../drop-in/output.js';
import { perform } from '../drop-in/perform.js';
import { Session } from '../drop-in/session.js';
import { ToolError } from '../drop-in/tool-error.js';

/** What one call of the drop-in gave. */
export interface ToolRun {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * A call of the drop-in STM32_Programmer_CLI performed in this process, for specs of many calls: nothing of it is left out but the start of a process.
 * @param folder where relative paths begin
 * @param onCall told what is about to be performed
 * @returns the exit status
 */
export async function performTool(folder: string, argv: readonly string[], print: PrintLine, onCall: (call: Call) => void = () => undefined): Promise<number> {
  banner(print);
  try {
    const call = parseCommandLine(argv);
    onCall(call);
    await perform(call, print, { folder, open: (way) => Session.open(way) });
    return 0;
  } catch (error) {
    if (error instanceof ToolEnds) return error.exitCode;
    if (!(error instanceof ToolError)) throw error;
    print();
    for (const line of error.lines) print(`Error: ${line}`);
    return 1;
  }
}

export async function callTool(folder: string, argv: readonly string[]): Promise<ToolRun> {
  const lines: string[] = [];
  const exitCode = await performTool(folder, argv, (line = '') => void lines.push(line));
  return { exitCode, output: lines.join('\n') };
}
