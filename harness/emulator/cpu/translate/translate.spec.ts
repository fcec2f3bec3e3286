import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createBareCore, type BareCore } from '../../bare-core.js';
import { partsOf, type Part } from '../../testing/executable.js';
import { codeBase, dataBase, memorySize } from '../../testing/qemu.js';
import { Random } from '../../testing/random.js';
import { randomFloatProgram } from '../../testing/random-float-program.js';
import { randomProgram, type RandomProgram } from '../../testing/random-program.js';
import { runSideBySide } from './testing/side-by-side.js';

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

describe('translated and interpreted', () => {
  it.each(seeds)('random integer program %i, everything translated at once → the same registers, flags, counts and memory behind every slice', (seed) => {
    const { translated, share, kind } = bothWays(randomProgram(new Random(seed), 600), seed);
    expect(kind).toBe('exit');
    expect(share).toBeGreaterThan(0.25);
    expect(translated).toBeGreaterThan(1500);
  }, 600_000);

  it.each(seeds)('random floating-point program %i → the same', (seed) => {
    const { translated, share, kind } = bothWays(randomFloatProgram(new Random(seed), 500), seed);
    expect(kind).toBe('exit');
    // Most of a block loads and stores the registers around it; and operands are often none that the host may compute with.
    expect(share).toBeGreaterThan(0.015);
    expect(translated).toBeGreaterThan(500);
  }, 600_000);

  it('a compiled program, translated once it is hot → the same', () => {
    const file = readFileSync(new URL('../../../../bench/programs/mixed.elf', import.meta.url));
    const parts = partsOf(file);
    const translated = bareCore(parts, { threshold: 20 });
    runSideBySide(bareCore(parts, false), translated, new Random(1), { longest: 40_000, limit: 3_000_000 });
    expect(translated.core.translator!.statistics.translated).toBeGreaterThan(300);
    expect(translated.core.translator!.statistics.executed).toBeGreaterThan(2_000_000);
  });
});
