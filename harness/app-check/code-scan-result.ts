import type { Address } from '../units/index.js';

/** A store whose address the scan could follow. */
export interface RegisterWrite {
  readonly pc: Address;
  readonly address: Address;
  /** undefined where it is not a constant. */
  readonly value: number | undefined;
  /** First address of the function, if the file names functions. */
  readonly within: Address;
}

/** A direct call (BL), or a B that leaves its function. */
export interface DirectCall {
  readonly pc: Address;
  readonly target: Address;
  readonly within: Address;
  /** R0 to R3 as far as they are constants. */
  readonly args: readonly (number | undefined)[];
  /** Bytes at the address in R0 where that is a place on the stack: offset → byte; what is not known is absent. */
  readonly record: ReadonlyMap<number, number> | undefined;
  /** Whether another function was given an address on the stack since the record was filled, and may have changed it. */
  readonly shared: boolean;
}

export interface CodeScan {
  readonly writes: readonly RegisterWrite[];
  readonly calls: readonly DirectCall[];
  /** First floating-point instruction of each function that has one: start of the function → PC. */
  readonly floatingPoint: ReadonlyMap<Address, Address>;
  /** Constants that instructions make or load, of those asked for. */
  readonly constants: ReadonlySet<number>;
}

export interface ScanRequest {
  /** A piece of code, by run address. */
  readonly base: Address;
  readonly bytes: Uint8Array;
  /** Where functions begin, ascending. */
  readonly functions: readonly Address[];
  /** Only stores to these ranges are kept. */
  readonly ranges: readonly { readonly from: Address; readonly to: Address }[];
  /** Constants worth noting. */
  readonly watch: ReadonlySet<number>;
  /** Calls worth keeping with their arguments; all others are kept without. */
  readonly targets: ReadonlySet<Address>;
}
