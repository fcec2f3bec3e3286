// Mutated images through the verifier: `node bench/mutations.mjs [--count 1000000] [--seed 1] [--agree 500]`.
// Exit code 1 when anything but a typed error is thrown, when a stage is reached by fewer than 1 in 100 images, or when the engines disagree on one of
// the images (one in `--agree`) that both judge.
import process from 'node:process';
import { HarnessError } from '../dist/harness/errors/index.js';
import { nobleEngine } from '../dist/harness/image/engine-noble.js';
import * as image from '../dist/harness/image/index.js';
import { mutatedImages } from './mutated-images.mjs';
import { argumentsOf } from './usage.mjs';

const values = argumentsOf('bench/mutations.mjs [--count n] [--seed n] [--agree n]', { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, agree: { type: 'string', default: '500' } }, { numbers: ['count', 'seed', 'agree'] });
const [count, seed, agree] = [values.count, values.seed, values.agree].map((text) => Number(text));

const stages = ['trailer', 'header', 'decrypt-key', 'security-counter', 'tlv', 'hash', 'key', 'signature', 'slot-pattern', 'ok'];
const histogram = new Map(stages.map((stage) => [stage, 0]));
const [native, noble] = [image.nativeEngine(), nobleEngine];
const images = mutatedImages(seed);
const verdictOf = ({ verdict, stage, reason, slot }) => `${verdict} at ${stage}, slot ${slot}: ${reason}`;
let typed = 0;
let compared = 0;
const failures = [];

const started = process.hrtime.bigint();
for (let number = 0; number < count; number += 1) {
  const { slot, options, base, changes } = images.next();
  // Every now and then without the encryption key: the typed error must come where the key is needed, and only there.
  const keyless = number % 1009 === 0;
  const asked = keyless ? { ...options, encPrivateKey: undefined } : options;
  try {
    const result = image.checkImage(slot, { ...asked, engine: native });
    if (!histogram.has(result.stage)) throw new Error(`unknown stage ${result.stage}`);
    if ((result.verdict === 'valid') !== (result.reason === '')) throw new Error(`a reason is missing: ${verdictOf(result)}`);
    histogram.set(result.stage, histogram.get(result.stage) + 1);
    if (number % agree === 0) {
      compared += 1;
      const second = image.checkImage(slot, { ...asked, engine: noble });
      if (verdictOf(result) !== verdictOf(second)) throw new Error(`native says ${verdictOf(result)}; noble says ${verdictOf(second)}`);
      image.inspectImage(slot, options);
    }
  } catch (error) {
    if (error instanceof HarnessError && keyless) typed += 1;
    else failures.push(`image ${number} (base ${base}; ${changes.join(', ') || 'unchanged'}): ${error instanceof Error ? error.stack : String(error)}`);
    if (failures.length > 20) break;
  }
}
const seconds = Number(process.hrtime.bigint() - started) / 1e9;

console.log(`${count} mutated images of ${images.baseCount} originals, seed ${seed}: ${seconds.toFixed(1)} s, ${((seconds * 1e6) / count).toFixed(0)} µs each`);
for (const [stage, reached] of histogram) console.log(`  ${stage.padEnd(17)} ${String(reached).padStart(8)}  ${((100 * reached) / count).toFixed(2).padStart(6)} %`);
console.log(`typed errors (no encryption key given): ${typed}; judged by both engines: ${compared}`);
const rare = [...histogram].filter(([, reached]) => reached * 100 < count).map(([stage]) => stage);
if (rare.length > 0) console.log(`reached by fewer than 1 in 100: ${rare.join(', ')}`);
for (const failure of failures) console.log(failure);
process.exitCode = rare.length > 0 || failures.length > 0 ? 1 : 0;
