import type { Address } from '../units/index.js';
import type { Application, Load } from './application.js';
import { tableAt } from './from-elf.js';
import { scanPieces } from './scan-pieces.js';

/**
 * An application of which only the bytes are known: .bin or .hex. What a linker map says can be put beside it.
 * @param pieces bytes by run address, the vector table at the lowest
 */
export function applicationFromImage(pieces: readonly { readonly address: Address; readonly bytes: Uint8Array }[], name: string): Application {
  const loads: readonly Load[] = [...pieces].sort((a, b) => a.address - b.address).map(({ address, bytes }) => ({ address, virtualAddress: address, bytes }));
  const first = loads[0];
  const vectors = first === undefined ? undefined : tableAt(loads, first.virtualAddress, undefined);
  const handlers = [...new Set((vectors?.words ?? []).slice(1).filter((word) => word & 1).map((word) => (word & ~1) >>> 0))].sort((a, b) => a - b);
  return {
    form: 'image',
    name,
    extents: loads.map(({ virtualAddress: base, bytes }) => ({ name: 'image', base, size: bytes.length, role: 'code' as const, start: 'copied' as const, executable: true })),
    regions: [],
    loads,
    symbols: new Map(),
    vectors,
    stackTop: undefined,
    code: scanPieces(loads.map(({ virtualAddress, bytes }) => ({ base: virtualAddress, bytes })), handlers, new Set()),
    hardFloat: undefined,
    named: false,
  };
}
