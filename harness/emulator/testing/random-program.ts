/**
 * Straight-line programs of random instructions for a comparison of two cores. A program is a row of blocks; each loads
 * registers and flags from its record in RAM, executes a few instructions and stores registers and flags over the record.
 */
import { CodeWriter, codeStart, exitOnException, exitWithOutput, repeat } from './code-writer.js';
import type { Part } from './executable.js';
import { baseRegister, dataEncoding, indexRegister, memoryEncoding, type Encoding } from './instruction-encodings.js';
import { codeBase, dataBase } from './qemu.js';
import type { Random } from './random.js';

export interface Block {
  readonly address: number;
  readonly instructions: readonly Encoding[];
  readonly input: readonly number[];
}

export interface RandomProgram {
  readonly parts: readonly Part[];
  readonly blocks: readonly Block[];
  /** Executed at most (some are skipped). */
  readonly instructions: number;
}

/** R0–R12, LR, APSR. */
export const recordWords = 15;
const recordsBase = dataBase;
/** Loads and stores reach this area only. */
export const scratchBase = dataBase + 0x3c0000;
export const scratchSize = 0x10000;
/** Later rounds start from the results of the one before, on code that has been decoded. */
const rounds = 3;
const roundCounter = scratchBase + scratchSize + 0x80;

export function randomProgram(random: Random, blockCount: number): RandomProgram {
  const code = new CodeWriter(codeStart);
  const records = new Int32Array(blockCount * recordWords);
  const blocks: Block[] = [];
  let instructions = 0;
  code.constant(13, recordsBase);
  for (let index = 0; index < blockCount; index += 1) {
    const withMemory = random.chance(30);
    const input = Array.from({ length: recordWords }, () => random.operand());
    input[recordWords - 1] = random.bits() & 0xf80f0000;
    if (withMemory) {
      input[baseRegister] = scratchBase + 0x2000 + 4 * random.below(0x800);
      input[indexRegister] = random.below(0x200);
    }
    records.set(input, index * recordWords);
    code.half(0x980e); // LDR r0, [sp, #56]
    code.wide(0xf3808c00); // MSR APSR_nzcvqg, r0
    code.wide(0xe89d5fff); // LDM sp, {r0-r12, lr}
    const address = code.at;
    const body = randomBody(random, withMemory);
    for (const instruction of body) code.put(instruction);
    instructions += body.length + 7;
    code.wide(0xe88d5fff); // STM sp, {r0-r12, lr}
    code.wide(0xf3ef8000); // MRS r0, APSR
    code.half(0x900e); // STR r0, [sp, #56]
    code.half(0xb00f); // ADD sp, #60
    blocks.push({ address, instructions: body, input });
  }
  repeat(code, codeStart, roundCounter);
  exitWithOutput(code, scratchBase + scratchSize, [[recordsBase, records.byteLength], [scratchBase, scratchSize]]);
  const vectors = new Uint32Array(codeStart / 4).fill(exitOnException(code, scratchBase + scratchSize) | 1);
  vectors[0] = recordsBase;
  vectors[1] = codeStart | 1;
  const scratch = Uint8Array.from({ length: scratchSize }, () => random.below(256));
  const parts: Part[] = [
    { address: codeBase, bytes: new Uint8Array(vectors.buffer) },
    { address: codeStart, bytes: Uint8Array.from(code.bytes) },
    { address: recordsBase, bytes: new Uint8Array(records.buffer) },
    { address: scratchBase, bytes: scratch },
    { address: roundCounter, bytes: Uint8Array.of(rounds, 0, 0, 0) },
  ];
  return { parts, blocks, instructions: instructions * rounds };
}

/** A few instructions: plain, under IT, or with one skipped by a branch. */
function randomBody(random: Random, withMemory: boolean): Encoding[] {
  const kept = withMemory ? [baseRegister, indexRegister] : [];
  const one = (): Encoding => (withMemory && random.chance(50) ? memoryEncoding(random) : dataEncoding(random, kept));
  const body: Encoding[] = [];
  for (let count = 1 + random.below(5); count > 0; count -= 1) {
    const kind = random.below(10);
    if (kind === 0) body.push(...itBlock(random, one));
    else if (kind === 1) body.push(...skip(random, one()));
    else if (kind === 2 && withMemory) body.push(...exclusive(random));
    else body.push(one());
  }
  return body;
}

function itBlock(random: Random, one: () => Encoding): Encoding[] {
  const condition = random.below(14);
  const count = 1 + random.below(4);
  let mask = 1 << (4 - count);
  for (let index = 1; index < count; index += 1) if (random.chance(50)) mask |= 1 << (4 - index);
  // A then-slot repeats the low bit of the condition, an else-slot inverts it.
  const block = Array.from({ length: count }, one);
  return [{ name: 'IT T1', bits: 0xbf00 | (condition << 4) | mask, length: 2 }, ...block];
}

/** A branch over one instruction. */
function skip(random: Random, over: Encoding): Encoding[] {
  const { length } = over;
  const condition = random.below(14);
  const wideOffset = length / 2;
  const narrowOffset = (length - 2) / 2;
  const branch = random.pick<Encoding>([
    { name: 'B T1', bits: 0xd000 | (condition << 8) | narrowOffset, length: 2 },
    { name: 'B T2', bits: 0xe000 | narrowOffset, length: 2 },
    { name: 'B T3', bits: (0xf0008000 | (condition << 22) | wideOffset) | 0, length: 4 },
    { name: 'B T4', bits: 0xf000b800 | wideOffset, length: 4 },
    { name: 'BL T1', bits: 0xf000f800 | wideOffset, length: 4 },
    { name: 'CBZ T1', bits: 0xb100 | (narrowOffset << 3) | random.below(8), length: 2 },
    { name: 'CBNZ T1', bits: 0xb900 | (narrowOffset << 3) | random.below(8), length: 2 },
  ]);
  return [branch, over];
}

/** A load and a store exclusive of one size (unlike sizes are UNPREDICTABLE), to the same or another address. */
function exclusive(random: Random): Encoding[] {
  const [t, d] = [random.below(3), 3 + random.below(3)];
  const one = random.below(4);
  const other = random.chance(70) ? one : random.below(4);
  const registers = (baseRegister << 16) | (t << 12);
  return random.pick<Encoding[]>([
    [
      { name: 'LDREX T1', bits: 0xe8500f00 | registers | one, length: 4 },
      { name: 'STREX T1', bits: 0xe8400000 | registers | (d << 8) | other, length: 4 },
    ],
    [
      { name: 'LDREXH T1', bits: 0xe8d00f5f | registers, length: 4 },
      { name: 'STREXH T1', bits: 0xe8c00f50 | registers | d, length: 4 },
    ],
    [
      { name: 'LDREXB T1', bits: 0xe8d00f4f | registers, length: 4 },
      { name: 'STREXB T1', bits: 0xe8c00f40 | registers | d, length: 4 },
    ],
    // Without a load, or after CLREX, the store fails.
    [
      { name: 'CLREX T1', bits: 0xf3bf8f2f | 0, length: 4 },
      { name: 'STREX T1', bits: 0xe8400000 | registers | (d << 8) | one, length: 4 },
    ],
  ]);
}
