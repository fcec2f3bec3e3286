import type { Application, AppSymbol, Extent, Role } from '../application.js';
import type { CodeScan, DirectCall, RegisterWrite } from '../code-scan-result.js';

/** A piece of memory; code is executable. */
export function extent(name: string, base: number, size: number, role: Role, start: Extent['start'] = 'left'): Extent {
  return { name: `section ${name}`, base, size, role, start, executable: role === 'code' };
}

export function symbols(values: Readonly<Record<string, number>>): ReadonlyMap<string, AppSymbol> {
  return new Map(Object.entries(values).map(([name, value]) => [name, { name, value, size: 0, kind: 'constant' as const, weak: false }]));
}

/** What a scan found. */
export function code(found: { readonly writes?: readonly Partial<RegisterWrite>[]; readonly calls?: readonly Partial<DirectCall>[]; readonly floatingPoint?: number; readonly constants?: readonly number[] }): CodeScan {
  const [pc, within] = [0x70000600, 0x70000600];
  return {
    writes: (found.writes ?? []).map((write) => ({ pc, within, address: 0, value: undefined, ...write })),
    calls: (found.calls ?? []).map((call) => ({ pc, within, target: 0, args: [], record: undefined, shared: false, ...call })),
    floatingPoint: new Map(found.floatingPoint === undefined ? [] : [[within, found.floatingPoint]]),
    constants: new Set(found.constants),
  };
}

/** The bytes of a record by offset, little-endian words. */
export function record(words: Readonly<Record<number, number>>): ReadonlyMap<number, number> {
  return new Map(Object.entries(words).flatMap(([offset, value]) => [0, 1, 2, 3].map((index): [number, number] => [Number(offset) + index, (value >>> (8 * index)) & 0xff])));
}

const reset = 0x70000501;
const ownHandler = 0x70000601;
const defaultHandler = 0x70000701;

/** A table of 64 vectors at 0x70000400; `change` sets words by index. */
export function vectors(change: Readonly<Record<number, number>> = {}, address = 0x70000400): NonNullable<Application['vectors']> {
  return { address, words: Array.from({ length: 64 }, (_, index) => change[index] ?? [0x24010000, reset][index] ?? (index === 25 ? ownHandler : defaultHandler)) };
}

export const extents: readonly Extent[] = [
  extent('.isr_vector', 0x70000400, 0x100, 'vectors', 'copied'),
  extent('.text', 0x70000500, 0x1000, 'code', 'copied'),
  extent('.data', 0x24000000, 0x100, 'data', 'copied'),
  extent('.flag', 0x30007fa0, 0x20, 'flag'),
  extent('.ramecchandlenoinit', 0x30007fc0, 0x40, 'handles'),
];

/** Bytes loaded where they run. */
export const load = (address: number, size: number): Application['loads'][number] => ({ address, virtualAddress: address, bytes: new Uint8Array(size) });

/** An application for OEMiRoT, overwrite, external RAM on the STM32H7S78-DK, at which no rule takes offence. */
export function application(change: Partial<Application> = {}): Application {
  return { form: 'elf', name: 'app.elf', extents, regions: [], loads: [load(0x70000400, 0x1100)], symbols: new Map(), vectors: vectors(), stackTop: undefined, code: undefined, hardFloat: false, named: false, ...change };
}
