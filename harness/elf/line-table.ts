/**
 * Source lines from .debug_line, DWARF 2 to 5 (DWARF 5, chapter 6.2). No library on npm reads it: @vscode/dwarf-debugging wraps LLVM for WebAssembly's debuggers only.
 * The file may be anybody's: everything is bounded by the section, and a unit that makes no sense is left out.
 */
import type { Address } from '../units/index.js';

/** A place in the sources. */
export interface SourceLine {
  /** As the compiler was given it, without `.` parts; relative where the compiler was called with a relative path. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

interface Row {
  readonly address: Address;
  readonly file: number;
  readonly line: number;
  readonly end: boolean;
}

const mostRows = 1 << 21;
const mostFiles = 1 << 16;
const longestName = 1024;
const standardLengths = [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
/** DW_FORM codes that file tables use. */
const form = { string: 0x08, data1: 0x0b, data2: 0x05, data4: 0x06, data8: 0x07, data16: 0x1e, udata: 0x0f, block: 0x09, line_strp: 0x1f, strp: 0x0e } as const;
const content = { path: 1, directory: 2 } as const;

class DamagedUnit extends Error {}

/** A walk through bytes that never leaves its limit. */
class Cursor {
  constructor(
    private readonly view: DataView,
    public at: number,
    readonly limit: number,
  ) {}

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  i8(): number {
    return this.view.getInt8(this.take(1));
  }

  take(count: number): number {
    const from = this.at;
    if (count < 0 || from + count > this.limit) throw new DamagedUnit();
    this.at += count;
    return from;
  }

  uleb(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.u8();
      if (shift < 49) value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new DamagedUnit();
  }

  sleb(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.u8();
      if (shift < 49) value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return (byte & 0x40) !== 0 && shift < 49 ? value - 2 ** (shift + 7) : value;
    }
    throw new DamagedUnit();
  }

  text(): string {
    let text = '';
    for (let byte = this.u8(); byte !== 0; byte = this.u8()) if (text.length < longestName) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
    return text;
  }
}

/** Source lines of a program by address. */
export class LineTable {
  readonly #rows: readonly (Row & { readonly files: readonly string[] })[];

  constructor(rows: readonly (Row & { readonly files: readonly string[] })[]) {
    this.#rows = rows;
  }

  get count(): number {
    return this.#rows.length;
  }

  /** The line of an instruction; undefined where the program has no lines, or none for it. */
  at(address: Address): SourceLine | undefined {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    const row = this.#rows[low - 1];
    const file = row?.files[row.file];
    return row === undefined || row.end || row.line === 0 || file === undefined ? undefined : { file, line: row.line };
  }
}

/** `main.c:42`, with the last folder of its path. */
export function lineName({ file, line }: SourceLine): string {
  return `${file.split('/').slice(-2).join('/')}:${String(line)}`;
}

/** Reads the line table of a 32-bit little-endian ELF file; empty where it has none. */
export function readLines(bytes: Uint8Array): LineTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sections = debugSections(view);
  const lines = sections.get('.debug_line');
  const sequences: (Row & { readonly files: readonly string[] })[][] = [];
  let left = mostRows;
  if (lines !== undefined) {
    for (let at = lines.from; at + 10 <= lines.to && left > 0; ) {
      const length = view.getUint32(at, true);
      const end = at + 4 + length;
      // 64-bit DWARF (0xffffffff) is nothing that a compiler for this core writes.
      if (length < 6 || end > lines.to) break;
      try {
        for (const sequence of unit(new Cursor(view, at + 4, end), view, sections, left)) {
          sequences.push(sequence);
          left -= sequence.length;
        }
      } catch (error) {
        if (!(error instanceof DamagedUnit)) throw error;
      }
      at = end;
    }
  }
  // Sequences do not overlap in a linked program; discarded sections stand at 0 with the code that is really there, or alone.
  const rows = sequences.sort((a, b) => a[0]!.address - b[0]!.address).flat();
  return new LineTable(rows.every((row, i) => i === 0 || row.address >= rows[i - 1]!.address) ? rows : rows.sort((a, b) => a.address - b.address));
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function debugSections(view: DataView): Map<string, Range> {
  const found = new Map<string, Range>();
  if (view.byteLength < 52) return found;
  const table = view.getUint32(32, true);
  const entry = view.getUint16(46, true);
  const count = view.getUint16(48, true);
  const names = view.getUint16(50, true);
  if (table === 0 || entry < 40 || names >= count || table + count * entry > view.byteLength) return found;
  const range = (index: number): Range => {
    const at = table + index * entry;
    const from = view.getUint32(at + 16, true);
    return { from, to: from + view.getUint32(at + 20, true) };
  };
  const strings = range(names);
  if (strings.to > view.byteLength) return found;
  for (let index = 0; index < count; index += 1) {
    const nameAt = strings.from + view.getUint32(table + index * entry, true);
    const where = range(index);
    if (nameAt >= strings.to || where.to > view.byteLength) continue;
    try {
      const name = new Cursor(view, nameAt, strings.to).text();
      if (name.startsWith('.debug_')) found.set(name, where);
    } catch (error) {
      if (!(error instanceof DamagedUnit)) throw error;
    }
  }
  return found;
}

