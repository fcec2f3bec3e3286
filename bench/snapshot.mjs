// Snapshots of a booted board: milliseconds of processor and of wall time to take, write, read and restore one. `node bench/snapshot.mjs [rounds] <snapshot>`:
// the snapshot is one that `rot-hil virtual snapshot` wrote. Exit code 1 where one of them takes more than 20 ms of processor. bench/boards.mjs makes one and comes here.
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { endWithUsage } from './usage.mjs';

const { Board } = await import('../dist/harness/virtual-board/board.js');
const { readSnapshot, writeSnapshot } = await import('../dist/harness/virtual-board/snapshot-file.js');
const { loadKit, rotConfiguration } = await import('../dist/harness/board/index.js');

const usage = 'bench/snapshot.mjs [rounds] <snapshot>: a file that rot-hil virtual snapshot wrote';
const given = process.argv.slice(2);
if (given.includes('--help')) endWithUsage(usage);
const [rounds, file] = given.length === 1 ? [30, given[0]] : [Number(given[0]), given[1]];
if (given.length < 1 || given.length > 2) endWithUsage(usage, 'it takes a snapshot, and before it a number of rounds');
if (!(Number.isSafeInteger(rounds) && rounds >= 1)) endWithUsage(usage, `rounds are a whole number from 1 on, not ${given[0]}`);
const barMs = 20;

function readOrTell(path) {
  try {
    return readSnapshot(path);
  } catch (error) {
    return endWithUsage(usage, error.message);
  }
}

let missed = false;
const { origin } = readOrTell(file);
const kit = loadKit(origin.kit);
const board = new Board({
  ...origin, name: 'bench', kit, configuration: rotConfiguration(kit, origin), probeSn: '0', keepFlash: undefined,
  console: { write: () => undefined, attended: false, sent: 0, dropped: 0 }, log: () => undefined,
});
const copy = join(tmpdir(), `bench-${process.pid}.snap`);
const steps = {
  'take': () => board.snapshot(),
  'take and write': () => writeSnapshot(copy, board.snapshot()),
  'restore': () => board.restore(held),
  'read and restore': () => board.restore(readSnapshot(copy)),
};
board.restore(readSnapshot(file));
const held = board.snapshot();
console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
for (const [name, step] of Object.entries(steps)) {
  const walls = [];
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    step();
    walls.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  walls.sort((a, b) => a - b);
  missed ||= (user + system) / 1000 / rounds > barMs;
  console.log(`${name.padEnd(18)} ${((user + system) / 1000 / rounds).toFixed(1)} ms of processor, wall ${walls[0].toFixed(1)} fastest, ${walls[rounds >> 1].toFixed(1)} median`);
}
console.log(`bar: ${barMs} ms of processor each: ${missed ? 'missed' : 'reached'}`);
process.exit(missed ? 1 : 0);
