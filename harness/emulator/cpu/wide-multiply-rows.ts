/** 32-bit multiplication and division (DDI 0403E A5.3.16, A5.3.17). */
import type { Handler } from './context.js';
import * as multiply from './multiply-handlers.js';
import type { Fields, Operation, Row } from './rows.js';

/** Ra 15: without accumulation. */
const accumulate = (handler: Handler, variant = 0) => ({ n, d, m, a, x }: Fields): Operation => [handler, d! | (n! << 4) | (m! << 8) | (a! << 12), variant | (x ?? 0), 0];
const long = (handler: Handler, variant = 0) => ({ n, l, h, m, x }: Fields): Operation => [handler, l! | (h! << 4) | (n! << 8) | (m! << 12), variant | (x ?? 0), 0];
const plain = (handler: Handler) => ({ n, d, m }: Fields): Operation => [handler, d, n, m];

export const wideMultiplyRows: readonly Row[] = [
  { name: 'MLA T1', bits: '11111011 0000 nnnn aaaa dddd 0000 mmmm', emit: accumulate(multiply.multiplyAdd) },
  { name: 'MLS T1', bits: '11111011 0000 nnnn aaaa dddd 0001 mmmm', emit: accumulate(multiply.multiplySubtract) },
  { name: 'SMLAxy/SMULxy T1', bits: '11111011 0001 nnnn aaaa dddd 00 xx mmmm', emit: accumulate(multiply.halfwords) },
  { name: 'SMLAD/SMUAD T1', bits: '11111011 0010 nnnn aaaa dddd 000 x mmmm', emit: accumulate(multiply.dual) },
  { name: 'SMLAWy/SMULWy T1', bits: '11111011 0011 nnnn aaaa dddd 000 x mmmm', emit: accumulate(multiply.wordByHalf) },
  { name: 'SMLSD/SMUSD T1', bits: '11111011 0100 nnnn aaaa dddd 000 x mmmm', emit: accumulate(multiply.dual, 2) },
  { name: 'SMMLA/SMMUL T1', bits: '11111011 0101 nnnn aaaa dddd 000 x mmmm', emit: accumulate(multiply.mostSignificant) },
  { name: 'SMMLS T1', bits: '11111011 0110 nnnn aaaa dddd 000 x mmmm', emit: accumulate(multiply.mostSignificant, 2) },
  { name: 'USADA8/USAD8 T1', bits: '11111011 0111 nnnn aaaa dddd 0000 mmmm', emit: accumulate(multiply.absoluteDifferences) },
  { name: 'SMULL T1', bits: '11111011 1000 nnnn llll hhhh 0000 mmmm', emit: long(multiply.longMultiply, 2) },
  { name: 'SDIV T1', bits: '11111011 1001 nnnn 1111 dddd 1111 mmmm', emit: plain(multiply.signedDivide) },
  { name: 'UMULL T1', bits: '11111011 1010 nnnn llll hhhh 0000 mmmm', emit: long(multiply.longMultiply) },
  { name: 'UDIV T1', bits: '11111011 1011 nnnn 1111 dddd 1111 mmmm', emit: plain(multiply.unsignedDivide) },
  { name: 'SMLAL T1', bits: '11111011 1100 nnnn llll hhhh 0000 mmmm', emit: long(multiply.longMultiply, 3) },
  { name: 'SMLALxy T1', bits: '11111011 1100 nnnn llll hhhh 10 xx mmmm', emit: long(multiply.longHalfwords) },
  { name: 'SMLALD T1', bits: '11111011 1100 nnnn llll hhhh 110 x mmmm', emit: long(multiply.longDual) },
  { name: 'SMLSLD T1', bits: '11111011 1101 nnnn llll hhhh 110 x mmmm', emit: long(multiply.longDual, 2) },
  { name: 'UMLAL T1', bits: '11111011 1110 nnnn llll hhhh 0000 mmmm', emit: long(multiply.longMultiply, 1) },
  { name: 'UMAAL T1', bits: '11111011 1110 nnnn llll hhhh 0110 mmmm', emit: long(multiply.longDoubleAccumulate) },
];
