// Time of a full power-cut sweep: a swap of 0.5 MB in slots of 2 MB (about 1948 operations), three boots after each cut.
//   node bench/sweep.mjs
// Exit code 1 above the bar of 10 s or when a cut leaves nothing that boots.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const bar = 10;
const cli = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'harness', 'cli', 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'rot-hil-bench-sweep-'));
const at = (name) => join(folder, name);
const rotHil = (...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`rot-hil ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
};

try {
  for (const key of ['auth', 'enc']) rotHil('keys', 'generate', '--out', at(`${key}.pem`));
  writeFileSync(at('app.bin'), randomBytes(490_000));
  for (const version of ['1.0.0', '2.0.0']) {
    rotHil('image', 'sign', '-k', at('auth.pem'), '-H', '0x400', '--pad-header', '--pad', '-S', '0x200000', '-v', version, '-s', 'auto', '--align', '16', '-M', '33', at('app.bin'), at(`${version}.bin`));
  }
  const started = process.hrtime.bigint();
  const result = JSON.parse(rotHil('sweep', '--mode', 'swap', '--auth-pub', at('auth_pub.pem'), '--enc-key', at('enc.pem'), '--install', at('1.0.0.bin'), '--primary', 'installed', '--secondary', at('2.0.0.bin'), '--json'));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(`sweep of a swap in slots of 2 MB   ${result.operations} operations, ${result.outcomes.length} cuts   ${seconds.toFixed(1)} s   ${result.bootsPerSecond} boots/s   ${result.bricked.length} bricked`);
  if (seconds > bar || result.bricked.length > 0) {
    console.log(`above ${bar} s, or a cut that leaves nothing to boot`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
