import type { AppSymbol, Extent, Region, Role } from '../application.js';
import { namedRole } from '../named-role.js';
import type { LinkerMap } from './map-model.js';
import { mapLimits, mapLines, refuseMap, SectionList, withRoles } from './map-model.js';

/** `0x7000'0400` */
const number = String.raw`0x[0-9a-f']+`;
const placement = new RegExp(String.raw`^"([^"]+)":\s+place (?:at address (?:mem:)?(${number})|(?:in|at (?:start|end) of) (\[.*))`, 'i');
const range = new RegExp(String.raw`\[from (${number}) (to|size) (${number})\]`, 'gi');
const heading = /^"([^"]+)"(?:, part \d+ of \d+)?:/;
const row = new RegExp(String.raw`^\s+(Initializer bytes|\S+)\s+(?:(ro code|rw code|const|ro data|inited|zero|uninit|rw data)\s+)?(${number})\s+(${number})\s+(.*)$`, 'i');
const entry = new RegExp(String.raw`^(\S*)\s+(${number})(?:\s+(${number}))?\s+(Code|Data|--)\s+(Gb|Lc|Wk)?`, 'i');
const value = (text: string): number => Number.parseInt(text.replace(/'/g, '').slice(2), 16);

const kinds: Readonly<Record<string, readonly [Role, Extent['start']]>> = { 'ro code': ['code', 'copied'], 'rw code': ['code', 'copied'], const: ['constants', 'copied'], 'ro data': ['constants', 'copied'], inited: ['data', 'copied'], 'rw data': ['data', 'copied'], zero: ['zeroed', 'zeroed'], uninit: ['zeroed', 'left'] };

/**
 * Reads a map of ILINK: "PLACEMENT SUMMARY" with the sections below it, and "ENTRY LIST" (IAR C/C++ Development Guide, "The linker map file"). Written from the
 * documentation and from published maps of versions 8 and 9; none of an STM32H7RS project was at hand.
 * @throws HarnessError `linker-map` (usage): cut short
 */
export function readIlinkMap(text: string, file: string): LinkerMap {
  const at = text.search(/^\*\*\* PLACEMENT SUMMARY/m);
  if (at < 0) throw refuseMap(file, 'has no "PLACEMENT SUMMARY"');
  const regions: Omit<Region, 'roles'>[] = [];
  const list = new SectionList();
  let region: string | undefined;
  let pending = '';
  for (const line of mapLines(text, at)) {
    if (/^\*\*\* (?!PLACEMENT SUMMARY|$)/.test(line)) break;
    // A directive may go on over several lines; it ends with its semicolon.
    if (pending !== '' || /^"[^"]+":\s+place /.test(line)) {
      pending += pending === '' ? line : ` ${line.trim()}`;
      if (!line.trimEnd().endsWith(';') && pending.length < mapLimits.line) continue;
      addRegions(regions, pending);
      pending = '';
      continue;
    }
    const named = heading.exec(line)?.[1];
    if (named !== undefined) region = named;
    else if (region !== undefined) addRow(list, region, row.exec(line));
  }
  if (list.sections.length === 0) throw refuseMap(file, 'lists no section: it was cut short, or nothing was linked');
  return { file, regions: withRoles(regions, list.sections), sections: list.sections, symbols: entryList(text) };
}

function addRegions(regions: Omit<Region, 'roles'>[], directive: string): void {
  const [, name, , ranges] = placement.exec(directive) ?? [];
  if (name === undefined || ranges === undefined) return;
  for (const [, from, word, second] of ranges.matchAll(range)) {
    const base = value(from!);
    const size = word === 'size' ? value(second!) : value(second!) - base + 1;
    if (size > 0 && base + size <= 0x1_0000_0000 && regions.length < mapLimits.regions) regions.push({ name, base, size });
  }
}

function addRow(list: SectionList, region: string, match: RegExpExecArray | null): void {
  if (match === null) return;
  const [, section, kind, address, size, object] = match;
  // A block or initialiser around others has no kind: what lies in it is listed below it, an empty one as `<Block tail>`.
  if (kind === undefined || section === '-') return;
  const [usual, begins] = kinds[kind.toLowerCase()]!;
  const role = namedRole(section!) ?? usual;
  const start = role === 'stack' || role === 'heap' ? 'left' : begins;
  const inPlace = usual === 'code' || usual === 'constants';
  list.add(region, section!, value(address!), value(size!), role, start, inPlace && !/<Init block>/.test(object!) ? value(address!) : undefined);
}

function entryList(text: string): ReadonlyMap<string, AppSymbol> {
  const symbols = new Map<string, AppSymbol>();
  const at = text.search(/^\*\*\* ENTRY LIST/m);
  if (at < 0) return symbols;
  let long = '';
  for (const line of mapLines(text, at + 1)) {
    if (/^\[\d+\] = |^\*\*\* /.test(line)) break;
    const match = entry.exec(line);
    if (match === null) {
      // A long name stands on a line of its own.
      long = /^\S+$/.test(line) ? line : '';
      continue;
    }
    const name = match[1] === '' ? long : match[1]!;
    long = '';
    if (name === '' || symbols.has(name) || symbols.size >= mapLimits.symbols) continue;
    const code = match[4]!.toLowerCase() === 'code';
    symbols.set(name, { name, value: code ? (value(match[2]!) & ~1) >>> 0 : value(match[2]!), size: match[3] === undefined ? 0 : value(match[3]), kind: code ? 'function' : match[4] === '--' ? 'constant' : 'object', weak: match[5]?.toLowerCase() === 'wk' });
  }
  return symbols;
}
