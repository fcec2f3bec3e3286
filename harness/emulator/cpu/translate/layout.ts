/** How translated code and the core meet: words in the board's memory and the numbers of a translated function's locals. */
import { dispatchAt, floatAt, handAt, registersAt } from '../../store.js';

/** Words from `handAt`: flags as the core keeps them, instructions left in the slice, the address that a computed branch goes to, the FPU's status, the state of the memory map. */
export const Hand = { nf: 0, zf: 1, cf: 2, vf: 3, left: 4, target: 5, fpscr: 6, float: 7, epoch: 8 } as const;
export const handWords = 9;
export const handByte = (word: number): number => handAt + 4 * word;
export const registerByte = (register: number): number => registersAt + 4 * register;
export const floatByte = (word: number): number => floatAt + 4 * word;

/** `Hand.float`: what arithmetic of the FPU may be done by the host's. */
export const FloatMode = { none: 0, exactOnly: 1, any: 2 } as const;

/**
 * Where translated code finds the code to go on with: for each context a table by bits of the address, each entry the
 * address with bit 0 set, the epoch in which its region may be entered, the number of its function and of the block in it.
 */
export const dispatchEntries = 4096;
export const dispatchBytes = 16;
export const dispatchTableAt = (context: number): number => dispatchAt + context * dispatchEntries * dispatchBytes;
/** Byte offset in the table. */
export const dispatchSlot = (address: number): number => ((address >>> 1) & (dispatchEntries - 1)) * dispatchBytes;

/** A translated function returns the number of its region and, in the low bits, that of the exit it took. */
export const siteBits = 12;

/**
 * Local variables of a translated function. The first six are its parameters; R0–R14 follow. R0–R14 themselves lie in
 * memory between blocks; a block keeps in locals what it uses.
 */
export const Local = {
  block: 0, left: 1, nf: 2, zf: 3, cf: 4, vf: 5,
  /** Operands of the last addition or subtraction that set C and V, and which of them it was (`Carry`). */
  x: 21, y: 22, carry: 23,
  /** Which exit is taken, and where to, if that was computed. */
  site: 24, target: 25,
  address: 26, page: 27, one: 28, two: 29, condition: 30, float: 31, fpscr: 32,
  long: 33, longer: 34, single: 35, singleX: 36, singleY: 37, double: 38, doubleX: 39, doubleY: 40,
} as const;
export const parameterCount = 6;
export const registerLocal = (register: number): number => parameterCount + register;
/** Behind the parameters: i32, i64, f32, f64. */
export const localCounts = [27, 2, 3, 3] as const;

/** Where C and V are: in their locals, or still to be had from `x` and `y` as x − y or x + y gives them. */
export const Carry = { known: 0, subtract: 1, add: 2 } as const;
