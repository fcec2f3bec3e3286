import type { Address, ByteCount } from '../../units/index.js';
import type { Extent, Role } from '../application.js';

/** A symbol that a script defines; value undefined where it cannot be evaluated. */
export interface ScriptSymbol {
  readonly name: string;
  readonly value: number | undefined;
  readonly line: number;
}

export interface ScriptRegion {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  readonly line: number;
  /** armlink: a load region, which holds execution regions. */
  readonly load?: boolean;
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
  /** What could not be evaluated or was not followed. */
  readonly notes: readonly string[];
}

/** Gives the text of a file that a script includes, by the name it gives; undefined where there is none. */
export type ReadInclude = (name: string) => string | undefined;
