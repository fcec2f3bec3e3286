import type { Address } from '../units/index.js';
import type { Application, Extent, Load } from './application.js';
import { tableAt } from './from-elf.js';
import type { LinkerMap, MapSection } from './linker/map-model.js';
import { watchedCalls } from './register-map.js';
import { scanPieces } from './scan-pieces.js';

/**
 * An application of which the bytes are known: .bin or .hex. Sections, regions and the names of functions come from a linker map.
 * @param pieces bytes by load address; without a map this is the run address too, with the vector table at the lowest
 */
export function applicationFromImage(pieces: readonly { readonly address: Address; readonly bytes: Uint8Array }[], name: string, map?: LinkerMap): Application {
  const loads: readonly Load[] = [...pieces].sort((a, b) => a.address - b.address).map(({ address, bytes }) => ({ address, virtualAddress: address, bytes }));
  const first = loads[0];
  const table = map?.sections.find(({ role, size }) => role === 'vectors' && size >= 8);
  const vectors = table !== undefined ? tableAt(loads, table.address, table.size) : first === undefined ? undefined : tableAt(loads, first.virtualAddress, undefined);
  const common = { form: 'image' as const, name, loads, vectors, stackTop: undefined };
  if (map !== undefined) {
    const functions = [...new Set([...map.symbols.values()].filter(({ kind }) => kind === 'function').map(({ value }) => value))].sort((a, b) => a - b);
    const targets = new Set([...watchedCalls].flatMap((call) => map.symbols.get(call)?.value ?? []));
    const code = map.sections.filter(({ role }) => role === 'code').flatMap((section) => contentOf(section, loads) ?? []);
    const scan = scanPieces(code, functions, targets);
    return { ...common, extents: extentsOf(map, loads), regions: map.regions, symbols: map.symbols, code: scan, hardFloat: scan === undefined ? undefined : scan.floatingPoint.size > 0, named: functions.length > 0 };
  }
  const handlers = [...new Set((vectors?.words ?? []).slice(1).filter((word) => word & 1).map((word) => (word & ~1) >>> 0))].sort((a, b) => a - b);
  return {
    ...common,
    extents: loads.map(({ virtualAddress: base, bytes }) => ({ name: 'image', base, size: bytes.length, role: 'code' as const, start: 'copied' as const, executable: true })),
    regions: [],
    symbols: new Map(),
    code: scanPieces(loads.map(({ virtualAddress, bytes }) => ({ base: virtualAddress, bytes })), handlers, new Set()),
    hardFloat: undefined,
    named: false,
  };
}

/** The bytes of a section that the image holds, by run address. */
function contentOf({ address, size, loadAddress }: MapSection, loads: readonly Load[]): { readonly base: Address; readonly bytes: Uint8Array } | undefined {
  const load = loads.find((each) => loadAddress >= each.address && loadAddress + size <= each.address + each.bytes.length);
  return load === undefined || size === 0 ? undefined : { base: address, bytes: load.bytes.subarray(loadAddress - load.address, loadAddress - load.address + size) };
}

function extentsOf({ sections, symbols }: LinkerMap, loads: readonly Load[]): readonly Extent[] {
  const [from, to] = [symbols.get('__bss_start__') ?? symbols.get('_sbss'), symbols.get('__bss_end__') ?? symbols.get('_ebss')].map((symbol) => symbol?.value);
  return sections
    .map((section): Extent => {
      const { name, address: base, size, role } = section;
      const zeroed = from !== undefined && to !== undefined && base >= from && base + size <= to;
      return { name: `section ${name}`, base, size, role, executable: role === 'code' && size > 0, start: section.start !== undefined ? section.start : zeroed ? 'zeroed' : contentOf(section, loads) !== undefined ? 'copied' : size === 0 ? undefined : 'left' };
    })
    .filter(({ size, role }) => size > 0 || role === 'flag' || role === 'handles');
}
