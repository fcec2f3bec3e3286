// Eight booted boards that have nothing to do, as eight processes and as eight boards in one: memory of each, and processor over ten seconds; and their snapshots (bench/snapshot.mjs).
// `node bench/boards.mjs`, on Linux. Exit code 1 where a board takes more than 120 MB, or the eight more than 5 % of a processor, or a snapshot more than 20 ms.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', 'dist', 'harness', 'cli', 'main.js');
const count = 8;
const barMegabytes = 120;
const barShare = 0.05;
const seconds = 10;
const folder = mkdtempSync(join(tmpdir(), 'bench-boards-'));
const names = Array.from({ length: count }, (_, i) => `bench-${process.pid}-${i}`);
let missed = false;

function rotHil(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`rot-hil ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Megabytes that are a process' own, with its share of what it has in common with others; processor seconds so far. */
function taken(pid) {
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))[1]);
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ');
  return { pss: kilobytes('Pss') / 1024, rss: kilobytes('Rss') / 1024, cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
}

function judge(what, megabytes, share) {
  const bad = megabytes > barMegabytes || share > barShare;
  missed ||= bad;
  console.log(`${what.padEnd(26)} ${megabytes.toFixed(0)} MB each (bar ${barMegabytes}), ${(100 * share).toFixed(1)} % of a processor together (bar ${100 * barShare})${bad ? '  MISSED' : ''}`);
}

try {
  const pids = [JSON.parse(rotHil('virtual', 'start', '--kit', 'stm32h7s78-dk', '--name', names[0], '--json')).pid];
  rotHil('run', 'boot', '--board', names[0], '--report', join(folder, 'reports'));
  const snapshot = join(folder, 'booted.snap');
  rotHil('virtual', 'snapshot', names[0], snapshot);
  if (spawnSync(process.execPath, ['--expose-gc', join(here, 'snapshot.mjs'), snapshot], { stdio: 'inherit' }).status !== 0) missed = true;

  for (const name of names.slice(1)) pids.push(JSON.parse(rotHil('virtual', 'start', '--from', snapshot, '--name', name, '--json')).pid);
  await sleep(6000); // what calls of tools left behind is given back (harness/virtual-board/give-back.ts)
  const before = pids.map(taken);
  await sleep(1000 * seconds);
  const after = pids.map(taken);
  const most = Math.max(...after.map(({ pss }) => pss));
  judge('eight processes', most, after.reduce((sum, { cpu }, i) => sum + cpu - before[i].cpu, 0) / seconds);
  console.log(`${''.padEnd(26)} the first, which ran a suite, ${after[0].pss.toFixed(0)} MB, the others, from its snapshot, ${after.slice(1).map(({ pss }) => pss.toFixed(0)).join(' ')}; resident with all of Node ${Math.max(...after.map(({ rss }) => rss)).toFixed(0)} at most`);

  const { Board } = await import('../dist/harness/virtual-board/board.js');
  const { readSnapshot } = await import('../dist/harness/virtual-board/snapshot-file.js');
  const { loadKit, rotConfiguration } = await import('../dist/harness/board/index.js');
  const held = readSnapshot(snapshot);
  const kit = loadKit(held.origin.kit);
  globalThis.gc?.();
  const alone = taken(process.pid).pss;
  const boards = names.map((name) => {
    const board = new Board({
      ...held.origin, name, kit, configuration: rotConfiguration(kit, held.origin), probeSn: name, keepFlash: undefined,
      console: { write: () => undefined, attended: false, sent: 0, dropped: 0 }, log: () => undefined,
    });
    board.restore(held);
    return board;
  });
  await sleep(2000);
  globalThis.gc?.();
  const start = process.cpuUsage();
  await sleep(1000 * seconds);
  const { user, system } = process.cpuUsage(start);
  const states = new Set(boards.map((board) => board.status().state));
  if (states.size !== 1 || !states.has('running')) throw new Error(`the boards are ${[...states].join(', ')}`);
  judge('eight boards in a process', (taken(process.pid).pss - alone) / count, (user + system) / 1e6 / seconds);
} finally {
  for (const name of names) spawnSync(process.execPath, [main, 'virtual', 'stop', name]);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(missed ? 1 : 0);
