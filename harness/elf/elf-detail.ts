import type { Address, ByteCount } from '../units/index.js';
import { hex32 } from '../units/index.js';
import { HarnessError } from '../errors/index.js';
import { isElf } from './elf-file.js';

/** One section of a linked file that occupies memory (SHF_ALLOC). */
export interface ElfSection {
  readonly name: string;
  /** Run address, sh_addr. */
  readonly address: Address;
  /** May be 0: an output section that the linker script made and nothing filled. */
  readonly size: ByteCount;
  /** SHF_EXECINSTR, SHF_WRITE. */
  readonly executable: boolean;
  readonly writable: boolean;
  /** Bytes of the file; undefined for SHT_NOBITS. */
  readonly bytes: Uint8Array | undefined;
}

/** One symbol, absolute ones (linker script assignments) included. */
export interface ElfDetailSymbol {
  readonly name: string;
  /** A function's Thumb bit is cleared. */
  readonly value: number;
  readonly size: ByteCount;
  readonly kind: 'function' | 'object' | 'label';
  readonly binding: 'local' | 'global' | 'weak';
  /** SHN_ABS. */
  readonly absolute: boolean;
}

/** How a program header wants bytes loaded; `address` is p_paddr, `virtualAddress` p_vaddr. */
export interface ElfLoad {
  readonly address: Address;
  readonly virtualAddress: Address;
  readonly bytes: Uint8Array;
  readonly memorySize: ByteCount;
}

/** Floating point as the build attributes tell it (Tag_FP_arch, Tag_ABI_VFP_args: "Addenda to, and Errata in, the ABI for the Arm Architecture", IHI 0045). */
export interface FloatingPointBuild {
  /** Whether instructions of the FPU were permitted. */
  readonly instructions: boolean;
  /** Whether floating-point values are passed in its registers (hard-float). */
  readonly registerArguments: boolean;
}

/** All of a linked application that its rules look at. */
export interface ElfDetail {
  readonly entry: Address;
  readonly sections: readonly ElfSection[];
  readonly loads: readonly ElfLoad[];
  readonly symbols: readonly ElfDetailSymbol[];
  /** undefined where the file has no build attributes. */
  readonly floatingPoint: FloatingPointBuild | undefined;
}

const EM_ARM = 40;
const machines: Readonly<Record<number, string>> = { 3: 'x86', 8: 'MIPS', 62: 'x86-64', 94: 'Xtensa', 183: 'AArch64', 243: 'RISC-V' };
const types: Readonly<Record<number, string>> = { 0: 'no type', 1: 'a relocatable object file (.o): link it first', 3: 'a shared object', 4: 'a core dump' };
const limits = { sections: 0xff00, segments: 1024, symbols: 1 << 20, name: 1024 } as const;
const SHT = { symtab: 2, nobits: 8, armAttributes: 0x70000003 } as const;
const SHF = { write: 1, alloc: 2, exec: 4 } as const;

function refuse(what: string): HarnessError {
  return new HarnessError({
    code: 'elf-format',
    kind: 'usage',
    message: `this is not an executable ELF file for Arm: ${what}`,
    nextStep: 'give the linked .elf, .axf or .out file of a 32-bit little-endian Arm application',
  });
}

interface Header {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/**
 * Reads a linked 32-bit little-endian Arm ELF file with its sections, symbols and build attributes (System V ABI, chapter 4; "ELF for the Arm Architecture", IHI 0044).
 * The bytes are views of the file, nothing is copied. A stripped file has no symbols; a damaged section table counts as none.
 * @throws HarnessError `elf-format` (usage): not such a file; it says what it is instead
 */
export function readElfDetail(file: Uint8Array): ElfDetail {
  if (file.length === 0) throw refuse('the file is empty');
  if (!isElf(file)) throw refuse('the magic is missing');
  if (file.length < 52) throw refuse('the file is cut short');
  if (file[4] === 2) {
    const machine = file[18]! | (file[19]! << 8);
    throw refuse(`it is a 64-bit file${machines[machine] === undefined ? '' : ` for ${machines[machine]}`}`);
  }
  if (file[4] !== 1) throw refuse('its class is unknown');
  if (file[5] === 2) throw refuse('it is big-endian, the core of this chip is little-endian');
  if (file[5] !== 1) throw refuse('its byte order is unknown');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const machine = view.getUint16(18, true);
  if (machine !== EM_ARM) throw refuse(`it is for ${machines[machine] ?? `machine ${machine}`}`);
  const type = view.getUint16(16, true);
  if (type !== 2) throw refuse(`it is ${types[type] ?? `of type ${type}`}`);
  const headers = sectionHeaders(view);
  const names = stringTable(file, headers[view.getUint16(50, true)]);
  const sections = headers
    .filter(({ flags, type: kind }) => flags & SHF.alloc || (kind !== SHT.nobits && kind === 1 && flags & SHF.write))
    .map((header): ElfSection => ({
      name: names(header.name),
      address: header.address,
      size: header.size,
      executable: (header.flags & SHF.exec) !== 0,
      writable: (header.flags & SHF.write) !== 0,
      bytes: header.type === SHT.nobits ? undefined : inside(file, header.offset, header.size),
    }));
  return { entry: view.getUint32(24, true), sections, loads: readLoads(file, view, headers), symbols: readAllSymbols(file, view, headers), floatingPoint: floatingPoint(file, headers) };
}

function inside(file: Uint8Array, offset: number, size: number): Uint8Array {
  return file.subarray(Math.min(offset, file.length), Math.min(offset + size, file.length));
}

function sectionHeaders(view: DataView): readonly Header[] {
  const table = view.getUint32(32, true);
  const pitch = view.getUint16(46, true);
  const count = view.getUint16(48, true);
  if (table === 0 || pitch < 40 || count > limits.sections || table + count * pitch > view.byteLength) return [];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * pitch;
    const word = (field: number): number => view.getUint32(at + field, true);
    return { name: word(0), type: word(4), flags: word(8), address: word(12), offset: word(16), size: word(20), link: word(24) };
  });
}

