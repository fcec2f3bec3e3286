import { describe, expect, it } from '@jest/globals';
import { disassemble, disassembleAround } from './index.js';

/** Encodings with the text that GNU objdump gives them, in capitals. */
const cases: readonly (readonly [halfwords: readonly number[], text: string])[] = [
  [[0x2305], 'MOVS R3, #5'],
  [[0x4629], 'MOV R1, R5'],
  [[0x1c48], 'ADDS R0, R1, #1'],
  [[0x480a], 'LDR R0, [PC, #0x28]'],
  [[0x6842], 'LDR R2, [R0, #4]'],
  [[0x8083], 'STRH R3, [R0, #4]'],
  [[0x5cd1], 'LDRB R1, [R2, R3]'],
  [[0x9801], 'LDR R0, [SP, #4]'],
  [[0xb510], 'PUSH {R4, LR}'],
  [[0xbd10], 'POP {R4, PC}'],
  [[0xb082], 'SUB SP, #8'],
  [[0x4798], 'BLX R3'],
  [[0x4770], 'BX LR'],
  [[0xd1fe], 'BNE 0x70000000'],
  [[0xe7fe], 'B 0x70000000'],
  [[0xb118], 'CBZ R0, 0x7000000a'],
  [[0xbf08], 'IT EQ'],
  [[0xbf0c], 'ITE EQ'],
  [[0xbe2a], 'BKPT #0x2a'],
  [[0xde00], 'UDF #0'],
  [[0xc807], 'LDM R0, {R0, R1, R2}'],
  [[0xf7ff, 0xfffe], 'BL 0x70000000'],
  [[0xf04f, 0x33ff], 'MOV R3, #0xffffffff'],
  [[0xf8d3, 0x2010], 'LDR R2, [R3, #0x10]'],
  [[0xf843, 0x2c04], 'STR R2, [R3, #-4]'],
  [[0xf843, 0x2b04], 'STR R2, [R3], #4'],
  [[0xf843, 0x2f04], 'STR R2, [R3, #4]!'],
  [[0xe9d0, 0x2300], 'LDRD R2, R3, [R0]'],
  [[0xe92d, 0x41f0], 'STMDB SP!, {R4, R5, R6, R7, R8, LR}'],
  [[0xf647, 0x70f0], 'MOVW R0, #0x7ff0'],
  [[0xf2c2, 0x0000], 'MOVT R0, #0x2000'],
  [[0xeb00, 0x0081], 'ADD R0, R0, R1, LSL #2'],
  [[0xfb90, 0xf0f1], 'SDIV R0, R0, R1'],
  [[0xf3ef, 0x8005], 'MRS R0, IPSR'],
  [[0xf3bf, 0x8f4f], 'DSB'],
  [[0xee70, 0x0a20], 'VADD.F32 S1, S0, S1'],
  [[0xed90, 0x0b02], 'VLDR D0, [R0, #8]'],
];

describe('disassembly', () => {
  it.each(cases)('%p → %s', ([first, second], text) => {
    expect(disassemble(first!, second, 0x70000000).text).toBe(text);
  });

  it('an encoding that the architecture leaves undefined → UNDEFINED, its twin with another size → a load', () => {
    expect(disassemble(0xf8f0, 0x0000, 0).text).toBe('UNDEFINED');
    expect(disassemble(0xf8d0, 0x0000, 0).text).toBe('LDR R0, [R0]');
  });

  it('the first half of an instruction at the end of memory → said so', () => {
    expect(disassemble(0xf7ff, undefined, 0)).toMatchObject({ length: 2, text: 'half of a 32-bit instruction' });
  });

  it('around an address with the start of its function → instructions in step with the function; outside memory → none', () => {
    const code = [0xb510, 0xf04f, 0x33ff, 0x2305, 0xbd10];
    const read = (at: number): number | undefined => code[(at - 0x100) / 2];
    expect(disassembleAround(read, 0x106, { start: 0x100 }).map(({ address, text }) => [address, text])).toEqual([
      [0x100, 'PUSH {R4, LR}'],
      [0x102, 'MOV R3, #0xffffffff'],
      [0x106, 'MOVS R3, #5'],
      [0x108, 'POP {R4, PC}'],
    ]);
    expect(disassembleAround(read, 0x200)).toEqual([]);
  });
});
