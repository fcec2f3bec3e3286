// One run on our core, in a process of its own: `node rot-hil.mjs <elf> translate|interpret`. Prints one JSON document.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { createBareCore } from '../../dist/harness/emulator/bare-core.js';
import { readElf } from '../../dist/harness/elf/index.js';

const [path, how] = process.argv.slice(2);
const { segments } = readElf(readFileSync(path));
const output = [];
const lowest = Math.min(...segments.filter(({ bytes }) => bytes.length > 0).map(({ address }) => address));
const machine = createBareCore({
  ram: [{ base: lowest, size: 0x40000 }, { base: 0x20000000, size: 0x40000 }],
  translate: how === 'translate',
  onOutput: (bytes) => output.push(bytes.slice()),
});
for (const { address, bytes } of segments) machine.load(address, bytes);
machine.start(lowest);
const cpu = process.cpuUsage();
const started = performance.now();
let stop;
do stop = machine.run(5_000_000);
while (stop.kind === 'budget');
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpu);
if (stop.kind !== 'exit') throw new Error(`the program stopped: ${JSON.stringify(stop)}`);
console.log(JSON.stringify({ instructions: machine.core.instructions, seconds, cpuSeconds: (user + system) / 1e6, exitCode: stop.code, output: Buffer.concat(output).toString() }));
