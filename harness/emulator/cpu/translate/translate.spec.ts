import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../../../board/index.js';
import { createBareCore, type BareCore } from '../../bare-core.js';
import { createStm32h7rs, type Machine } from '../../index.js';
import { partsOf, type Part } from '../../testing/executable.js';
import { codeBase, dataBase, memorySize } from '../../testing/qemu.js';
import { Random } from '../../testing/random.js';
import { randomFloatProgram } from '../../testing/random-float-program.js';
import { randomProgram, type RandomProgram } from '../../testing/random-program.js';
import { memoryOf, runSideBySide } from './testing/side-by-side.js';

/** The long run: ROT_HIL_TRANSLATE_RUNS=100. */
const runs = Number(process.env['ROT_HIL_TRANSLATE_RUNS'] ?? 1);
const firstSeed = Number(process.env['ROT_HIL_TRANSLATE_SEED'] ?? 1);
const seeds = Array.from({ length: runs }, (_, index) => firstSeed + index);

function bareCore(parts: readonly Part[], translate: false | { readonly threshold: number }): BareCore {
  const machine = createBareCore({
    ram: [{ base: codeBase, size: memorySize }, { base: dataBase, size: memorySize }],
    translate,
    onOutput: () => undefined,
  });
  for (const { address, bytes } of parts) machine.load(address, bytes);
  machine.start(codeBase);
  return machine;
}

/** Every block of a random program is a region of its own. */
function bothWays({ parts, blocks }: RandomProgram, seed: number): { readonly translated: number; readonly share: number; readonly kind: string } {
  const machine = bareCore(parts, { threshold: 1 });
  for (const { address } of blocks) machine.core.hot(address);
  const { translated } = machine.core.translator!.statistics;
  const { kind } = runSideBySide(bareCore(parts, false), machine, new Random(seed));
  return { translated, share: machine.core.translator!.statistics.executed / machine.core.instructions, kind };
}

/** What the fixture is asked (firmware-fixtures/PROTOCOL.md): loops over memory, exceptions, the MPU, ECC errors, its own reset. */
const requests = [
  'crc32 0x70000400 6000', 'cycles', 'fault udf', 'fault divzero', 'fault unaligned', 'fault read 0x00050000', 'mpu', 'mpu-set 7 0x24000000 0x1004001f', 'crc32 0x24000000 2000',
  'fault unprivileged read 0x24000000', 'ecc-inject 0 1 64', 'ecc-inject 2 2 128', 'ecc-clear 2', 'dump 0x30004000 64', 'clock', 'crc32 0x70000400 6000', 'confirm', 'reset',
];

/** The prebuilt fixture as it starts without a root of trust. */
function fixture(translate: false | { readonly threshold: number }): { readonly machine: Machine; readonly ask: (request: string) => void; readonly output: () => string } {
  const kit = loadKit('stm32h7s78-dk');
  const machine = createStm32h7rs({ kit, translate });
  const uart = machine.uart(kit.console.uart);
  const bytes: number[] = [];
  uart.onTransmit((byte) => bytes.push(byte));
  for (const part of partsOf(readFileSync(new URL('../../../../firmware-fixtures/prebuilt/app-1.0.0.elf', import.meta.url)))) machine.load(part.address, part.bytes);
  machine.jump(0x70000400);
  return { machine, ask: (request) => uart.receive(Buffer.from(`${request}\n`)), output: () => Buffer.from(bytes).toString('latin1') };
}

describe('translated and interpreted', () => {
  it.each(seeds)('random integer program %i, everything translated at once → the same registers, flags, counts and memory behind every slice', (seed) => {
    const { translated, share, kind } = bothWays(randomProgram(new Random(seed), 300), seed);
    expect(kind).toBe('exit');
    expect(share).toBeGreaterThan(0.25);
    expect(translated).toBeGreaterThan(750);
  }, 600_000);

  it.each(seeds)('random floating-point program %i → the same', (seed) => {
    const { translated, share, kind } = bothWays(randomFloatProgram(new Random(seed), 400), seed);
    expect(kind).toBe('exit');
    // Most of a block loads and stores the registers around it; and operands are often none that the host may compute with.
    expect(share).toBeGreaterThan(0.015);
    expect(translated).toBeGreaterThan(300);
  }, 600_000);

  it('a compiled program, translated once it is hot → the same', () => {
    const file = readFileSync(new URL('../../../../bench/programs/mixed.elf', import.meta.url));
    const parts = partsOf(file);
    const translated = bareCore(parts, { threshold: 20 });
    runSideBySide(bareCore(parts, false), translated, new Random(1), { longest: 40_000, limit: 3_000_000 });
    expect(translated.core.translator!.statistics.translated).toBeGreaterThan(300);
    expect(translated.core.translator!.statistics.executed).toBeGreaterThan(2_000_000);
  });

  it('the prebuilt firmware fixture on the chip, asked for loops, faults, ECC errors and a reset → the same, console included', () => {
    const interpreted = fixture(false);
    const translated = fixture({ threshold: 4 });
    const random = new Random(3);
    const together = (): unknown => runSideBySide(interpreted.machine, translated.machine, random, { longest: 20_000, memories: false });
    expect(together()).toEqual({ kind: 'idle' });
    requests.forEach((request, index) => {
      for (const board of [interpreted, translated]) board.ask(`${String(index + 1)} ${request}`);
      expect(together()).toEqual(request === 'reset' ? { kind: 'reset', cause: 'system' } : { kind: 'idle' });
    });
    expect(memoryOf(translated.machine.core)).toBe(memoryOf(interpreted.machine.core));
    expect(translated.output()).toBe(interpreted.output());
    const lines = translated.output().split('\r\n');
    expect(lines.filter((line) => /^@\d+ |^!fault/.test(line))).toHaveLength(requests.length);
    expect(lines.filter((line) => line.startsWith('!fault')).length).toBeGreaterThan(3);
    const { core, instructions } = translated.machine;
    expect(core.translator!.statistics.executed).toBeGreaterThan(0.5 * instructions);
  });
});
