// One run on rp2040js (Cortex-M0+): `node rp2040js.mjs <elf>`; flash at 0x10000000, Arm semihosting as far as the benchmarks need it. Prints one JSON document.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { RP2040 } from 'rp2040js';
import { readElf } from '../../dist/harness/elf/index.js';

const flashBase = 0x10000000;
const write0 = 4;
const exit = 0x18;

const { segments } = readElf(readFileSync(process.argv[2]));
const chip = new RP2040();
chip.logger = { debug() {}, info() {}, warn() {}, error() {} };
for (const { address, bytes } of segments) {
  if (address >= 0x20000000) chip.sram.set(bytes, address - 0x20000000);
  else chip.flash.set(bytes, address - flashBase);
}
const core = chip.core;
let output = '';
let ended = false;
chip.onBreak = () => {
  const [operation, argument] = core.registers;
  if (operation === exit) ended = true;
  else if (operation === write0) for (let at = argument; chip.readUint8(at) !== 0; at += 1) output += String.fromCharCode(chip.readUint8(at));
};
core.SP = chip.readUint32(flashBase);
core.PC = chip.readUint32(flashBase + 4) & ~1;
let instructions = 0;
const cpu = process.cpuUsage();
const started = performance.now();
while (!ended) {
  core.executeInstruction();
  instructions += 1;
}
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ instructions, seconds, cpuSeconds: (user + system) / 1e6, exitCode: 0, output }));
