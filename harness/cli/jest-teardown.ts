/** Jest's globalTeardown of the preset: puts the board away and draws the reports. */
import process from 'node:process';
import { textSummary } from '../report/index.js';
import { concludeRun } from './concluded-run.js';
import { log } from './io.js';
import { keepJestRun, keptJestRun } from './jest-run.js';
import { displayPath } from './display-path.js';
import { stoppedFault } from './stopped-fault.js';

/** Under which the test environment keeps its run; it has the serial port. */
const boardRun = Symbol.for('rot-hil.board-run');

export default async function tearDown(): Promise<void> {
  const kept = keptJestRun();
  if (kept === undefined) return;
  keepJestRun(undefined);
  const { board, run, applications, discard } = kept;
  try {
    const holder = globalThis as { [boardRun]?: { close(): Promise<void> } | undefined };
    await holder[boardRun]?.close();
    // In watch mode the next run is one of its own.
    holder[boardRun] = undefined;
    const condition = await board.condition();
    const fault = await stoppedFault(condition, board.kit, board.configuration, applications);
    if (fault !== undefined) run.record.append(fault);
    const { summary, junit, folder, html } = concludeRun(run, { condition });
    const colour = process.stderr.isTTY === true && !process.env['NO_COLOR'];
    log(`\n${textSummary(summary, { colour, files: [`JUnit   ${displayPath(junit)}`, `page    ${displayPath(html)}`, `all     ${displayPath(folder)}/`] })}`);
  } finally {
    discard();
    await board.dispose();
  }
}