/** Reads names out of a string table; what lies outside reads as ''. */
function stringTable(file: Uint8Array, header: Header | undefined): (offset: number) => string {
  if (header === undefined || header.offset + header.size > file.length) return () => '';
  const text = Buffer.from(file.buffer, file.byteOffset + header.offset, header.size);
  return (offset) => {
    if (offset >= text.length) return '';
    const end = text.indexOf(0, offset);
    return text.toString('latin1', offset, Math.min(end < 0 ? text.length : end, offset + limits.name)).replace(/[^\x20-\x7e]/g, '?');
  };
}

function readLoads(file: Uint8Array, view: DataView, headers: readonly Header[]): readonly ElfLoad[] {
  const table = view.getUint32(28, true);
  const pitch = view.getUint16(42, true);
  const count = view.getUint16(44, true);
  if (count > limits.segments || (count > 0 && pitch < 32)) throw refuse('its program header table is damaged');
  if (table + count * pitch > file.length) throw refuse('its program header table lies outside the file');
  const headersEnd = Math.max(52, table + count * pitch);
  const contents = headers.filter(({ flags, type, size }) => flags & SHF.alloc && type !== SHT.nobits && size > 0);
  const loads: ElfLoad[] = [];
  let total = 0;
  for (let index = 0; index < count; index++) {
    const at = table + index * pitch;
    const word = (field: number): number => view.getUint32(at + field, true);
    if (word(0) !== 1) continue;
    const [offset, virtualAddress, address, fileSize, memorySize] = [word(4), word(8), word(12), word(16), word(20)];
    if (offset + fileSize > file.length) throw refuse(`segment ${index} at ${hex32(address)} lies outside the file: it was cut short`);
    if (memorySize < fileSize || address + memorySize > 0x1_0000_0000) throw refuse(`the sizes of segment ${index} at ${hex32(address)} are impossible`);
    total += fileSize;
    if (total > 2 * file.length) throw refuse('its segments lie over each other in the file');
    // GNU ld lets a segment begin with the file's own headers where they share its page; no section covers those bytes.
    let skipped = 0;
    if (fileSize > 0 && offset < headersEnd) {
      const first = contents.filter((each) => each.offset >= offset && each.offset < offset + fileSize).reduce((least, each) => Math.min(least, each.offset), Infinity);
      skipped = Math.min(fileSize, (first === Infinity ? headersEnd : first) - offset);
    }
    loads.push({ address: address + skipped, virtualAddress: virtualAddress + skipped, bytes: inside(file, offset + skipped, fileSize - skipped), memorySize: memorySize - skipped });
  }
  return loads;
}

function readAllSymbols(file: Uint8Array, view: DataView, headers: readonly Header[]): readonly ElfDetailSymbol[] {
  const symbols: ElfDetailSymbol[] = [];
  // Of all tables together: there is one.
  let entries = 0;
  const kinds = ['label', 'object', 'function'] as const;
  for (const { type, offset, size, link } of headers) {
    if (type !== SHT.symtab || offset + size > file.length) continue;
    const name = stringTable(file, headers[link]);
    const end = offset + Math.min(Math.floor(size / 16), limits.symbols) * 16;
    for (let at = offset; at < end; at += 16) {
      if (++entries > limits.symbols) return symbols;
      const info = file[at + 12]!;
      const kind = kinds[info & 0xf];
      const section = view.getUint16(at + 14, true);
      if (kind === undefined || section === 0) continue;
      const text = name(view.getUint32(at, true));
      // Mapping symbols $t, $a, $d (IHI 0044, 5.5.5) name no place of the program; armlink's Image$$…, Load$$… begin otherwise.
      if (text === '' || /^\$[tadx](\.|$)/.test(text)) continue;
      const value = view.getUint32(at + 4, true);
      symbols.push({
        name: text,
        value: kind === 'function' ? (value & ~1) >>> 0 : value,
        size: view.getUint32(at + 8, true),
        kind,
        binding: info >> 4 === 2 ? 'weak' : info >> 4 === 0 ? 'local' : 'global',
        absolute: section === 0xfff1,
      });
    }
  }
  return symbols;
}

/** Reads Tag_FP_arch (10) and Tag_ABI_VFP_args (28) of the "aeabi" vendor section. */
function floatingPoint(file: Uint8Array, headers: readonly Header[]): FloatingPointBuild | undefined {
  const header = headers.find(({ type }) => type === SHT.armAttributes);
  if (header === undefined) return undefined;
  const bytes = inside(file, header.offset, header.size);
  if (bytes.length < 16 || bytes[0] !== 0x41) return undefined;
  const start = bytes.indexOf(0, 5) + 1;
  if (start < 6 || bytes[start] !== 1) return undefined;
  let at = start + 5;
  let instructions = false;
  let registerArguments = false;
  const uleb = (): number => {
    let value = 0;
    for (let shift = 0; at < bytes.length && shift < 35; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = uleb();
    if (tag === 4 || tag === 5 || tag === 67 || (tag > 32 && tag & 1)) {
      const end = bytes.indexOf(0, at);
      if (end < 0) break;
      at = end + 1;
    } else {
      const value = uleb();
      if (tag === 32) at = Math.max(at, bytes.indexOf(0, at) + 1);
      if (tag === 10) instructions = value !== 0;
      if (tag === 28) registerArguments = value === 1;
    }
  }
  return { instructions, registerArguments };
}
