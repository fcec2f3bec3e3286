// Speed and memory of the verifier on an encrypted image of 1.9 MiB in a slot of 2 MiB: `node bench/images.mjs [--runs 60]`.
// The promise is kept when the fastest run keeps it: another load on the machine only ever makes a run slower. Exit code 1 when it is not.
import process from 'node:process';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nobleEngine } from '../dist/harness/image/engine-noble.js';
import * as image from '../dist/harness/image/index.js';
import { imageOfSize } from './signed-image.mjs';
import { argumentsOf } from './usage.mjs';

const payloadSize = Math.round(1.9 * 0x100000);
const limits = { native: { milliseconds: 3.5 }, noble: { milliseconds: 50 } };
/** Memory while one image is verified, in sizes of the image. */
const memoryLimit = 3;

const values = argumentsOf('bench/images.mjs [--runs n]', { runs: { type: 'string', default: '60' }, memory: { type: 'string' } }, { numbers: ['runs'] });

function verifier(name, bytesOfPayload) {
  const { bytes, options } = imageOfSize(bytesOfPayload);
  const engine = name === 'native' ? image.nativeEngine() : nobleEngine;
  return {
    size: bytes.length,
    verify() {
      const result = image.checkImage(bytes, { ...options, engine });
      if (result.verdict !== 'valid') throw new Error(`${name}: ${result.stage}, ${result.reason}`);
    },
  };
}

function measure(name, runs) {
  const { verify } = verifier(name, payloadSize);
  for (let warm = 0; warm < 10; warm += 1) verify();
  const times = Array.from({ length: runs }, () => {
    const started = process.hrtime.bigint();
    verify();
    return Number(process.hrtime.bigint() - started) / 1e6;
  }).sort((a, b) => a - b);
  return { fastest: times[0], median: times[Math.floor(runs / 2)] };
}

/** Growth of the resident set over one verification, in a process of its own where a small image was verified before; and over fifty more, garbage included. */
function memory(name) {
  const small = verifier(name, 0x1000);
  const { size, verify } = verifier(name, payloadSize);
  small.verify();
  globalThis.gc?.();
  const resident = () => process.memoryUsage().rss;
  const highest = () => process.resourceUsage().maxRSS * 1024;
  const [before, highestBefore] = [resident(), highest()];
  verify();
  const growth = Math.max(resident(), highest() > highestBefore ? highest() : 0) - before;
  for (let more = 0; more < 50; more += 1) verify();
  console.log(JSON.stringify({ size, growth: Math.max(0, growth), row: Math.max(0, resident() - before) }));
}

if (values.memory !== undefined) memory(values.memory);
else {
  let kept = true;
  for (const [name, { milliseconds }] of Object.entries(limits)) {
    const { fastest, median } = measure(name, name === 'noble' ? Math.ceil(Number(values.runs) / 3) : Number(values.runs));
    const run = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), '--memory', name], { encoding: 'utf8' });
    const { size, growth, row } = JSON.parse(run.stdout);
    const sizes = growth / size + 1;
    const good = fastest <= milliseconds && sizes <= memoryLimit;
    kept &&= good;
    console.log(`${name}, encrypted image of 1.9 MiB in a slot of 2 MiB: ${good ? 'kept' : 'NOT kept'}`);
    console.log(`  time     fastest ${fastest.toFixed(2)} ms (at most ${milliseconds}), median ${median.toFixed(2)} ms`);
    console.log(`  memory   ${sizes.toFixed(2)} x the slot, itself included (at most ${memoryLimit}); fifty in a row, until garbage is collected: ${(row / size + 1).toFixed(1)} x`);
  }
  process.exitCode = kept ? 0 : 1;
}
