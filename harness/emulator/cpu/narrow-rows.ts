/** The 16-bit Thumb instructions (DDI 0403E A5.2). */
import { Shift, immediateAmount } from './arithmetic.js';
import * as branch from './branch-handlers.js';
import * as data from './data-handlers.js';
import { Dp } from './data-handlers.js';
import type { Handler } from './context.js';
import * as memory from './memory-handlers.js';
import { signed, type Fields, type Operation, type Place, type Row } from './rows.js';
import * as system from './system-handlers.js';

/** Data processing of two low registers: Rdn, Rm. */
const pair = (operation: number) => ({ d, m }: Fields, { inIt }: Place): Operation => [(inIt ? data.register : data.registerFlags)[operation]!, d, d, m];
const shiftBy = (type: number) => ({ d, m, i }: Fields, { inIt }: Place): Operation => {
  const amount = immediateAmount(type, i!);
  return inIt ? [data.shiftImmediateBy[type]!, d, m, amount] : [data.shiftImmediateFlags, d, m, type | (amount << 2)];
};
const shiftByRegister = (type: number) => ({ d, m }: Fields, { inIt }: Place): Operation => [inIt ? data.shiftRegister : data.shiftRegisterFlags, d, d! | (type << 4), m];
const withImmediate = (operation: number) => ({ d, n, i }: Fields, { inIt }: Place): Operation => [(inIt ? data.immediate : data.immediateFlags)[operation]!, d, n ?? d, i];
const unary = (handler: Handler) => ({ d, m }: Fields): Operation => [handler, d, m];
const indexed = (handler: Handler) => ({ t, n, m }: Fields): Operation => [handler, t, n! | (m! << 4), 0];
const offset = (handler: Handler, scale: number) => ({ t, n, i }: Fields): Operation => [handler, t, n, i! * scale];

