/** Entry of the Jest process of a run: arguments as Jest's own program takes them, or one that lets it wait for them. */
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { run } from 'jest';
import { modulesOfEveryRun, waitingArgument } from './jest-config.js';
import type { JestOrder } from './waiting-jest.js';

const require = createRequire(import.meta.url);

/** How soon the death of the run's own process is noticed, milliseconds. */
const watchMs = 500;

const parent = process.ppid;

/** A run that was killed cannot end this process: without it nobody waits for the result, and the bench stays taken. */
function endWithRun(): void {
  setInterval(() => {
    if (process.ppid !== parent || !lives(parent)) process.kill(process.pid, 'SIGTERM');
  }, watchMs).unref();
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The order that comes over the standard input; what every run needs is loaded meanwhile. Nobody left to give one: the process ends. */
async function ordered(log: string): Promise<readonly string[]> {
  let text = '';
  const complete = new Promise<void>((resolve) => {
    process.stdin.setEncoding('utf8').on('data', (more: string) => (text += more)).on('end', () => {
      if (text !== '') return resolve();
      rmSync(log, { force: true });
      process.exit(0);
    });
  });
  // As Jest itself does; `import` would read CommonJS twice.
  for (const path of modulesOfEveryRun()) require(path);
  await complete;
  const order = JSON.parse(text) as JestOrder;
  Object.assign(process.env, order.env);
  return order.arguments;
}

const [first, ...more] = process.argv.slice(2);
const jestArguments = first === waitingArgument ? await ordered(more[0]!) : process.argv.slice(2);
endWithRun();
await run([...jestArguments]);
