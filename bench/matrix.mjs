// Every configuration of one kit that `rot-hil run` can run on a fresh virtual board, two at a time: `npm run matrix [-- --kit <id>] [--jobs <n>] [--suites <a,b>] [--all]`.
// A thin loop over `run`: its verdict is the worst of theirs, its reports lie in reports/matrix/<configuration>/. Prints what each took, and what its tests took beyond their board
// and its tool.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { listKits, loadKit } from '../dist/harness/board/index.js';
import { argumentsOf } from './usage.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const values = argumentsOf('bench/matrix.mjs [--kit <id>] [--jobs n] [--suites <a,b>] [--report <folder>] [--all]', { kit: { type: 'string', default: 'stm32h7s78-dk' }, jobs: { type: 'string', default: '2' }, suites: { type: 'string', default: '' }, report: { type: 'string', default: 'reports/matrix' }, all: { type: 'boolean', default: false } }, { numbers: ['jobs'], known: { kit: listKits() } });
const suites = values.suites.split(',').filter((name) => name !== '');
// OEMiRoT in all of them; the others in the kit's first, unless all are asked for: OEMuROT is OEMiRoT's code behind STiRoT.
const configurations = Object.entries(loadKit(values.kit).bootPaths).flatMap(([bootPath, { layouts }]) => {
  const all = layouts.flatMap(({ exec, modes }) => modes.map((mode) => ({ bootPath, mode, exec })));
  return bootPath === 'oemirot' || values.all ? all : all.slice(0, 1);
});

function run({ bootPath, mode, exec }) {
  const name = [bootPath, mode, exec].join('-');
  const folder = join(resolve(root, values.report), name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(root, 'dist/harness/cli/main.js'), 'run', ...suites, '--board', values.kit, '--boot-path', bootPath, '--mode', mode, '--exec', exec, '--report', folder, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('close', (status, signal) => {
      let document = {};
      try {
        document = JSON.parse(text);
      } catch {
        // Told as a run without a verdict.
      }
      done({ name, status: signal ?? status, seconds: (performance.now() - started) / 1000, ...document });
    });
  });
}

const started = performance.now();
const left = [...configurations];
const results = [];
await Promise.all(
  Array.from({ length: Math.max(1, Number(values.jobs) || 1) }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const result = await run(next);
      results.push(result);
      const { name, status, verdict = 'no verdict', passed = 0, failed = 0, bench = 0, skipped = 0, seconds, overhead } = result;
      const own = overhead === undefined ? '' : `; overhead a test: median ${overhead.medianMs} ms, 95 % within ${overhead.p95Ms}, at most ${overhead.maxMs}`;
      console.log(`${verdict.padEnd(10)} ${name.padEnd(26)} exit ${status}, ${passed} passed, ${failed} failed, ${bench} bench, ${skipped} skipped, ${seconds.toFixed(1)} s${own}`);
    }
  }),
);
const green = results.length > 0 && results.every(({ status }) => status === 0);
console.log(`${green ? 'passed' : 'FAILED'}: ${results.length} configurations of ${values.kit} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = green ? 0 : Math.max(1, ...results.map(({ status }) => (typeof status === 'number' ? status : 3)));