export const narrowRows: readonly Row[] = [
  { name: 'MOV (register) T2', bits: '00000 00000 mmm ddd', emit: ({ d, m }, { inIt }) => [inIt ? data.moveRegister : data.moveRegisterFlags, d, 0, m] },
  { name: 'LSL (immediate) T1', bits: '00000 iiiii mmm ddd', emit: shiftBy(Shift.lsl) },
  { name: 'LSR (immediate) T1', bits: '00001 iiiii mmm ddd', emit: shiftBy(Shift.lsr) },
  { name: 'ASR (immediate) T1', bits: '00010 iiiii mmm ddd', emit: shiftBy(Shift.asr) },
  { name: 'ADD (register) T1', bits: '0001100 mmm nnn ddd', emit: ({ d, n, m }, { inIt }) => [(inIt ? data.register : data.registerFlags)[Dp.add]!, d, n, m] },
  { name: 'SUB (register) T1', bits: '0001101 mmm nnn ddd', emit: ({ d, n, m }, { inIt }) => [(inIt ? data.register : data.registerFlags)[Dp.sub]!, d, n, m] },
  { name: 'ADD (immediate) T1', bits: '0001110 iii nnn ddd', emit: withImmediate(Dp.add) },
  { name: 'SUB (immediate) T1', bits: '0001111 iii nnn ddd', emit: withImmediate(Dp.sub) },
  { name: 'MOV (immediate) T1', bits: '00100 ddd iiiiiiii', emit: ({ d, i }, { inIt }) => [inIt ? data.moveImmediate : data.moveImmediateFlags, d, i] },
  { name: 'CMP (immediate) T1', bits: '00101 nnn iiiiiiii', emit: ({ n, i }) => [data.compareImmediate, n, i] },
  { name: 'ADD (immediate) T2', bits: '00110 ddd iiiiiiii', emit: withImmediate(Dp.add) },
  { name: 'SUB (immediate) T2', bits: '00111 ddd iiiiiiii', emit: withImmediate(Dp.sub) },
  { name: 'AND (register) T1', bits: '010000 0000 mmm ddd', emit: pair(Dp.and) },
  { name: 'EOR (register) T1', bits: '010000 0001 mmm ddd', emit: pair(Dp.eor) },
  { name: 'LSL (register) T1', bits: '010000 0010 mmm ddd', emit: shiftByRegister(Shift.lsl) },
  { name: 'LSR (register) T1', bits: '010000 0011 mmm ddd', emit: shiftByRegister(Shift.lsr) },
  { name: 'ASR (register) T1', bits: '010000 0100 mmm ddd', emit: shiftByRegister(Shift.asr) },
  { name: 'ADC (register) T1', bits: '010000 0101 mmm ddd', emit: pair(Dp.adc) },
  { name: 'SBC (register) T1', bits: '010000 0110 mmm ddd', emit: pair(Dp.sbc) },
  { name: 'ROR (register) T1', bits: '010000 0111 mmm ddd', emit: shiftByRegister(Shift.ror) },
  { name: 'TST (register) T1', bits: '010000 1000 mmm nnn', emit: ({ n, m }) => [data.testRegister, n, m] },
  { name: 'RSB (immediate) T1', bits: '010000 1001 nnn ddd', emit: ({ d, n }, { inIt }) => [(inIt ? data.immediate : data.immediateFlags)[Dp.rsb]!, d, n, 0] },
  { name: 'CMP (register) T1', bits: '010000 1010 mmm nnn', emit: ({ n, m }) => [data.compareRegister, n, m] },
  { name: 'CMN (register) T1', bits: '010000 1011 mmm nnn', emit: ({ n, m }) => [data.compareNegativeRegister, n, m] },
  { name: 'ORR (register) T1', bits: '010000 1100 mmm ddd', emit: pair(Dp.orr) },
  { name: 'MUL T1', bits: '010000 1101 nnn ddd', emit: ({ d, n }, { inIt }) => [inIt ? data.multiply : data.multiplyFlags, d, n, d] },
  { name: 'BIC (register) T1', bits: '010000 1110 mmm ddd', emit: pair(Dp.bic) },
  { name: 'MVN (register) T1', bits: '010000 1111 mmm ddd', emit: ({ d, m }, { inIt }) => [inIt ? data.moveNot : data.moveNotFlags, d, m] },
  { name: 'ADD (register) T2', bits: '01000100 d mmmm ddd', emit: ({ d, m }, { at }) => highAdd(d!, m!, at) },
  { name: 'CMP (register) T2', bits: '01000101 n mmmm nnn', emit: ({ n, m }) => [data.compareRegister, n, m] },
  { name: 'MOV (register) T1', bits: '01000110 d mmmm ddd', emit: ({ d, m }, { at }) => highMove(d!, m!, at) },
  { name: 'BX T1', bits: '01000111 0 mmmm 000', emit: ({ m }) => [branch.branchExchange, m] },
  { name: 'BLX (register) T1', bits: '01000111 1 mmmm 000', emit: ({ m }, { at }) => [branch.branchLinkExchange, m, (at + 2) | 1] },
  { name: 'LDR (literal) T1', bits: '01001 ttt iiiiiiii', emit: ({ t, i }, { at }) => [memory.loadWordAt, t, ((at + 4) & ~3) + i! * 4] },
  { name: 'STR (register) T1', bits: '0101 000 mmm nnn ttt', emit: indexed(memory.storeWordIndexed) },
  { name: 'STRH (register) T1', bits: '0101 001 mmm nnn ttt', emit: indexed(memory.storeHalfIndexed) },
  { name: 'STRB (register) T1', bits: '0101 010 mmm nnn ttt', emit: indexed(memory.storeByteIndexed) },
  { name: 'LDRSB (register) T1', bits: '0101 011 mmm nnn ttt', emit: indexed(memory.loadSignedByteIndexed) },
  { name: 'LDR (register) T1', bits: '0101 100 mmm nnn ttt', emit: indexed(memory.loadWordIndexed) },
  { name: 'LDRH (register) T1', bits: '0101 101 mmm nnn ttt', emit: indexed(memory.loadHalfIndexed) },
  { name: 'LDRB (register) T1', bits: '0101 110 mmm nnn ttt', emit: indexed(memory.loadByteIndexed) },
  { name: 'LDRSH (register) T1', bits: '0101 111 mmm nnn ttt', emit: indexed(memory.loadSignedHalfIndexed) },
  { name: 'STR (immediate) T1', bits: '0110 0 iiiii nnn ttt', emit: offset(memory.storeWord, 4) },
  { name: 'LDR (immediate) T1', bits: '0110 1 iiiii nnn ttt', emit: offset(memory.loadWord, 4) },
  { name: 'STRB (immediate) T1', bits: '0111 0 iiiii nnn ttt', emit: offset(memory.storeByte, 1) },
  { name: 'LDRB (immediate) T1', bits: '0111 1 iiiii nnn ttt', emit: offset(memory.loadByte, 1) },
  { name: 'STRH (immediate) T1', bits: '1000 0 iiiii nnn ttt', emit: offset(memory.storeHalf, 2) },
  { name: 'LDRH (immediate) T1', bits: '1000 1 iiiii nnn ttt', emit: offset(memory.loadHalf, 2) },
  { name: 'STR (immediate) T2', bits: '1001 0 ttt iiiiiiii', emit: ({ t, i }) => [memory.storeWord, t, 13, i! * 4] },
  { name: 'LDR (immediate) T2', bits: '1001 1 ttt iiiiiiii', emit: ({ t, i }) => [memory.loadWord, t, 13, i! * 4] },
  { name: 'ADR T1', bits: '10100 ddd iiiiiiii', emit: ({ d, i }, { at }) => [data.moveImmediate, d, ((at + 4) & ~3) + i! * 4] },
  { name: 'ADD (SP plus immediate) T1', bits: '10101 ddd iiiiiiii', emit: ({ d, i }) => [data.immediate[Dp.add]!, d, 13, i! * 4] },
  { name: 'ADD (SP plus immediate) T2', bits: '10110000 0 iiiiiii', emit: ({ i }) => [data.immediate[Dp.add]!, 13, 13, i! * 4] },
  { name: 'SUB (SP minus immediate) T1', bits: '10110000 1 iiiiiii', emit: ({ i }) => [data.immediate[Dp.sub]!, 13, 13, i! * 4] },
  { name: 'CBZ T1', bits: '1011 0 0 i 1 iiiii nnn', emit: ({ n, i }, { at }) => [branch.compareZero, n, at + 4 + i! * 2] },
  { name: 'CBNZ T1', bits: '1011 1 0 i 1 iiiii nnn', emit: ({ n, i }, { at }) => [branch.compareNotZero, n, at + 4 + i! * 2] },
  { name: 'SXTH T1', bits: '10110010 00 mmm ddd', emit: unary(data.signExtendHalf) },
  { name: 'SXTB T1', bits: '10110010 01 mmm ddd', emit: unary(data.signExtendByte) },
  { name: 'UXTH T1', bits: '10110010 10 mmm ddd', emit: unary(data.zeroExtendHalf) },
  { name: 'UXTB T1', bits: '10110010 11 mmm ddd', emit: unary(data.zeroExtendByte) },
  { name: 'PUSH T1', bits: '1011010 p rrrrrrrr', emit: ({ p, r }) => [memory.push, r! | (p! << 14)] },
  { name: 'CPS T1', bits: '10110110011 d 00 p f', emit: ({ d, p, f }) => [system.changeState, d, p, f] },
  { name: 'REV T1', bits: '10111010 00 mmm ddd', emit: unary(data.reverseBytes) },
  { name: 'REV16 T1', bits: '10111010 01 mmm ddd', emit: unary(data.reverseBytes16) },
  { name: 'REVSH T1', bits: '10111010 11 mmm ddd', emit: unary(data.reverseBytesSignedHalf) },
  { name: 'POP T1', bits: '1011110 p rrrrrrrr', emit: ({ p, r }) => [memory.pop, r! | (p! << 15)] },
  { name: 'BKPT T1', bits: '10111110 iiiiiiii', emit: ({ i }) => [system.breakpoint, i] },
  { name: 'NOP T1', bits: '10111111 0000 0000', emit: () => [system.nothing] },
  { name: 'YIELD T1', bits: '10111111 0001 0000', emit: () => [system.nothing] },
  { name: 'WFE T1', bits: '10111111 0010 0000', emit: () => [system.waitForEvent] },
  { name: 'WFI T1', bits: '10111111 0011 0000', emit: () => [system.waitForInterrupt] },
  { name: 'SEV T1', bits: '10111111 0100 0000', emit: () => [system.sendEvent] },
  { name: 'hint T1', bits: '10111111 hhhh 0000', emit: () => [system.nothing] },
  { name: 'IT T1', bits: '10111111 iiiiiiii', emit: ({ i }) => [system.ifThen, i] },
  { name: 'STM T1', bits: '1100 0 nnn rrrrrrrr', emit: ({ n, r }) => [memory.storeMultiple, n, r, 1] },
  { name: 'LDM T1', bits: '1100 1 nnn rrrrrrrr', emit: ({ n, r }) => [memory.loadMultiple, n, r, (r! >>> n!) & 1 ? 0 : 1] },
  { name: 'UDF T1', bits: '1101 1110 iiiiiiii', emit: () => undefined },
  { name: 'SVC T1', bits: '1101 1111 iiiiiiii', emit: () => [system.supervisorCall] },
  { name: 'B T1', bits: '1101 cccc iiiiiiii', emit: ({ c, i }, { at }) => [branch.branchIf[c!]!, at + 4 + signed(i!, 8) * 2] },
  { name: 'B T2', bits: '11100 iiiiiiiiiii', emit: ({ i }, { at }) => [branch.branchTo, at + 4 + signed(i!, 11) * 2] },
];

function highAdd(d: number, m: number, at: number): Operation {
  if (d === 15) return m === 15 ? undefined : [branch.branchToSum, m, at + 4];
  if (m === 15) return [data.immediate[Dp.add]!, d, d, at + 4];
  return d === 13 ? [data.addToStackPointer, 13, 13, m] : [data.register[Dp.add]!, d, d, m];
}

function highMove(d: number, m: number, at: number): Operation {
  if (d === 15) return m === 15 ? [branch.branchTo, at + 4] : [branch.branchToRegister, m];
  if (m === 15) return [data.moveImmediate, d, at + 4];
  return d === 13 ? [data.moveToStackPointer, 13, 0, m] : [data.moveRegister, d, 0, m];
}
