// Speed of the emulated core: our interpreter, our translator, rp2040js and qemu-system-arm (where installed), one after the other, the fastest of several runs each.
//   bench/programs/mixed.elf   integer work, -mcpu=cortex-m7 -mfloat-abi=soft -O2 -DROUNDS=800
//   bench/programs/float.elf   the FPU, -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -O2 -fno-math-errno -DROUNDS=300
// both with -mthumb -ffreestanding -nostdlib -static -Wl,--build-id=none -T link.ld. `--coremark <folder>` adds CoreMark, built here from the user's sources.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildCoreMark, programs } from './engines/programs.mjs';
import { argumentsOf } from './usage.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const cli = join(here, '..', 'dist', 'harness', 'cli', 'main.js');
/** Iterations per second of the chip: 5.01 CoreMark/MHz at 380 MHz; the bar of the translator. */
const chipCoreMark = 1904;
/** MIPS: half of real time at 380 MHz, one instruction a cycle. */
const halfOfRealTime = 190;
const interpreterFloor = 60;
const startUpMs = 300;

const values = argumentsOf('bench/bench.mjs [--coremark <folder>] [--runs n]', { coremark: { type: 'string' }, runs: { type: 'string', default: '3' } }, { numbers: ['runs'] });
const runs = Number(values.runs);
const work = mkdtempSync(join(tmpdir(), 'bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
let missed = 0;

function fastest(measure) {
  const results = Array.from({ length: runs }, measure);
  if (results.includes(undefined)) return undefined;
  return results.reduce((best, result) => (result.seconds < best.seconds ? result : best));
}

function node(script, ...args) {
  const run = spawnSync(process.execPath, [join(here, 'engines', script), ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${script} ${args.join(' ')}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}
const ours = (elf, how) => () => node('rot-hil.mjs', elf, how);
const rp2040js = (elf) => () => node('rp2040js.mjs', elf);
/** Wall time with start-up; the instructions are those that we count. */
const qemu = (elf, instructions) => () => {
  const started = performance.now();
  const { error, stdout, stderr } = spawnSync('qemu-system-arm', ['-M', 'mps2-an500', '-nographic', '-semihosting', '-kernel', elf], { encoding: 'utf8' });
  return error ? undefined : { instructions, seconds: (performance.now() - started) / 1000, output: stdout + stderr };
};

/** Seconds that the run had a processor: on a busy machine the wall goes on meanwhile; compilation beside it counts. */
const busy = ({ seconds, cpuSeconds = seconds }) => Math.min(seconds, cpuSeconds);
const mips = (result) => result.instructions / busy(result) / 1e6;

function row(name, result, iterations) {
  const { instructions, seconds, cpuSeconds, output } = result;
  const speed = `${mips(result).toFixed(1)} MIPS`;
  const cpu = cpuSeconds === undefined ? '' : `${cpuSeconds.toFixed(3)} s CPU`;
  const rate = iterations === undefined ? '' : `${(iterations / busy(result)).toFixed(0)} CoreMark/s`;
  const verdict = output.trim().split('\n').find((line) => /checksum|validated|ERROR/.test(line)) ?? 'no result';
  console.log(`  ${name.padEnd(40)} ${String(instructions).padStart(11)} instructions ${seconds.toFixed(3).padStart(8)} s ${cpu.padStart(12)} ${speed.padStart(12)} ${rate.padStart(15)}  ${verdict.replace(/\. See.*/, '')}`);
  if (!/checksum|validated/.test(verdict)) demand(false, `${name}: a valid result`);
}

function demand(reached, what) {
  console.log(`  ${reached ? 'reached' : 'MISSED '}  ${what}`);
  if (!reached) missed += 1;
}

function withQemu(elf, instructions, iterations) {
  const result = fastest(qemu(elf, instructions));
  if (result === undefined) console.log('  qemu-system-arm is not installed: no comparison');
  else row('qemu-system-arm, with start-up', result, iterations);
  return result;
}

function committed(title, file, judge) {
  console.log(`\n${title}`);
  const elf = join(programs, file);
  const interpreted = fastest(ours(elf, 'interpret'));
  row('rot-hil, interpreter', interpreted);
  const translated = fastest(ours(elf, 'translate'));
  row('rot-hil, translator', translated);
  const theirs = withQemu(elf, translated.instructions);
  demand(interpreted.output === translated.output && interpreted.instructions === translated.instructions, 'interpreter and translator: same output, same count of instructions');
  if (theirs !== undefined) demand(theirs.output.trim() === translated.output.trim(), 'the same output in QEMU');
  judge(interpreted, translated);
}

function coreMark(folder) {
  console.log('\nCoreMark (gcc -O2, soft float)');
  const build = (cpu, iterations, script = 'link.ld') => buildCoreMark(folder, { cpu, iterations, script, work });
  const few = 300;
  const many = 6000;
  const interpreted = fastest(ours(build('cortex-m7', few), 'interpret'));
  row('rot-hil, interpreter', interpreted, few);
  const elf = build('cortex-m7', many);
  const translated = fastest(ours(elf, 'translate'));
  row('rot-hil, translator', translated, many);
  withQemu(elf, translated.instructions, many);
  const theirs = fastest(rp2040js(build('cortex-m0plus', few, 'link-rp2040.ld')));
  row('rp2040js (build for Cortex-M0+)', theirs, few);
  const same = fastest(ours(build('cortex-m0plus', many, 'link-rp2040.ld'), 'translate'));
  row('rot-hil, translator (build for Cortex-M0+)', same, many);
  demand(many / busy(translated) >= chipCoreMark, `${chipCoreMark} CoreMark/s, the chip at 380 MHz`);
  const times = many / busy(same) / (few / busy(theirs));
  demand(times >= 10, `10 times rp2040js on the same program (${times.toFixed(1)})`);
}

function startUp() {
  console.log('\nStart-up of emulate (1000 instructions)');
  const { seconds } = fastest(() => {
    const started = performance.now();
    spawnSync(process.execPath, [cli, 'emulate', join(programs, 'mixed.elf'), '--ram', '0:0x40000', '--ram', '0x20000000:0x10000', '--max-instructions', '1000', '--json']);
    return { seconds: (performance.now() - started) / 1000 };
  });
  demand(seconds * 1000 <= startUpMs, `${startUpMs} ms (${(seconds * 1000).toFixed(0)})`);
}

committed('bench/programs/mixed.c: lists, matrices, a state machine, a CRC (gcc -O2, soft float)', 'mixed.elf', (interpreted, translated) => {
  demand(mips(interpreted) >= interpreterFloor, `interpreter: ${interpreterFloor} MIPS`);
  demand(busy(translated) < busy(interpreted), 'translator: faster than the interpreter');
});
committed('bench/programs/float.c: elimination, polynomials, a filter (gcc -O2, hard float, double and single)', 'float.elf', (_, translated) => {
  demand(mips(translated) >= halfOfRealTime, `${halfOfRealTime} MIPS, half of real time at 380 MHz`);
});
if (values.coremark !== undefined) coreMark(values.coremark);
else console.log('\nCoreMark: give its folder with --coremark');
startUp();
process.exitCode = missed > 0 ? 1 : 0;
