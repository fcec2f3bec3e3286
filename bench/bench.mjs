// Speed of the emulated core beside QEMU's where that is installed: the same program, one run after the other, the fastest of five (the others were disturbed).
// The program is committed as bench/programs/mixed.elf; it was built with
//   arm-none-eabi-gcc -mcpu=cortex-m7 -mthumb -mfloat-abi=soft -O2 -DROUNDS=800 -ffreestanding -nostdlib -static -Wl,--build-id=none -T link.ld mixed.c
// `--coremark <folder>` measures CoreMark instead: its sources are fetched by the user (github.com/eembc/coremark) and built here with arm-none-eabi-gcc.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const cli = join(here, '..', 'dist', 'harness', 'cli', 'main.js');
const runs = 5;
const coreMarkIterations = 300;

const { values } = parseArgs({ options: { coremark: { type: 'string' } } });
const work = mkdtempSync(join(tmpdir(), 'bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
/** What is promised of the interpreter for a program, in MIPS. */
const { program, name, floor } = values.coremark === undefined
  ? { program: join(here, 'programs', 'mixed.elf'), name: 'bench/programs/mixed.c (gcc -O2, soft float)', floor: 60 }
  : { program: coreMark(values.coremark), name: `CoreMark, ${coreMarkIterations} iterations (gcc -O2, soft float)`, floor: 100 };

function coreMark(folder) {
  const out = join(work, 'coremark.elf');
  const port = join(here, 'programs', 'coremark');
  const sources = ['core_list_join.c', 'core_main.c', 'core_matrix.c', 'core_state.c', 'core_util.c'].map((file) => join(folder, file));
  const flags = ['-mcpu=cortex-m7', '-mthumb', '-mfloat-abi=soft', '-O2', `-DITERATIONS=${coreMarkIterations}`, '-ffreestanding', '-nostdlib', '-static', '-Wl,--build-id=none'];
  const run = spawnSync('arm-none-eabi-gcc', [...flags, '-I', port, '-I', folder, '-T', join(here, 'programs', 'link.ld'), join(port, 'core_portme.c'), ...sources, '-lgcc', '-o', out], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`CoreMark could not be built: ${run.error?.message ?? run.stderr}`);
  return out;
}

function ours() {
  const results = Array.from({ length: runs }, () => {
    const run = spawnSync(process.execPath, [cli, 'emulate', program, '--ram', '0:0x40000', '--ram', '0x20000000:0x10000', '--json'], { encoding: 'utf8' });
    const result = JSON.parse(run.stdout);
    if (result.exitCode !== 0) throw new Error(`the program ended with ${run.stdout}${run.stderr}`);
    return result;
  });
  const seconds = Math.min(...results.map((result) => result.seconds));
  return { name: 'rot-hil, interpreter', instructions: results[0].instructions, seconds, output: results[0].stdout };
}

function qemu(instructions) {
  const times = [];
  let output = '';
  for (let run = 0; run < runs; run += 1) {
    const started = process.hrtime.bigint();
    const result = spawnSync('qemu-system-arm', ['-M', 'mps2-an500', '-nographic', '-semihosting', '-kernel', program], { encoding: 'utf8' });
    if (result.error) return undefined;
    times.push(Number(process.hrtime.bigint() - started) / 1e9);
    output = result.stdout + result.stderr;
  }
  return { name: 'qemu-system-arm (with start-up)', instructions, seconds: Math.min(...times), output };
}

const mine = ours();
const rows = [mine, qemu(mine.instructions)].filter((row) => row !== undefined);
console.log(`program                ${name}`);
for (const row of rows) {
  const mips = row.instructions / row.seconds / 1e6;
  const result = row.output.trim().split('\n').find((line) => /checksum|validated|ERROR/.test(line)) ?? '';
  console.log(`${row.name.padEnd(34)} ${String(row.instructions).padStart(11)} instructions  ${row.seconds.toFixed(3).padStart(7)} s  ${mips.toFixed(1).padStart(7)} MIPS  ${result.trim()}`);
}
if (rows.length === 1) console.log('qemu-system-arm is not installed: no comparison');
const same = rows.every((row) => row.output.trim() === mine.output.trim());
if (!same) console.log('the outputs differ');
const reached = mine.instructions / mine.seconds / 1e6 >= floor;
console.log(reached ? `at least ${floor} MIPS` : `below ${floor} MIPS`);
process.exitCode = same && reached ? 0 : 1;
