import type { Address } from '../../units/index.js';
import type { AppSymbol, Extent, Region, Role } from '../application.js';
import { namedRole } from '../named-role.js';
import type { LinkerMap } from './map-model.js';
import { mapLimits, mapLines, refuseMap, SectionList, withRoles } from './map-model.js';

const loadRegion = /^\s*Load Region (\S+) \(Base: 0x([0-9a-f]+), Size: 0x([0-9a-f]+), Max: 0x([0-9a-f]+)/i;
/** Arm Compiler 6 tells both addresses, Arm Compiler 5 the one that it runs at. */
const executionRegion = /^\s*Execution Region (\S+) \((?:Exec base|Base): 0x([0-9a-f]+),(?: Load base: 0x([0-9a-f]+),)? Size: 0x([0-9a-f]+), Max: 0x([0-9a-f]+)(.*)/i;
const row = /^\s*0x([0-9a-f]{8})\s+(?:(0x[0-9a-f]{8}|-|COMPRESSED)\s+)?0x([0-9a-f]{8})\s+(Code|Data|Zero)\s+(RO|RW|XO|ZI)\s+\d+\s+(?:\*\s+)?(\S+)/i;
const symbol = /^\s*(\S+)\s+0x([0-9a-f]{8})\s+(?:Ov\s+)?(Thumb Code|ARM Code|Data|Number|Section)\s+(\d+)/i;
const unlimited = 0xffffffff;

const hexOf = (digits: string): number => Number.parseInt(digits.replace(/^0x/i, ''), 16);

/**
 * Reads a map of armlink: "Memory Map of the image" and "Image Symbol Table" (Arm Compiler for Embedded Reference Guide, --map and --symbols). Written from the
 * documentation and from published maps of Arm Compiler 5 and 6; none of an STM32H7RS project was at hand.
 * @throws HarnessError `linker-map` (usage): cut short
 */
export function readArmlinkMap(text: string, file: string): LinkerMap {
  const at = text.search(/^\s*Memory Map of the image\s*$/m);
  if (at < 0) throw refuseMap(file, 'has no "Memory Map of the image": link with --map');
  const regions: Omit<Region, 'roles'>[] = [];
  const list = new SectionList();
  let current: { readonly name: string; readonly shift: number | undefined; readonly left: boolean } | undefined;
  for (const line of mapLines(text, at)) {
    if (/^\s*Image component sizes/.test(line)) break;
    const load = loadRegion.exec(line);
    const execution = load === null ? executionRegion.exec(line) : null;
    if (load !== null) addRegion(regions, load[1]!, hexOf(load[2]!), hexOf(load[3]!), hexOf(load[4]!), true);
    else if (execution !== null) {
      const [, name, base, loadBase, size, most, attributes] = execution;
      addRegion(regions, name!, hexOf(base!), hexOf(size!), hexOf(most!), false);
      current = { name: name!, shift: loadBase === undefined ? undefined : hexOf(loadBase) - hexOf(base!), left: /\bUNINIT\b/.test(attributes!) };
    } else if (current !== undefined) addRow(list, current, row.exec(line));
  }
  if (list.sections.length === 0) throw refuseMap(file, 'lists no section: it was cut short, or nothing was linked');
  return { file, regions: withRoles(regions, list.sections), sections: list.sections, symbols: symbolTable(text, at) };
}

function addRegion(regions: Omit<Region, 'roles'>[], name: string, base: Address, size: number, most: number, load: boolean): void {
  const extent = most === unlimited ? size : most;
  if (extent > 0 && base + extent <= 0x1_0000_0000 && regions.length < mapLimits.regions) regions.push({ name, base, size: extent, ...(load ? { load } : {}) });
}

function addRow(list: SectionList, { name: region, shift, left }: { readonly name: string; readonly shift: number | undefined; readonly left: boolean }, match: RegExpExecArray | null): void {
  if (match === null) return;
  const [, base, load, size, type, attribute, section] = match;
  const address = hexOf(base!);
  const role = roleOf(section!, type!.toLowerCase(), attribute!.toUpperCase());
  const zero = type!.toLowerCase() === 'zero';
  const start: Extent['start'] = role === 'stack' || role === 'heap' || (zero && left) ? 'left' : zero ? 'zeroed' : 'copied';
  const compressed = load !== undefined && !load.startsWith('0x');
  const loadAddress = zero || compressed ? undefined : load !== undefined ? hexOf(load) : shift !== undefined ? address + shift : attribute!.toUpperCase() === 'RW' ? undefined : address;
  list.add(region, section!, address, hexOf(size!), role, start, loadAddress);
}

function roleOf(section: string, type: string, attribute: string): Role {
  const named = namedRole(section.replace(/^\.bss\.|^\.data\./, '.'));
  if (named !== undefined) return named;
  if (type === 'zero') return 'zeroed';
  if (type === 'code') return 'code';
  return attribute === 'RO' ? 'constants' : 'data';
}

function symbolTable(text: string, before: number): ReadonlyMap<string, AppSymbol> {
  const symbols = new Map<string, AppSymbol>();
  const from = text.search(/^\s*Image Symbol Table\s*$/m);
  if (from < 0 || from > before) return symbols;
  for (const line of mapLines(text.slice(from, before))) {
    const [, name, value, type, size] = symbol.exec(line) ?? [];
    if (name === undefined || type === 'Section' || symbols.has(name) || symbols.size >= mapLimits.symbols) continue;
    const code = /Code$/i.test(type!);
    symbols.set(name, { name, value: code ? (hexOf(value!) & ~1) >>> 0 : hexOf(value!), size: Number(size), kind: code ? 'function' : type === 'Number' ? 'constant' : 'label', weak: false });
  }
  return symbols;
}
