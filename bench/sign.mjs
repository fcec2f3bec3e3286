// Time of a whole `image sign` process beside imgtool's, for a payload of 1.9 MiB signed and encrypted: median of several runs, one after the other in turn.
//   node bench/sign.mjs [--imgtool <path>] [--runs n]
// Exit code 1 when .hex output takes more than 0.4 of imgtool's time; without imgtool only our own times are printed.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { argumentsOf } from './usage.mjs';

const values = argumentsOf('bench/sign.mjs [--imgtool <path>] [--runs n]', { imgtool: { type: 'string', default: 'imgtool' }, runs: { type: 'string', default: '5' } }, { numbers: ['runs'] });
const runs = Number(values.runs);
const bar = 0.4;
const cli = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'harness', 'cli', 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'rot-hil-bench-sign-'));
const at = (name) => join(folder, name);

/** Milliseconds of one process; undefined when the program is not there. */
function timed(command, args) {
  const started = process.hrtime.bigint();
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

try {
  for (const key of ['auth', 'enc']) timed(process.execPath, [cli, 'keys', 'generate', '--out', at(`${key}.pem`)]);
  writeFileSync(at('app.bin'), randomBytes(1_992_294));
  const options = ['-k', at('auth.pem'), '-E', at('enc_pub.pem'), '-H', '0x400', '--pad-header', '-S', '0x200000', '-v', '1.0.0', '-s', 'auto', '--align', '4', '--overwrite-only', '--pad', '-x', '0x90200000'];
  const there = timed(values.imgtool, ['version']) !== undefined;
  if (!there) console.log('imgtool is not installed (pip install imgtool): no comparison');
  for (const extension of ['bin', 'hex']) {
    const [ours, theirs] = [[], []];
    for (let run = 0; run < runs; run++) {
      ours.push(timed(process.execPath, [cli, 'image', 'sign', ...options, at('app.bin'), at(`ours.${extension}`)]));
      if (there) theirs.push(timed(values.imgtool, ['sign', ...options, at('app.bin'), at(`theirs.${extension}`)]));
    }
    const mine = median(ours);
    const ratio = there ? mine / median(theirs) : undefined;
    console.log(`sign 1.9 MiB to .${extension}   rot-hil ${mine.toFixed(0).padStart(5)} ms${ratio === undefined ? '' : `   imgtool ${median(theirs).toFixed(0).padStart(5)} ms   ratio ${ratio.toFixed(2)}`}`);
    if (extension === 'hex' && ratio > bar) {
      console.log(`above ${bar} of imgtool's time`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
