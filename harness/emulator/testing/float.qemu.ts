/** Random floating-point instructions with every mode of FPSCR on our core and on QEMU's Cortex-M7 (see differential.qemu.ts for the call). */
import { describe, expect, it } from '@jest/globals';
import { differences } from './differences.js';
import { floatRows } from './float-encodings.js';
import { runOnOurCore, runOnQemu } from './qemu.js';
import { Random } from './random.js';
import { floatRecordNames, floatRecordWords, floatScratchSize, randomFloatProgram } from './random-float-program.js';

const runs = Number(process.env['ROT_HIL_DIFFERENTIAL_RUNS'] ?? 4);
const firstSeed = Number(process.env['ROT_HIL_DIFFERENTIAL_SEED'] ?? 1);
const blocksPerRun = 12_000;

describe('random floating-point instructions, ours and QEMU', () => {
  it.each(Array.from({ length: runs }, (_, index) => firstSeed + index))('program %i → the same registers, FPSCR and memory', (seed) => {
    const program = randomFloatProgram(new Random(seed), blocksPerRun);
    const theirs = runOnQemu(program.parts);
    const ours = runOnOurCore(program.parts);
    expect(new Set(program.blocks.flatMap(({ instructions }) => instructions.map(({ name }) => name))).size).toBe(floatRows.length);
    expect(ours.exitCode).toBe(theirs.exitCode);
    expect(theirs.exitCode).toBe(0);
    expect(theirs.output).toHaveLength(blocksPerRun * floatRecordWords * 4 + floatScratchSize);
    expect(differences(program.blocks, floatRecordNames, ours.output, theirs.output)).toEqual([]);
  }, 120_000);
});
