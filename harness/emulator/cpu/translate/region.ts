import type { CodePage } from '../code-page.js';
import type { Instruction } from '../instruction.js';
import type { Site } from './emitter.js';

/** Begins with a block and the instructions left, N, Z, C and V; returns region and site (`siteBits`). */
export type TranslatedFunction = (block: number, left: number, nf: number, zf: number, cf: number, vf: number) => number;

/** Where the interpreter may go over to translated code: at the begin of one of its blocks. */
export interface Entry {
  readonly region: TranslatedRegion;
  readonly block: number;
  /** Instructions of that block. */
  readonly count: number;
}

/** Translated code, for one context of the core. */
export class TranslatedRegion {
  /** State of the memory map and MPU for which its pages were found executable. */
  epoch = -1;
  calls = 0;
  executed = 0;
  /** How often it left to its own code that had not been executed when it was translated. */
  surprises = 0;
  dropped = false;
  readonly entries: { readonly instruction: Instruction; readonly entry: Entry }[] = [];

  constructor(
    readonly number: number,
    readonly root: number,
    readonly context: number,
    readonly run: TranslatedFunction,
    readonly sites: readonly Site[],
    readonly count: number,
    readonly pages: readonly CodePage[],
    readonly ranges: readonly (readonly [start: number, size: number])[],
    /** How often it was translated before. */
    readonly revision: number,
  ) {}
}
