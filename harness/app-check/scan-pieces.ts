import type { Address } from '../units/index.js';
import { sharedAreas } from './boot-surroundings.js';
import type { CodeScan } from './code-scan-result.js';
import { scanCode } from './code-scan.js';
import { confirmation, systemReset, watchedRanges } from './register-map.js';

const watch = new Set<number>([...systemReset, confirmation.firstWord, sharedAreas.flag.base]);

/**
 * Scans each piece of code, and puts together what they say; undefined where there is none.
 * @param functions where functions begin, ascending · @param targets functions whose arguments matter
 */
export function scanPieces(pieces: readonly { readonly base: Address; readonly bytes: Uint8Array }[], functions: readonly Address[], targets: ReadonlySet<Address>): CodeScan | undefined {
  if (pieces.length === 0) return undefined;
  const scans = pieces.map(({ base, bytes }) => scanCode({ base, bytes, functions, ranges: watchedRanges, watch, targets }));
  if (scans.length === 1) return scans[0];
  return {
    writes: scans.flatMap(({ writes }) => writes),
    calls: scans.flatMap(({ calls }) => calls),
    floatingPoint: new Map(scans.flatMap(({ floatingPoint }) => [...floatingPoint])),
    constants: new Set(scans.flatMap(({ constants }) => [...constants])),
  };
}
