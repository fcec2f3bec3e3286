import type { BoardLease } from '../lab/index.js';
import type { ProgrammerOptions } from '../programmer/index.js';

/**
 * Makes the tools of a command known to its lease: one that goes on when the command itself was killed keeps the board from the next command, which waits for
 * its end or names it. Two tools on one probe break each other, and what a tool is still writing cannot be told.
 */
export function leasedTools(lease: Pick<BoardLease, 'environment' | 'addWorker'>): Required<Pick<ProgrammerOptions, 'environment' | 'onStart'>> {
  return { environment: lease.environment, onStart: (pid) => lease.addWorker(pid) };
}
