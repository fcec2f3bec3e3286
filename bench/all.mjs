// Every benchmark, one after the other, each in a process of its own: `npm run bench`. Exit code 1 when any misses its bar.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
for (const [script, ...args] of [['bench.mjs'], ['images.mjs'], ['sign.mjs'], ['sweep.mjs'], ['mutations.mjs', ...process.argv.slice(2)]]) {
  console.log(`\n== ${script}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', join(here, script), ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
