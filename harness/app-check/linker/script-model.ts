import type { Address, ByteCount } from '../../units/index.js';
import type { Extent, Role } from '../application.js';
import type { Token } from './expression.js';

/** A piece of the script's text: from its first character to behind its last. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** The name that it is, where it is one name only. */
  readonly name: string | undefined;
}

/** A symbol that a script defines; value undefined where it cannot be evaluated. */
export interface ScriptSymbol {
  readonly name: string;
  readonly value: number | undefined;
  readonly line: number;
  /** Its expression; undefined in an included file. */
  readonly span?: Span | undefined;
}

export interface ScriptRegion {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  readonly line: number;
  /** armlink: a load region, which holds execution regions. */
  readonly load?: boolean;
  /** Expressions of its start and of its extent; undefined in an included file, or where there is none. */
  readonly origin?: Span | undefined;
  readonly extent?: Span | undefined;
  /** Whether the extent is a length, or the last address (ILINK). */
  readonly last?: boolean;
}

/** What is placed where. */
export interface ScriptPlacement {
  /** Output section, block or pattern: `.data`, `CSTACK`, `+RW`. */
  readonly name: string;
  readonly region: string;
  readonly role: Role;
  readonly start: Extent['start'];
  readonly line: number;
}

/** A linker script as far as its rules need it. */
export interface ScriptModel {
  readonly file: string;
  readonly dialect: 'gnu' | 'icf' | 'scatter';
  readonly symbols: ReadonlyMap<string, ScriptSymbol>;
  readonly regions: readonly ScriptRegion[];
  readonly placements: readonly ScriptPlacement[];
  /** Where new text goes: symbols, memory regions, sections or placements. */
  readonly insert: { readonly symbols: number; readonly regions: number; readonly sections: number };
  /** What could not be evaluated or was not followed. */
  readonly notes: readonly string[];
}

/** Gives the text of a file that a script includes, by the name it gives; undefined where there is none. */
export type ReadInclude = (name: string) => string | undefined;

/** The text that tokens of one file cover. */
export function spanOf(tokens: readonly Token[]): Span | undefined {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first === undefined || last === undefined || last.end < first.at) return undefined;
  return { from: first.at, to: last.end, name: tokens.every(({ at }) => at === first.at) && /^[A-Za-z_]/.test(first.text) ? first.text : undefined };
}
