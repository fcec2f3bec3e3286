// Every benchmark, one after the other, each in a process of its own: `npm run bench [-- --coremark <folder>]`. Exit code 1 when any misses its bar.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2);
const at = given.indexOf('--coremark');
const coreMark = at < 0 ? [] : given.splice(at, 2);
for (const [script, ...args] of [['bench.mjs', ...coreMark], ['images.mjs'], ['sign.mjs'], ['check.mjs'], ['sweep.mjs'], ['boards.mjs'], ['mutations.mjs', ...given]]) {
  console.log(`\n== ${script}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', join(here, script), ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
