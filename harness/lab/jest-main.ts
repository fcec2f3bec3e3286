/** Entry of the Jest process of a run: arguments as Jest's own program takes them. */
import process from 'node:process';
import { run } from 'jest';

/** How soon the death of the run's own process is noticed, milliseconds. */
const watchMs = 500;

// A run that was killed cannot end this process: without it nobody waits for the result, and the bench stays taken.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent || !lives(parent)) process.kill(process.pid, 'SIGTERM');
}, watchMs).unref();

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

await run(process.argv.slice(2));
