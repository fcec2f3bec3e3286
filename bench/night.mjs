// A night on virtual boards while boards, runs, tools and the night itself are killed, and what is left of it: node bench/night.mjs --boards 4 --repeat 3 --seed 1 [--calm] [--two]
// --calm: nobody kills anything, and the night's own process must not grow. --two: a second `nightly` on the same lab file is started every few seconds.
// --clock: the machine's clock jumps by hours, forth and back, for every process of the night (libfaketime, Debian package faketime).
// --suite: a shipped suite, run out of internal RAM, instead of one that only looks who is on the board. --parallel: boards at work at once.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, URL } from 'node:url';
import { Growth, inUse, machineWide, memoryOf, processesOf } from './night-watch.mjs';
import { argumentsOf } from './usage.mjs';

const values = argumentsOf('bench/night.mjs [--boards n] [--repeat n] [--seed n] [--every <ms>] [--suite <name>] [--parallel n] [--calm] [--two] [--clock]', { boards: { type: 'string', default: '4' }, repeat: { type: 'string', default: '3' }, seed: { type: 'string', default: '1' }, every: { type: 'string', default: '3000' }, suite: { type: 'string' }, parallel: { type: 'string' }, calm: { type: 'boolean', default: false }, two: { type: 'boolean', default: false }, clock: { type: 'boolean', default: false } }, { numbers: ['boards', 'repeat', 'seed', 'every', 'parallel'] });
/** Growth of the night's own process that counts as none, kB a run: 200 runs would make 8 MB of it. */
const maxGrowthKB = 40;
const boards = Number(values.boards);
const repeat = Number(values.repeat);
const main = fileURLToPath(new URL('../dist/harness/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rn-'));
const runtime = join(folder, 'rt');
const temporary = join(folder, 'tmp');
mkdirSync(temporary);
const clockFile = join(folder, 'clock');
/** The time of day out of a file, the monotonic clock as it is: what setting the machine's clock does. */
function fakeClock() {
  const library = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'].map((path) => join(path, 'faketime', 'libfaketimeMT.so.1')).find(existsSync);
  if (library === undefined) throw new Error('libfaketime is not installed: apt-get install libfaketime');
  setClock('+0');
  return { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: clockFile, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' };
}
function setClock(offset) {
  writeFileSync(`${clockFile}.new`, `${offset}\n`);
  renameSync(`${clockFile}.new`, clockFile);
}
const env = { ...process.env, ROT_HIL_RUNTIME_DIR: runtime, TMPDIR: temporary, NO_COLOR: '1', NODE_OPTIONS: '', NIGHT_MARKS: folder, ...(values.clock ? fakeClock() : {}) };

let state = Number(values.seed) >>> 0 || 1;
const random = (below) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * below;
const pick = (list) => list[Math.floor(random(list.length))];

// Whoever is on a board holds a file that only one may make. A dead owner's file counts for nothing.
writeFileSync(
  join(folder, 'alone.hil.ts'),
  `import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { board } from 'rot-hil';
const file = process.env.NIGHT_MARKS + '/' + board.bench.name + '.mark';
const alive = (pid: number) => { try { process.kill(pid, 0); return !/\\) Z /.test(readFileSync('/proc/' + pid + '/stat', 'latin1')); } catch { return false; } };
it('nobody else is on this board → for as long as the test takes', async () => {
  let other = 0;
  try { other = Number(readFileSync(file, 'utf8')); } catch {}
  if (other > 0 && other !== process.pid && alive(other)) throw new Error('two at once: process ' + other);
  writeFileSync(file, String(process.pid));
  for (let i = 0; i < 3; i++) expect((await board.programmer.connect('Hotplug')).deviceId).toBe(board.kit.device.deviceId);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  rmSync(file);
});
`,
);
const lab = join(folder, 'rot-hil.lab.yaml');
writeFileSync(lab, `nightly: { suites: [${values.suite ?? './alone.hil.ts'}], repeat: ${repeat},${values.parallel === undefined ? '' : ` parallel: ${values.parallel},`} retries: 5, quarantineAfter: 50, runTimeoutSeconds: 300 }\nbenches:\n${Array.from({ length: boards }, (_, i) => `  - { name: n${i}, kit: ${i % 2 === 0 ? 'stm32h7s78-dk' : 'nucleo-h7s3l8'}, virtual: true${values.suite === undefined ? '' : ', cover: { execs: [int-ram] }'} }\n`).join('')}`);

const ours = () => processesOf(runtime);

let runsEnded = 0;
const night = (...more) => {
  const child = spawn(process.execPath, [main, 'nightly', '--lab', lab, '--report', join(folder, 'reports'), '--wait', '120', '--json', ...more], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  // One line for each event.
  createInterface(child.stderr).on('line', (line) => (runsEnded += line.startsWith('{"event":"job-ended"') ? 1 : 0));
  child.stdout.on('data', (text) => (out += text));
  return { child, ended: new Promise((done) => child.on('exit', (code, signal) => done({ code, signal, out }))) };
};

const killed = {};
let refused = 0;
let jumps = 0;
let most = { memoryMB: 0, processes: 0 };
const growth = new Growth();
const before = machineWide();
const startedAt = performance.now();
let going = night();
let over = false;
let tell = 0;
const chaos = (async () => {
  while (!over) {
    await sleep(Number(values.every) * (0.5 + random(1)));
    const sample = growth.sample(going.child.pid, runsEnded);
    const now = ours();
    const memoryMB = memoryOf(now);
    if (memoryMB > most.memoryMB) most = { memoryMB, processes: now.length };
    if (values.calm && runsEnded >= tell) {
      tell += 20;
      console.log(JSON.stringify({ ...sample, seconds: Math.round((performance.now() - startedAt) / 1000), processes: now.length }));
    }
    if (values.clock) {
      setClock(pick(['-26h', '-5h', '-1h', '+0', '+1h', '+7h', '+30h']));
      jumps++;
    }
    if (values.two) {
      const { code } = await night().ended;
      if (code === 3) refused++;
      else if (!over) console.log(`a second night ended with ${code}`);
    }
    if (values.calm || over) continue;
    const what = pick(['board', 'jest', 'tool', 'run', 'board', 'night']);
    const victim = pick(ours().filter((one) => one.what === what));
    if (victim === undefined) continue;
    const signal = pick(['SIGKILL', 'SIGKILL', 'SIGTERM']);
    try {
      process.kill(victim.pid, signal);
      killed[`${what} ${signal}`] = (killed[`${what} ${signal}`] ?? 0) + 1;
    } catch {
      // Gone already.
    }
  }
})();

let nights = 1;
let last = await going.ended;
while (last.signal !== null || [143, 130].includes(last.code)) {
  nights++;
  going = night('--resume');
  last = await going.ended;
}
over = true;
await chaos;
const document = JSON.parse(last.out || 'null');
const seconds = (performance.now() - startedAt) / 1000;

const verdicts = {};
for (const row of document.rows) verdicts[row.verdict] = (verdicts[row.verdict] ?? 0) + 1;
const logs = readdirSync(join(folder, 'reports')).filter((name) => name.startsWith('night-'));
const events = readFileSync(join(document.reportDir, 'night.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const ends = events.filter(({ event }) => event === 'job-ended').map(({ job }) => job);
const records = readdirSync(document.reportDir, { recursive: true }).map(String).filter((name) => name.endsWith('record.jsonl'));
const collisions = records.filter((name) => /two at once/.test(readFileSync(join(document.reportDir, name), 'utf8')));
const tests = [...readFileSync(document.junit, 'utf8').matchAll(/<testcase /g)].length;
await sleep(4000);
const left = inUse(runtime, temporary);
const after = machineWide();
const grown = growth.summary(boards * repeat);

const problems = [];
// Each record has an event a line, with the time of day.
const times = records.flatMap((name) => [...readFileSync(join(document.reportDir, name), 'utf8').matchAll(/"time":"([^"]+)"/g)].map(([, time]) => Date.parse(time)));
const spread = (Math.max(...times) - Math.min(...times)) / 3_600_000;
if (values.clock && spread < 1) problems.push('no run saw the clock jump');
const durations = records.flatMap((name) => [...readFileSync(join(document.reportDir, name), 'utf8').matchAll(/"durationMs":(-?[\d.]+)/g)].map(([, ms]) => Number(ms)));
if (durations.some((ms) => ms < 0 || ms > 3_600_000)) problems.push(`durations that no test took: ${durations.filter((ms) => ms < 0 || ms > 3_600_000).join(', ')} ms`);
if (collisions.length > 0) problems.push(`two on one board: ${collisions.join(', ')}`);
if (document.rows.length !== boards * repeat) problems.push(`${document.rows.length} runs instead of ${boards * repeat}`);
if (new Set(ends).size !== ends.length) problems.push('a run ended twice');
if (Object.keys(verdicts).some((verdict) => !['passed', 'bench'].includes(verdict))) problems.push('a verdict that is neither passed nor bench');
if (values.calm && verdicts.passed !== boards * repeat) problems.push('nobody killed anything, and not all passed');
if (tests < boards * repeat) problems.push(`${tests} test cases in the merged JUnit`);
for (const [what, names] of Object.entries(left)) if (names.length > 0) problems.push(`${what} left behind: ${names.join(', ')}`);
// Fewer runs do not show more than code that is still being loaded and compiled.
if (values.calm && boards * repeat >= 100 && !(grown.kBPerRun <= maxGrowthKB)) problems.push(`the night's process grows by ${grown.kBPerRun} kB a run`);
if (values.calm && boards * repeat >= 100 && grown.end.files > grown.quarter.files) problems.push(`the night's process has ${grown.end.files - grown.quarter.files} more open files at its end than at its first quarter`);
if (logs.length !== 1 && !values.two) problems.push(`${logs.length} nights instead of one that goes on`);
console.log(JSON.stringify({ boards, runs: boards * repeat, seconds: Math.round(seconds), startsOfTheNight: nights, refusedSecondNights: refused, killed, ...(values.clock ? { clockJumps: jumps, hoursBetweenEvents: Math.round(spread) } : {}), verdicts, attempts: events.filter(({ event }) => event === 'attempt-ended').length, exitCode: last.code, nightMB: growth.peakMB, allTogether: most, ...(values.calm ? { grown } : {}), machine: { before, after }, problems }));
for (const { pid } of ours()) process.kill(pid, 'SIGKILL');
if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
else console.log(`kept: ${folder}`);
process.exitCode = problems.length === 0 ? 0 : 1;
