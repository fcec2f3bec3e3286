// From the lease of a virtual bench to its first test: node bench/lease.mjs [--runs 5]. Exit code 1 when the median is longer than promised: only a quiet machine tells.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { argumentsOf } from './usage.mjs';

const promisedMs = 1000;
const values = argumentsOf('bench/lease.mjs [--runs n]', { runs: { type: 'string', default: '5' } }, { numbers: ['runs'] });
const main = fileURLToPath(new URL('../dist/harness/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rl-'));
const leases = join(folder, 'rt', 'leases');
mkdirSync(leases, { recursive: true });
writeFileSync(join(folder, 'first.hil.ts'), "import { writeFileSync } from 'node:fs';\nimport { it } from '@jest/globals';\nimport { board } from 'rot-hil';\nit('is there', () => { writeFileSync(process.env.FIRST_TEST!, String(process.hrtime.bigint()) + ' ' + board.kit.id); });\n");
writeFileSync(join(folder, 'rot-hil.lab.yaml'), 'benches: [{ name: v, kit: stm32h7s78-dk, virtual: true }]\n');
const first = join(folder, 'first');

// The clock of `process.hrtime` is the machine's: the same in every process.
const took = [];
for (let run = 0; run < Number(values.runs); run++) {
  let taken;
  const look = () => {
    const name = readdirSync(leases).find((one) => one.endsWith('.lease'));
    try {
      if (name !== undefined && readFileSync(join(leases, name), 'utf8').includes('"state":"holding"')) taken ??= process.hrtime.bigint();
    } catch {
      // Written anew, or given back.
    }
  };
  const watcher = watch(leases, look);
  const child = spawn(process.execPath, [main, 'run', './first.hil.ts', '--lab', 'rot-hil.lab.yaml', '--board', 'v', '--report', 'reports', '--json'], { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', ROT_HIL_RUNTIME_DIR: join(folder, 'rt'), FIRST_TEST: first }, stdio: 'ignore' });
  const code = await new Promise((done) => child.on('exit', done));
  watcher.close();
  if (code !== 0 || taken === undefined) throw new Error(`the run ended with ${code}, kept: ${folder}`);
  took.push(Number(BigInt(readFileSync(first, 'utf8').split(' ')[0]) - taken) / 1e6);
}
took.sort((a, b) => a - b);
const median = took[Math.floor(took.length / 2)];
console.log(`lease to first test: median ${median.toFixed(0)} ms, ${took.map((ms) => ms.toFixed(0)).join(' ')} ms (promised ${promisedMs} ms; load ${loadavg()[0].toFixed(1)})`);
rmSync(folder, { recursive: true, force: true });
process.exitCode = median <= promisedMs ? 0 : 1;
