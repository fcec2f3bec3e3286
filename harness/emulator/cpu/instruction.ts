import type { Context, Handler } from './context.js';
import type { Decoded } from './decode.js';

/**
 * A decoded instruction at its address. The object stays the same for the life of its page: where the code under it
 * changes it falls back to "not decoded", so that links to it never go stale.
 */
export interface Instruction {
  readonly at: number;
  /** Address behind it; equal to `at` while it is not decoded. */
  end: number;
  /** What the loop executes by itself (`Op`), or 0: call the handler. */
  op: number;
  handler: Handler;
  /** The handler of the instruction itself, where `handler` does something beside it. */
  original: Handler;
  a: number;
  b: number;
  c: number;
  /** The instruction behind it; behind the last of a page a marker that leaves the loop. Itself while it is not decoded. */
  next: Instruction;
  /** Where a direct branch inside the page goes; for IT, what is executed where its condition holds. Else the instruction itself. */
  taken: Instruction;
  /** ITSTATE before it: not 0 for the copies of instructions that belong to an IT (`conditionalChain`). */
  readonly it: number;
  /** Where `op` is ENTER: translated code that begins here, by context, and the instruction as it was. */
  entries: (TranslatedEntry | undefined)[] | undefined;
  plain: Instruction | undefined;
  copy(): Instruction;
}

/** Translated code that begins at an instruction: `Entry` of translate/region.ts. */
export interface TranslatedEntry {
  readonly block: number;
}

/** Decoded instructions of one 4 KB page. */
export interface DecodedPage {
  readonly number: number;
  /** By halfword of the page. */
  readonly instructions: readonly (Instruction | undefined)[];
  instruction(at: number): Instruction;
  conditional(core: Context, at: number): Decoded;
}