/** One unit's header and program. Throws DamagedUnit. */
function* unit(cursor: Cursor, view: DataView, sections: ReadonlyMap<string, Range>, left: number): Generator<(Row & { readonly files: readonly string[] })[]> {
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new DamagedUnit();
  if (version === 5 && (cursor.u8() !== 4 || cursor.u8() !== 0)) throw new DamagedUnit();
  const programAt = cursor.u32() + cursor.at;
  const unitBytes = cursor.u8();
  if (version >= 4) cursor.u8();
  cursor.u8(); // default_is_stmt
  const lineBase = cursor.i8();
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  if (lineRange === 0 || opcodeBase === 0) throw new DamagedUnit();
  const lengths = [0, ...Array.from({ length: opcodeBase - 1 }, () => cursor.u8())];
  const files = version === 5 ? filesOf5(cursor, view, sections) : filesOf4(cursor);
  if (programAt > cursor.limit) throw new DamagedUnit();
  cursor.at = programAt;

  let [address, file, line] = [0, 1, 1];
  let rows: (Row & { readonly files: readonly string[] })[] = [];
  let count = 0;
  const emit = (end: boolean): void => {
    count += 1;
    if (count > left) throw new DamagedUnit();
    rows.push({ address: address >>> 0, file, line, end, files });
  };
  while (cursor.at < cursor.limit) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * unitBytes;
      line += lineBase + (adjusted % lineRange);
      emit(false);
      continue;
    }
    switch (opcode) {
      case 0: {
        const size = cursor.uleb();
        const from = cursor.take(size);
        const extended = new Cursor(view, from, from + size);
        const code = extended.u8();
        if (code === 1) {
          emit(true);
          const sequence = rows;
          rows = [];
          [address, file, line] = [0, 1, 1];
          // Address 0 is where a discarded section's lines stand.
          if (sequence.every((row, i) => i === 0 || row.address >= sequence[i - 1]!.address)) yield sequence;
        } else if (code === 2 && size >= 5) address = extended.u32();
        break;
      }
      case 1:
        emit(false);
        break;
      case 2:
        address += cursor.uleb() * unitBytes;
        break;
      case 3:
        line += cursor.sleb();
        break;
      case 4:
        file = cursor.uleb();
        break;
      case 8:
        address += Math.floor((255 - opcodeBase) / lineRange) * unitBytes;
        break;
      case 9:
        address += cursor.u16();
        break;
      default:
        for (let operand = 0; operand < (lengths[opcode] ?? standardLengths[opcode] ?? 0); operand += 1) cursor.uleb();
    }
  }
}

function joined(folder: string | undefined, name: string): string {
  const path = folder === undefined || folder === '' || name.startsWith('/') || /^[A-Za-z]:/.test(name) ? name : `${folder}/${name}`;
  return path.replaceAll('\\', '/').replace(/(^|\/)\.\//g, '$1');
}

/** DWARF 2 to 4: folders and files count from 1. */
function filesOf4(cursor: Cursor): readonly string[] {
  const folders = [''];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) {
    folders.push(name);
    if (folders.length > mostFiles) throw new DamagedUnit();
  }
  const files = [''];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) {
    files.push(joined(folders[cursor.uleb()], name));
    cursor.uleb();
    cursor.uleb();
    if (files.length > mostFiles) throw new DamagedUnit();
  }
  return files;
}

/** DWARF 5: both described by formats, and counted from 0. */
function filesOf5(cursor: Cursor, view: DataView, sections: ReadonlyMap<string, Range>): readonly string[] {
  const entries = (): { path: string; directory: number }[] => {
    const formats = Array.from({ length: cursor.u8() }, () => [cursor.uleb(), cursor.uleb()] as const);
    const count = cursor.uleb();
    if (count > mostFiles || (formats.length === 0 && count > 0)) throw new DamagedUnit();
    return Array.from({ length: count }, () => {
      const entry = { path: '', directory: 0 };
      for (const [kind, shape] of formats) {
        const value = formValue(cursor, shape, view, sections);
        if (kind === content.path && typeof value === 'string') entry.path = value;
        if (kind === content.directory && typeof value === 'number') entry.directory = value;
      }
      return entry;
    });
  };
  const folders = entries().map(({ path }) => path);
  return entries().map(({ path, directory }) => joined(directory === 0 ? undefined : folders[directory], path));
}

function formValue(cursor: Cursor, shape: number, view: DataView, sections: ReadonlyMap<string, Range>): string | number | undefined {
  switch (shape) {
    case form.string:
      return cursor.text();
    case form.line_strp:
    case form.strp: {
      const strings = sections.get(shape === form.strp ? '.debug_str' : '.debug_line_str');
      const at = (strings?.from ?? 0) + cursor.u32();
      if (strings === undefined || at >= strings.to) throw new DamagedUnit();
      return new Cursor(view, at, strings.to).text();
    }
    case form.data1:
      return cursor.u8();
    case form.data2:
      return cursor.u16();
    case form.data4:
      return cursor.u32();
    case form.udata:
      return cursor.uleb();
    case form.data8:
      cursor.take(8);
      return undefined;
    case form.data16:
      cursor.take(16);
      return undefined;
    case form.block:
      cursor.take(cursor.uleb());
      return undefined;
    default:
      throw new DamagedUnit();
  }
}
