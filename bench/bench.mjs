// Speed of the emulated core beside QEMU's where that is installed: the same program, one run after the other, the fastest of five (the others were disturbed).
// The program is committed as bench/programs/mixed.elf; it was built with
//   arm-none-eabi-gcc -mcpu=cortex-m7 -mthumb -mfloat-abi=soft -O2 -DROUNDS=800 -ffreestanding -nostdlib -static -Wl,--build-id=none -T link.ld mixed.c
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, 'programs', 'mixed.elf');
const cli = join(here, '..', 'dist', 'harness', 'cli', 'main.js');
const runs = 5;
/** What users are promised of the interpreter, in MIPS. */
const floor = 60;

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
console.log('program                bench/programs/mixed.c (gcc -O2, soft float)');
for (const row of rows) {
  const mips = row.instructions / row.seconds / 1e6;
  console.log(`${row.name.padEnd(34)} ${String(row.instructions).padStart(11)} instructions  ${row.seconds.toFixed(3).padStart(7)} s  ${mips.toFixed(1).padStart(7)} MIPS  ${row.output.trim()}`);
}
if (rows.length === 1) console.log('qemu-system-arm is not installed: no comparison');
const same = rows.every((row) => row.output.trim() === mine.output.trim());
if (!same) console.log('the outputs differ');
const reached = mine.instructions / mine.seconds / 1e6 >= floor;
console.log(reached ? `at least ${floor} MIPS` : `below ${floor} MIPS`);
process.exitCode = same && reached ? 0 : 1;
