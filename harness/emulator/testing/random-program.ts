/**
 * Straight-line programs of random instructions for a comparison of two cores. A program is a row of blocks; each loads
 * registers and flags from its record in RAM, executes a few instructions and stores registers and flags over the record.
 */
import { CodeWriter, codeStart, exitOnException, exitWithOutput, repeat } from './code-writer.js';
import type { Part } from './executable.js';
import { baseRegister, dataEncoding, indexRegister, memoryEncoding, type Encoding } from './instruction-encodings.js';
import { exclusive, itBlock, jump, skip, special, stack, tableBranch } from './instruction-sequences.js';
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
export const rounds = 8;
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
    const kind = random.below(20);
    if (kind <= 1) body.push(...itBlock(random, one));
    else if (kind === 2) body.push(...skip(random, one()));
    else if (kind <= 3) body.push(...(withMemory ? exclusive(random) : stack(random, scratchBase + 0x8000)));
    else if (kind === 4 && !withMemory) body.push(...random.pick([tableBranch, jump, special])(random));
    else body.push(one());
  }
  return body;
}
