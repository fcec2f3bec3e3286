/** What the decoder does not know must be unknown to QEMU's Cortex-M7 too (see differential.qemu.ts for the call). */
import { describe, expect, it } from '@jest/globals';
import { decodeBits, isWide, lookUp, wideTable } from '../cpu/decode.js';
import { coprocessor } from '../cpu/system-handlers.js';
import { buildProgram } from './build-program.js';
import { runOnOurCore, runOnQemu } from './qemu.js';
import { Random } from './random.js';

const count = 40_000;
const listBase = 0x20100000;
const undefinedInstruction = 1;

/** Encodings for which a condition holds. */
function encodings(seed: number, next: (random: Random) => number, unknown: (bits: number) => boolean): number[] {
  const random = new Random(seed);
  const found: number[] = [];
  while (found.length < count) {
    const bits = next(random);
    if (isWide(bits >>> 16) && unknown(bits)) found.push(bits);
  }
  return found;
}

/** Coprocessor 10 or 11, all else at random. */
const floatSpace = (random: Random): number => (random.bits() & 0x13fff1ff) | (random.chance(75) ? 0xee000a00 : 0xec000a00);
/** Encodings of the FPU that have a row but are not allocated are UNPREDICTABLE, or of registers that are not there. */
const notAllocated = (bits: number): boolean => lookUp(wideTable, bits)?.name === 'coprocessor' && decodeBits(bits, true, 0, false).handler === coprocessor;

const cases: readonly [string, number[]][] = [
  ['32-bit encodings without a row', encodings(1, (random) => random.bits(), (bits) => lookUp(wideTable, bits) === undefined)],
  ['encodings of the FPU that are no instruction', encodings(2, floatSpace, notAllocated)],
];

describe('encodings that are unknown, ours and QEMU', () => {
  it.each(cases)('%s → UNDEFINSTR on both', (_, list) => {
    const program = [...buildProgram('undefined-encodings.c'), { address: listBase, bytes: new Uint8Array(Uint32Array.of(list.length, ...list).buffer) }];
    const theirs = runOnQemu(program);
    const ours = runOnOurCore(program);
    const others = (results: Uint8Array): string[] => [...results].flatMap((result, index) => (result === undefinedInstruction ? [] : [`${(list[index]! >>> 0).toString(16)}: ${result}`]));
    expect(theirs.output).toHaveLength(count);
    expect(ours.output).toHaveLength(count);
    expect(others(ours.output).slice(0, 20)).toEqual([]);
    expect(others(theirs.output).slice(0, 20)).toEqual([]);
  }, 120_000);
});
