import type { Address, ByteCount } from '../units/index.js';

/** A function or object of the program. */
export interface ElfSymbol {
  readonly name: string;
  /** Where it begins; a function's Thumb bit is cleared. */
  readonly address: Address;
  /** 0 where the file does not say (assembler labels). */
  readonly size: ByteCount;
  readonly kind: 'function' | 'object' | 'label';
}

/** A place in the program as people write it. */
export interface SymbolPlace {
  readonly symbol: ElfSymbol;
  readonly offset: ByteCount;
}

const SHT_SYMTAB = 2;
const SECTION_HEADER_SIZE = 40;
const SYMBOL_SIZE = 16;
const MAX_SECTIONS = 0xff00;
const MAX_SYMBOLS = 1 << 20;
const MAX_NAME = 512;
/** Symbol types STT_NOTYPE, STT_OBJECT, STT_FUNC. */
const kinds = ['label', 'object', 'function'] as const;
const SHN_ABS = 0xfff1;
/** A label without a size names at most so much behind it. */
const labelReach = 0x1000;

/** The symbols of a program by address. */
export class SymbolTable {
  readonly #sorted: readonly ElfSymbol[];
  readonly #byName = new Map<string, ElfSymbol>();

  constructor(symbols: readonly ElfSymbol[]) {
    this.#sorted = [...symbols].sort((a, b) => a.address - b.address || a.size - b.size);
    for (const symbol of this.#sorted) this.#byName.set(symbol.name, symbol);
  }

  get count(): number {
    return this.#sorted.length;
  }

  named(name: string): ElfSymbol | undefined {
    return this.#byName.get(name);
  }

  /** The symbol that holds an address: one with a size before a label; undefined where none does. */
  at(address: Address): SymbolPlace | undefined {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    let label: ElfSymbol | undefined;
    for (let index = low - 1; index >= 0 && index >= low - 64; index -= 1) {
      const symbol = this.#sorted[index]!;
      const offset = address - symbol.address;
      if (symbol.size > 0) {
        if (offset < symbol.size) return { symbol, offset };
        // What lies behind a sized symbol does not belong to a label before it.
        break;
      }
      if (offset < labelReach) label ??= symbol;
    }
    return label === undefined ? undefined : { symbol: label, offset: address - label.address };
  }
}

/** `main+0x12`, `main`. */
export function placeName({ symbol, offset }: SymbolPlace): string {
  return offset === 0 ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
}

/**
 * Reads the symbol table (.symtab) of a 32-bit little-endian ELF file (System V ABI, chapter 4; mapping symbols: IHI 0044, 5.5.5).
 * A file without one, or with a damaged one, has no symbols: a report then shows addresses only.
 */
export function readSymbols(bytes: Uint8Array): SymbolTable {
  const symbols: ElfSymbol[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headers = sectionHeaders(view);
  for (const { type, offset, size, link } of headers) {
    const strings = headers[link];
    if (type !== SHT_SYMTAB || strings === undefined || offset + size > bytes.length || strings.offset + strings.size > bytes.length) continue;
    const count = Math.min(Math.floor(size / SYMBOL_SIZE), MAX_SYMBOLS);
    for (let at = offset; at < offset + count * SYMBOL_SIZE; at += SYMBOL_SIZE) {
      const kind = kinds[view.getUint8(at + 12) & 0xf];
      const section = view.getUint16(at + 14, true);
      if (kind === undefined || section === 0 || section === SHN_ABS) continue;
      const name = text(bytes, strings.offset + view.getUint32(at, true), strings.offset + strings.size);
      if (name === '' || name.startsWith('$')) continue;
      const value = view.getUint32(at + 4, true);
      symbols.push({ name, kind, size: view.getUint32(at + 8, true), address: kind === 'function' ? (value & ~1) >>> 0 : value });
    }
  }
  return new SymbolTable(symbols);
}

interface SectionHeader {
  readonly type: number;
  readonly offset: number;
  readonly size: ByteCount;
  readonly link: number;
}

function sectionHeaders(view: DataView): SectionHeader[] {
  if (view.byteLength < 52) return [];
  const table = view.getUint32(32, true);
  const entrySize = view.getUint16(46, true);
  const count = view.getUint16(48, true);
  if (table === 0 || entrySize < SECTION_HEADER_SIZE || count > MAX_SECTIONS || table + count * entrySize > view.byteLength) return [];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * entrySize;
    return { type: view.getUint32(at + 4, true), offset: view.getUint32(at + 16, true), size: view.getUint32(at + 20, true), link: view.getUint32(at + 24, true) };
  });
}

/** A zero-terminated name, printable ASCII. */
function text(bytes: Uint8Array, from: number, limit: number): string {
  let name = '';
  for (let at = from; at < limit && bytes[at] !== 0 && name.length < MAX_NAME; at += 1) {
    const code = bytes[at]!;
    name += code > 0x20 && code < 0x7f ? String.fromCharCode(code) : '?';
  }
  return name;
}
