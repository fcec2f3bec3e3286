import type { ElfDetail, ElfSection } from '../elf/index.js';
import { readElfDetail } from '../elf/index.js';
import type { Address, ByteCount } from '../units/index.js';
import type { Application, AppSymbol, Extent, Load, Region, Role } from './application.js';
import { readAt } from './application.js';
import { sharedAreas } from './boot-surroundings.js';
import type { CodeScan } from './code-scan-result.js';
import { isVectorSection, namedRole } from './named-role.js';
import { watchedCalls } from './register-map.js';
import { scanPieces } from './scan-pieces.js';

/** Names of vector tables in ST's, Arm's and IAR's startup files. */
const vectorSymbols = ['g_pfnVectors', '__Vectors', '__vector_table', '__isr_vector', '_vectors', 'vector_table', '__vectors'] as const;
const mostVectors = 16 + 240;
/** Bytes of code that are followed, all sections together. */
const mostCode = 32 << 20;

/**
 * An application as its ELF file tells it.
 * @param regions what a linker map or script adds; a section of a region takes no part in it otherwise
 * @throws HarnessError `elf-format` (usage)
 */
export function applicationFromElf(file: Uint8Array, name: string, regions: readonly Region[] = []): Application {
  const elf = readElfDetail(file);
  const loads = elf.loads.filter(({ bytes }) => bytes.length > 0);
  const symbols = symbolBook(elf);
  const code = scanElf(elf);
  return {
    form: 'elf',
    name,
    extents: extentsOf(elf, symbols),
    regions: [...regions, ...regionsOfSymbols(symbols, regions)],
    loads,
    symbols,
    vectors: vectorTable(elf, symbols, loads),
    stackTop: undefined,
    code,
    hardFloat: elf.floatingPoint === undefined ? (code === undefined ? undefined : code.floatingPoint.size > 0) : elf.floatingPoint.registerArguments || (code?.floatingPoint.size ?? 0) > 0,
    named: elf.symbols.some(({ kind }) => kind === 'function'),
  };
}

function symbolBook(elf: ElfDetail): ReadonlyMap<string, AppSymbol> {
  const book = new Map<string, AppSymbol>();
  for (const { name, value, size, kind, binding, absolute } of elf.symbols) {
    const known = book.get(name);
    // A global one stands before locals of the same name.
    if (known !== undefined && binding === 'local') continue;
    book.set(name, { name, value, size, kind: absolute ? 'constant' : kind, weak: binding === 'weak' });
  }
  return book;
}

function extentsOf(elf: ElfDetail, symbols: ReadonlyMap<string, AppSymbol>): readonly Extent[] {
  const bss = [symbols.get('__bss_start__') ?? symbols.get('_sbss'), symbols.get('__bss_end__') ?? symbols.get('_ebss')].map((symbol) => symbol?.value);
  const loadable = (section: ElfSection): boolean => section.bytes !== undefined && section.size > 0;
  return elf.sections
    .map((section): Extent => {
      const { name, address: base, size, executable } = section;
      const [from, to] = bss;
      const zeroed = from !== undefined && to !== undefined && base >= from && base + size <= to;
      return { name: `section ${name}`, base, size, role: roleOf(section), executable: executable && size > 0, start: loadable(section) ? 'copied' : zeroed ? 'zeroed' : size === 0 ? undefined : 'left' };
    })
    .filter(({ size, role }) => size > 0 || role === 'flag' || role === 'handles');
}

const inside = ({ address, size }: ElfSection, area: { readonly base: Address; readonly size: ByteCount }): boolean => size > 0 && address >= area.base && address + size <= area.base + area.size;

function roleOf(section: ElfSection): Role {
  const named = namedRole(section.name);
  if (named !== undefined) return named;
  if (inside(section, sharedAreas.handles)) return 'handles';
  if (inside(section, sharedAreas.flag)) return 'flag';
  if (section.bytes === undefined || section.size === 0) return 'zeroed';
  if (section.writable) return 'data';
  return section.executable ? 'code' : 'constants';
}

function vectorTable(elf: ElfDetail, symbols: ReadonlyMap<string, AppSymbol>, loads: readonly Load[]): Application['vectors'] {
  const symbol = vectorSymbols.map((name) => symbols.get(name)).find((found) => found !== undefined && found.kind !== 'constant');
  const section = elf.sections.find(({ name, bytes, size }) => isVectorSection(name) && bytes !== undefined && size >= 8);
  const lowest = loads.reduce<Load | undefined>((least, load) => (least === undefined || load.address < least.address ? load : least), undefined);
  const address = symbol?.value ?? section?.address ?? lowest?.virtualAddress;
  if (address === undefined) return undefined;
  const size = symbol?.size || (section !== undefined && section.address === address ? section.size : 0) || undefined;
  return tableAt(loads, address, size);
}

/** Reads a vector table; without a size it ends at the first word that is neither 0 nor an odd address. */
export function tableAt(loads: readonly Load[], address: Address, size: ByteCount | undefined): Application['vectors'] {
  const words: number[] = [];
  const count = Math.min(mostVectors, size === undefined ? mostVectors : Math.floor(size / 4));
  for (let index = 0; index < count; index++) {
    const bytes = readAt({ loads }, address + index * 4, 4);
    if (bytes === undefined) break;
    const word = (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
    if (size === undefined && index > 1 && word !== 0 && !(word & 1)) break;
    words.push(word);
  }
  return words.length < 2 ? undefined : { address, words };
}

/** `__EXTRAM_BEGIN` with `__EXTRAM_SIZE`, as ST's linker scripts name regions of their own. */
function regionsOfSymbols(symbols: ReadonlyMap<string, AppSymbol>, known: readonly Region[]): readonly Region[] {
  const found: Region[] = [];
  for (const { name, value, kind } of symbols.values()) {
    const stem = /^__(\w*EXT_?RAM\w*)_(BEGIN|START)$/i.exec(name);
    const size = stem === null ? undefined : symbols.get(`__${stem[1]!}_SIZE`);
    if (stem === null || size === undefined || kind !== 'constant') continue;
    if (!known.some((region) => region.base === value && region.size === size.value)) found.push({ name: stem[1]!, base: value, size: size.value, roles: [] });
  }
  return found;
}

function scanElf(elf: ElfDetail): CodeScan | undefined {
  let scanned = 0;
  // No slot is as large: more code than that is a file made to keep us busy.
  const pieces = elf.sections.filter(({ executable, bytes, size }) => executable && bytes !== undefined && size > 0 && (scanned += bytes.length) <= mostCode);
  if (pieces.length === 0) return undefined;
  const functions = [...new Set(elf.symbols.filter(({ kind, absolute }) => kind === 'function' && !absolute).map(({ value }) => value))].sort((a, b) => a - b);
  const targets = new Set(elf.symbols.filter(({ name, kind }) => kind === 'function' && watchedCalls.has(name)).map(({ value }) => value));
  return scanPieces(pieces.map(({ address, bytes }) => ({ base: address, bytes: bytes! })), functions, targets);
}
