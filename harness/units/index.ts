/** A 32-bit bus address, 0 … 0xffffffff. */
export type Address = number;
/** A number of bytes, ≥ 0. */
export type ByteCount = number;
/** A duration in milliseconds. */
export type Milliseconds = number;

export { hex, hex32, parseNumber } from './numbers.js';
