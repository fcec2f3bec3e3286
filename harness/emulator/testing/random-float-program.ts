/** Blocks of one or a few floating-point instructions: each loads S0–S31, FPSCR, R0–R5 and APSR from its record and stores them over it. */
import { CodeWriter, codeStart, exitOnException, exitWithOutput, repeat } from './code-writer.js';
import type { Part } from './executable.js';
import { coreRegisters, floatBaseRegister, floatEncoding, floatOperands, floatStatus, touchesMemory } from './float-encodings.js';
import { codeBase, dataBase } from './qemu.js';
import type { Random } from './random.js';
import type { RandomProgram } from './random-program.js';

const singleCount = 32;
const statusWord = singleCount;
const firstCore = statusWord + 1;
const apsrWord = firstCore + coreRegisters;
export const floatRecordWords = apsrWord + 1;
export const floatRecordNames: readonly string[] = [
  ...Array.from({ length: singleCount }, (_, index) => `s${index}`), 'fpscr', ...Array.from({ length: coreRegisters }, (_, index) => `r${index}`), 'apsr',
];
const recordsBase = dataBase;
const scratchBase = dataBase + 0x3c0000;
export const floatScratchSize = 0x1000;
const argument = scratchBase + floatScratchSize;
const roundCounter = argument + 0x80;
const rounds = 2;

export function randomFloatProgram(random: Random, blockCount: number): RandomProgram {
  const code = new CodeWriter(codeStart);
  const records = new Int32Array(blockCount * floatRecordWords);
  const blocks: RandomProgram['blocks'][number][] = [];
  let instructions = 0;
  code.constant(0, 0xe000ed88);
  code.constant(1, 0x00f00000);
  code.half(0x6001); // STR r1, [r0]: CPACR
  code.wide(0xf3bf8f4f); // DSB
  code.wide(0xf3bf8f6f); // ISB
  code.constant(13, recordsBase);
  for (let index = 0; index < blockCount; index += 1) {
    const input = Array.from({ length: singleCount / 2 }, () => floatOperands(random)).flat();
    input.push(floatStatus(random), ...Array.from({ length: coreRegisters }, () => random.operand()), random.bits() & 0xf8000000);
    records.set(input, index * floatRecordWords);
    const body = Array.from({ length: random.chance(70) ? 1 : 3 }, () => floatEncoding(random));
    code.half(0x9800 | statusWord); // LDR r0, [sp, #…]
    code.wide(0xeee10a10); // VMSR FPSCR, r0
    code.wide(0xec9d0a20); // VLDM sp, {s0-s31}
    code.wide(0xf20d0c00 | (4 * firstCore)); // ADDW r12, sp, #…
    code.wide(0xe89c003f); // LDM r12, {r0-r5}
    code.wide(0xf8ddc000 | (4 * apsrWord)); // LDR r12, [sp, #…]
    code.wide(0xf38c8800); // MSR APSR_nzcvq, r12
    if (body.some(touchesMemory)) code.constant(floatBaseRegister, scratchBase + floatScratchSize / 2);
    const address = code.at;
    for (const instruction of body) code.put(instruction);
    code.wide(0xf3ef8c00); // MRS r12, APSR
    code.wide(0xf8cdc000 | (4 * apsrWord)); // STR r12, [sp, #…]
    code.wide(0xf20d0c00 | (4 * firstCore)); // ADDW r12, sp, #…
    code.wide(0xe88c003f); // STM r12, {r0-r5}
    code.wide(0xeef10a10); // VMRS r0, FPSCR
    code.half(0x9000 | statusWord); // STR r0, [sp, #…]
    code.wide(0xec8d0a20); // VSTM sp, {s0-s31}
    code.half(0xb000 | floatRecordWords); // ADD sp, #…
    instructions += body.length;
    blocks.push({ address, instructions: body, input });
  }
  repeat(code, codeStart, roundCounter);
  exitWithOutput(code, argument, [[recordsBase, records.byteLength], [scratchBase, floatScratchSize]]);
  const vectors = new Uint32Array(codeStart / 4).fill(exitOnException(code, argument) | 1);
  vectors[0] = recordsBase;
  vectors[1] = codeStart | 1;
  const parts: Part[] = [
    { address: codeBase, bytes: new Uint8Array(vectors.buffer) },
    { address: codeStart, bytes: Uint8Array.from(code.bytes) },
    { address: recordsBase, bytes: new Uint8Array(records.buffer) },
    { address: scratchBase, bytes: Uint8Array.from({ length: floatScratchSize }, () => random.below(256)) },
    { address: roundCounter, bytes: Uint8Array.of(rounds, 0, 0, 0) },
  ];
  return { parts, blocks, instructions: instructions * rounds };
}
