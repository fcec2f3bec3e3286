import { BoardRun } from './board-run.js';

/** Jest's globalTeardown: the board is put away after the last suite. */
export default async function teardown(): Promise<void> {
  await BoardRun.current()?.close();
}
