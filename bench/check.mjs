// CPU seconds and memory of a whole `check` process for a linked application of 2 MB with debug information, a file of 30 MB: the fastest of several runs.
//   node bench/check.mjs [--runs n] [--keep <file.elf>]
// Exit code 1 above the bars. CPU seconds, not wall time: a busy machine does not count.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { largeApplication } from './large-application.mjs';
import { argumentsOf } from './usage.mjs';

const bar = { seconds: 0.5, megabytes: 300 };
const values = argumentsOf('bench/check.mjs [--runs n] [--keep <file.elf>]', { runs: { type: 'string', default: '5' }, keep: { type: 'string' } }, { numbers: ['runs'] });
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'rot-hil-bench-check-'));
try {
  const elf = largeApplication(readFileSync(join(root, 'firmware-fixtures', 'prebuilt', 'app-1.0.0.elf')));
  const path = values.keep ?? join(folder, 'large.elf');
  writeFileSync(path, elf);
  // What the process used is told by itself, at its end.
  const meter = join(folder, 'meter.mjs');
  writeFileSync(meter, "import { writeFileSync } from 'node:fs';\nprocess.on('exit', () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage(); writeFileSync(process.env.METER, JSON.stringify({ seconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 })); });\n");
  const results = Array.from({ length: Number(values.runs) }, () => {
    const started = process.hrtime.bigint();
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', pathToFileURL(meter).href, join(root, 'dist', 'harness', 'cli', 'main.js'), 'check', path, '--json'], { encoding: 'utf8', env: { ...process.env, METER: join(folder, 'used.json') } });
    if (status !== 0) throw new Error(`check ended with ${status}: ${stdout}${stderr}`);
    return { ...JSON.parse(readFileSync(join(folder, 'used.json'), 'utf8')), wall: Number(process.hrtime.bigint() - started) / 1e9 };
  });
  const best = results.reduce((least, each) => (each.seconds < least.seconds ? each : least));
  const megabytes = Math.max(...results.map((each) => each.megabytes));
  console.log(`check of ${(elf.length / 2 ** 20).toFixed(0)} MiB   ${best.seconds.toFixed(3)} s CPU (${best.wall.toFixed(3)} s wall)   ${megabytes.toFixed(0)} MiB`);
  const demand = (reached, what) => {
    console.log(`  ${reached ? 'reached' : 'MISSED '}  ${what}`);
    if (!reached) process.exitCode = 1;
  };
  demand(best.seconds <= bar.seconds, `${bar.seconds} s`);
  demand(megabytes <= bar.megabytes, `${bar.megabytes} MiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
