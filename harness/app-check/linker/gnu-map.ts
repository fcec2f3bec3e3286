import type { Address, ByteCount } from '../../units/index.js';
import type { AppSymbol, Region, Role } from '../application.js';
import { namedRole } from '../named-role.js';
import type { LinkerMap, MapSection } from './map-model.js';
import { mapLimits as limits, refuseMap } from './map-model.js';

/** Sections that occupy no memory; a map lists them at address 0. */
const unallocated = /^\.(debug|zdebug|comment|note|stab|ARM\.attributes|gnu\.|gnu_|symtab|strtab|shstrtab|line|llvm)/;

/**
 * Reads a map of GNU ld ("Memory Configuration", output sections and their symbols; GNU ld manual, -Map).
 * @throws HarnessError `linker-map` (usage): cut short, or nothing was linked
 */
export function readGnuMap(text: string, file: string): LinkerMap {
  const memory = text.search(/^Memory Configuration\s*$/m);
  const body = text.search(/^Linker script and memory map\s*$/m);
  if (memory < 0 || body < memory) throw refuseMap(file, 'is no whole map of GNU ld: "Linker script and memory map" is missing');
  const areas = memoryConfiguration(text.slice(memory, body));
  const { sections, symbols } = outputSections(text, body, areas);
  if (sections.length === 0) throw refuseMap(file, 'lists no output section: it was cut short, or nothing was linked');
  // A map does not say which region a section was placed in: where regions overlap, the smallest is the one meant.
  const bySize = [...areas].sort((a, b) => a.size - b.size);
  const regionOf = (address: Address): MemoryRow | undefined => bySize.find(({ base, size }) => address >= base && address < base + size);
  const filled = sections.filter(({ size }) => size > 0).map(({ address, role }) => ({ area: regionOf(address), role }));
  const regions = areas.map((row): Region => ({ name: row.name, base: row.base, size: row.size, roles: [...new Set(filled.filter(({ area }) => area === row).map(({ role }) => role))] }));
  return { file, regions, sections, symbols };
}

interface MemoryRow {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  readonly attributes: string;
}

function memoryConfiguration(text: string): readonly MemoryRow[] {
  const rows = text.matchAll(/^(\S+)[ \t]+0x([0-9a-f]{1,16})[ \t]+0x([0-9a-f]{1,16})(?:[ \t]+([a-z!]+))?[ \t]*$/gim);
  const areas: MemoryRow[] = [];
  for (const [, name, base, size, attributes = ''] of rows) {
    if (name === '*default*' || areas.length >= limits.regions) continue;
    const row = { name: name!, base: Number.parseInt(base!, 16), size: Number.parseInt(size!, 16), attributes: attributes.toLowerCase() };
    if (row.size > 0 && row.base + row.size <= 0x1_0000_0000) areas.push(row);
  }
  return areas;
}

const sectionLine = /^([^\s*(/]\S*)(?:[ \t]+0x([0-9a-f]+)[ \t]+0x([0-9a-f]+)(?:[ \t]+load address 0x([0-9a-f]+))?)?[ \t]*$/;
const continued = /^[ \t]+0x([0-9a-f]+)[ \t]+0x([0-9a-f]+)(?:[ \t]+load address 0x([0-9a-f]+))?[ \t]*$/;
const symbolLine = /^[ \t]{8,}0x([0-9a-f]+)[ \t]+(?:PROVIDE \()?([A-Za-z_.$][\w.$]*)(?:[ \t]*=[ \t]*(.*?))?\)?[ \t]*$/;
/** -ffunction-sections names the static functions too. */
const inputLine = /^ \.text\.([A-Za-z_][\w.$]*)(?:[ \t]+0x([0-9a-f]+))?/;
const number = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number.parseInt(digits, 16));

function outputSections(text: string, from: number, areas: readonly MemoryRow[]): { readonly sections: readonly MapSection[]; readonly symbols: ReadonlyMap<string, AppSymbol> } {
  const sections: MapSection[] = [];
  const symbols = new Map<string, AppSymbol>();
  let pending: string | undefined;
  let pendingInput: string | undefined;
  let current: MapSection | undefined;
  const begin = (name: string, address: Address, size: ByteCount, loadAddress: Address): void => {
    current = undefined;
    if (unallocated.test(name) || address + size > 0x1_0000_0000 || sections.length >= limits.sections) return;
    current = { name, address, size, loadAddress, role: roleOf(name, address, loadAddress, areas) };
    sections.push(current);
  };
  const name = (symbol: string, value: number, kind: AppSymbol['kind']): void => {
    if (symbols.size < limits.symbols && !symbols.has(symbol)) symbols.set(symbol, { name: symbol, value: value >>> 0, size: 0, kind, weak: false });
  };
  for (let at = text.indexOf('\n', from) + 1; at > 0 && at < text.length; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : Math.min(end, at + 1024)).replace(/\r$/, '');
    at = end < 0 ? text.length : end + 1;
    if (line.startsWith('Cross Reference Table')) break;
    const first = line.charCodeAt(0);
    if (first > 32) {
      const [, title, address, size, load] = sectionLine.exec(line) ?? [];
      pending = title !== undefined && address === undefined ? title : undefined;
      if (title !== undefined && address !== undefined) begin(title, number(address)!, number(size)!, number(load) ?? number(address)!);
      continue;
    }
    if (pending !== undefined) {
      const [, address, size, load] = continued.exec(line) ?? [];
      if (address !== undefined) begin(pending, number(address)!, number(size)!, number(load) ?? number(address)!);
      pending = undefined;
      continue;
    }
    const [, input, inputAt] = inputLine.exec(line) ?? [];
    if (input !== undefined || pendingInput !== undefined) {
      const value = number(inputAt ?? continued.exec(line.replace(/(0x[0-9a-f]+[ \t]+0x[0-9a-f]+).*/, '$1'))?.[1]);
      if (value !== undefined && current?.role === 'code') name(input ?? pendingInput!, value, 'function');
      pendingInput = input !== undefined && inputAt === undefined ? input : undefined;
      if (input !== undefined || value !== undefined) continue;
    }
    const [, value, symbol, expression] = symbolLine.exec(line) ?? [];
    if (symbol === undefined || symbol === '.' || line.includes('[!provide]')) continue;
    name(symbol, number(value)!, expression === undefined ? (current?.role === 'code' ? 'function' : 'label') : expression === '.' ? 'label' : 'constant');
  }
  return { sections, symbols };
}

/** A map has no flags: the purpose follows from the name, else from where it lies. */
function roleOf(name: string, address: Address, loadAddress: Address, areas: readonly MemoryRow[]): Role {
  const named = namedRole(name);
  if (named !== undefined) return named;
  if (/^\.?(text|init|fini|ram_?func|itcm_?(text|code)|fast_?code|code)(\.|$)/i.test(name)) return 'code';
  if (/^\.?(rodata|ARM(\.|$)|ARM\.ex(idx|tab)|(pre)?init_array|fini_array|ctors|dtors|eh_frame|constdata|rel)/i.test(name)) return 'constants';
  if (/^\.?(bss|sbss|tbss|noinit|common)|_bss|bss_/i.test(name)) return 'zeroed';
  if (/^\.?(data|sdata|tdata)/i.test(name) || loadAddress !== address) return 'data';
  const area = areas.find(({ base, size }) => address >= base && address < base + size);
  return area !== undefined && !area.attributes.includes('w') ? 'constants' : 'zeroed';
}
