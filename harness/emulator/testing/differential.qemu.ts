/**
 * Random instructions on our core and on QEMU's Cortex-M7: registers, flags and memory must be the same. Needs
 * qemu-system-arm and fails without it, so it is not one of the specs:
 * `node --experimental-vm-modules node_modules/jest/bin/jest.js --testMatch '**\/*.qemu.ts'`, ROT_HIL_DIFFERENTIAL_RUNS for more than 4 programs.
 */
import { describe, expect, it } from '@jest/globals';
import { differences } from './differences.js';
import { dataRows, memoryRows } from './instruction-encodings.js';
import { sequenceRows } from './instruction-sequences.js';
import { runOnOurCore, runOnQemu } from './qemu.js';
import { Random } from './random.js';
import { randomProgram, recordWords, rounds, scratchSize } from './random-program.js';

const runs = Number(process.env['ROT_HIL_DIFFERENTIAL_RUNS'] ?? 4);
const firstSeed = Number(process.env['ROT_HIL_DIFFERENTIAL_SEED'] ?? 1);
const blocksPerRun = 12_000;
const names = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11', 'r12', 'lr', 'apsr'];

describe('random instructions, ours and QEMU', () => {
  it('the programs together → more than a million random instructions, every row of the tables that is not left to other tests', () => {
    const programs = Array.from({ length: runs }, (_, index) => randomProgram(new Random(firstSeed + index), blocksPerRun));
    const met = new Set(programs.flatMap(({ blocks }) => blocks.flatMap(({ instructions }) => instructions.map(({ name }) => name))));
    expect([...dataRows, ...memoryRows, ...sequenceRows].filter((name) => !met.has(name))).toEqual([]);
    if (runs >= 4) expect(programs.reduce((sum, { blocks }) => sum + rounds * blocks.reduce((count, { instructions }) => count + instructions.length, 0), 0)).toBeGreaterThan(1_000_000);
  }, 60_000);

  it.each(Array.from({ length: runs }, (_, index) => firstSeed + index))('program %i → the same registers, flags and memory', (seed) => {
    const program = randomProgram(new Random(seed), blocksPerRun);
    const theirs = runOnQemu(program.parts);
    const ours = runOnOurCore(program.parts);
    expect(ours.exitCode).toBe(theirs.exitCode);
    expect(theirs.exitCode).toBe(0);
    expect(ours.instructions).toBeGreaterThan(0.8 * program.instructions);
    expect(theirs.output).toHaveLength(blocksPerRun * recordWords * 4 + scratchSize);
    expect(differences(program.blocks, names, ours.output, theirs.output)).toEqual([]);
  }, 120_000);
});
