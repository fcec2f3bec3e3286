import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '../errors/index.js';
import { isAlive, signal } from './processes.js';
import { forgetBoard, runningBoards, strangeBoards } from './registry.js';
import type { StrangeBoard } from './registry.js';

/** How long a board may take to write what it keeps before it is killed. */
const graceMs = 2000;
const pollMs = 10;

/**
 * Ends a board, of whatever version, and returns when its process is gone.
 * @throws HarnessError `no-such-board` (usage), `board-not-stopped` (bench)
 */
export async function stopVirtualBoard(name: string): Promise<void> {
  const boards = allBoards();
  const board = boards.find((candidate) => candidate.name === name);
  if (board === undefined) {
    throw new HarnessError({
      code: 'no-such-board',
      kind: 'usage',
      message: `no virtual board called ${name.slice(0, 80)} is running`,
      nextStep: boards.length === 0 ? 'none is running: nothing to do' : `running: ${boards.map((candidate) => candidate.name).join(', ')}`,
    });
  }
  await end(board);
}

/** Ends every board of this user; returns those that ran. */
export async function stopAllVirtualBoards(): Promise<readonly StrangeBoard[]> {
  const boards = allBoards();
  await Promise.all(boards.map(end));
  return boards;
}

const allBoards = (): StrangeBoard[] => [...runningBoards(), ...strangeBoards()];

async function end(board: StrangeBoard): Promise<void> {
  signal(board.pid, 'SIGTERM');
  // A stopped (SIGSTOP) or hung board does not see that one.
  if (!(await isGone(board))) signal(board.pid, 'SIGKILL');
  const gone = await isGone(board);
  forgetBoard(board.name);
  if (gone) return;
  throw new HarnessError({ code: 'board-not-stopped', kind: 'bench', message: `process ${String(board.pid)} of the virtual board ${board.name} does not end`, nextStep: `end it by hand: kill -9 ${String(board.pid)}` });
}

async function isGone({ pid, birth }: StrangeBoard): Promise<boolean> {
  for (const deadline = performance.now() + graceMs; performance.now() < deadline; await sleep(pollMs)) if (!isAlive(pid, birth)) return true;
  return !isAlive(pid, birth);
}
