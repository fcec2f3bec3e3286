/** The drop-in for ST's STM32_Programmer_CLI: same arguments, same output, and behind it the virtual boards of this user. */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { parseCommandLine } from './command-line.js';
import { ToolEnds } from './faults.js';
import { perform } from './perform.js';
import { banner } from './output.js';
import { ToolError } from './tool-error.js';

/** Written at once and whole: what was printed is out before the process ends, also into a pipe. */
function print(line = ''): void {
  let rest = Buffer.from(line + '\n');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(1);
      if (code !== 'EAGAIN') throw error;
    }
  }
}

banner(print);
try {
  await perform(parseCommandLine(process.argv.slice(2)), print);
} catch (error) {
  if (error instanceof ToolEnds) process.exitCode = error.exitCode;
  else if (error instanceof ToolError) {
    print();
    for (const line of error.lines) print(`Error: ${line}`);
    print();
    process.exitCode = 1;
  } else throw error;
}
