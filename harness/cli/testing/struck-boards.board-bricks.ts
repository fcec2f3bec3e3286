import process from 'node:process';
import { expect, it } from '@jest/globals';
import { targetName } from './prepared-provisioning.js';
import type { Struck } from './struck-board.js';
import { complaints, everyTarget, StruckBoard, strikingFaults } from './struck-board.js';

/** `BRICKS_EVERY=7`: one cell of seven. `BRICKS_FAULTS=power-loss`, `BRICKS_ONLY=stirot`: those alone. */
const every = Number(process.env['BRICKS_EVERY'] ?? 1);
const faults = strikingFaults.filter((name) => (process.env['BRICKS_FAULTS'] ?? name).split(',').includes(name));
const targets = everyTarget().filter((target) => targetName(target).includes(process.env['BRICKS_ONLY'] ?? ''));
let cell = 0;

it.each(targets.map((target) => [targetName(target), target] as const))('%s on a virtual board: without a fault → done; every command struck → done, refused with reasons, or stopped and brought back', async (name, target) => {
  const board = await StruckBoard.start(target);
  const cells: Struck[] = [];
  try {
    const commands = await board.count();
    for (const fault of faults) {
      for (let at = 1; at <= commands; at++) if (cell++ % every === 0) cells.push(await board.strike(fault, at));
    }
    const counts = (['done', 'refused with reasons', 'stopped, recoverable', 'LOST'] as const).map((outcome) => `${cells.filter((one) => one.outcome === outcome).length} ${outcome}`);
    process.stderr.write(`${name}: ${commands} commands, ${cells.length} cells: ${counts.join(', ')}\n`);
  } finally {
    await board.close();
  }
  expect(complaints(target, cells)).toEqual([]);
}, 3_600_000);
