import type { Address, ByteCount } from '../units/index.js';
import { hex32 } from '../units/index.js';
import { HarnessError } from '../errors/index.js';

/** What a program header of type PT_LOAD asks to be loaded. */
export interface ElfSegment {
  /** Load address (p_paddr): where the bytes lie in the image. */
  readonly address: Address;
  /** Run address (p_vaddr). */
  readonly virtualAddress: Address;
  /** The bytes of the file; empty for a segment that is only zeroed (.bss). */
  readonly bytes: Uint8Array;
  /** Size in memory, ≥ bytes.length; what the file does not give is zero. */
  readonly memorySize: ByteCount;
}

export interface ElfFile {
  readonly entry: Address;
  /** In the order of the program headers. */
  readonly segments: readonly ElfSegment[];
}

const EM_ARM = 40;
const ET_EXEC = 2;
const PT_LOAD = 1;
const HEADER_SIZE = 52;
const PROGRAM_HEADER_SIZE = 32;
const SECTION_HEADER_SIZE = 40;
const SHF_ALLOC = 2;
const SHT_NOBITS = 8;
const MAX_SEGMENTS = 1024;
const MAX_SECTIONS = 0xff00;

function refuse(what: string): HarnessError {
  return new HarnessError({
    code: 'elf-format',
    kind: 'usage',
    message: `this is not an executable ELF file for Arm: ${what}`,
    nextStep: 'give the linked .elf or .axf file of a 32-bit little-endian Arm application',
  });
}

/** Whether a file begins like an ELF file. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * Reads the loadable segments of a 32-bit little-endian Arm executable ("ELF for the Arm Architecture", IHI 0044; System V ABI, chapters 4 and 5).
 * @throws HarnessError `elf-format` (usage)
 */
export function readElf(bytes: Uint8Array): ElfFile {
  if (!isElf(bytes)) throw refuse('the magic is missing');
  if (bytes.length < HEADER_SIZE) throw refuse('the file is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[4] !== 1 || bytes[5] !== 1) throw refuse('it is not 32-bit little-endian');
  if (view.getUint16(18, true) !== EM_ARM) throw refuse(`its machine is ${view.getUint16(18, true)}`);
  if (view.getUint16(16, true) !== ET_EXEC) throw refuse('it is not linked (type ET_EXEC)');
  const tableOffset = view.getUint32(28, true);
  const entrySize = view.getUint16(42, true);
  const count = view.getUint16(44, true);
  if (count > MAX_SEGMENTS || (count > 0 && entrySize < PROGRAM_HEADER_SIZE)) throw refuse('its program header table is damaged');
  if (tableOffset + count * entrySize > bytes.length) throw refuse('its program header table lies outside the file');

  const headersEnd = Math.max(HEADER_SIZE, tableOffset + count * entrySize);
  const contents = sectionRanges(view);
  /**
   * Where the content of a segment begins in the file. GNU ld lets the first segment begin with the file's own headers and the padding
   * behind them when the page they share allows it; no section covers them, and objcopy leaves them out.
   */
  const contentStart = (offset: number, size: ByteCount): number => {
    if (offset >= headersEnd) return offset;
    const starts = contents.filter((range) => range.offset >= offset && range.offset < offset + size).map((range) => range.offset);
    return starts.length > 0 ? Math.min(...starts) : headersEnd;
  };
  const segments: ElfSegment[] = [];
  for (let index = 0; index < count; index++) {
    const at = tableOffset + index * entrySize;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const [offset, virtualAddress, address, fileSize, memorySize] = [4, 8, 12, 16, 20].map((field) => view.getUint32(at + field, true)) as [number, number, number, number, number];
    if (offset + fileSize > bytes.length) throw refuse(`segment ${index} at ${hex32(address)} lies outside the file`);
    if (memorySize < fileSize || address + memorySize > 0x1_0000_0000) throw refuse(`the sizes of segment ${index} at ${hex32(address)} are impossible`);
    const skipped = fileSize === 0 ? 0 : Math.min(fileSize, contentStart(offset, fileSize) - offset);
    segments.push({
      address: address + skipped,
      virtualAddress: virtualAddress + skipped,
      bytes: bytes.slice(offset + skipped, offset + fileSize),
      memorySize: memorySize - skipped,
    });
  }
  if (!segments.some((segment) => segment.bytes.length > 0)) throw refuse('nothing in it is to be loaded');
  return { entry: view.getUint32(24, true), segments };
}

/** File ranges of the sections that occupy memory and have contents; none where the section table is missing or damaged. */
function sectionRanges(view: DataView): { readonly offset: number; readonly size: ByteCount }[] {
  const table = view.getUint32(32, true);
  const entrySize = view.getUint16(46, true);
  const count = view.getUint16(48, true);
  if (table === 0 || entrySize < SECTION_HEADER_SIZE || count > MAX_SECTIONS || table + count * entrySize > view.byteLength) return [];
  const ranges = [];
  for (let at = table; at < table + count * entrySize; at += entrySize) {
    const [type, flags, offset, size] = [4, 8, 16, 20].map((field) => view.getUint32(at + field, true)) as [number, number, number, number];
    if (flags & SHF_ALLOC && type !== SHT_NOBITS && size > 0) ranges.push({ offset, size });
  }
  return ranges;
}

/**
 * The bytes of all segments by load address, as `objcopy -O binary` writes them: from the lowest address, gaps zero.
 * @param limit most bytes that the result may have
 * @throws HarnessError `elf-spread` (usage): the segments lie too far apart to be one image
 */
export function flattenElf(elf: ElfFile, limit: ByteCount): { base: Address; bytes: Uint8Array } {
  const loaded = elf.segments.filter((segment) => segment.bytes.length > 0);
  const base = Math.min(...loaded.map(({ address }) => address));
  const end = Math.max(...loaded.map(({ address, bytes }) => address + bytes.length));
  if (end - base > limit) {
    throw new HarnessError({
      code: 'elf-spread',
      kind: 'usage',
      message: `the loadable segments reach from ${hex32(base)} to ${hex32(end)}: more than the ${limit} bytes of the slot`,
      nextStep: 'let the linker script place the load addresses of all sections into the slot (AT> for initialised data)',
    });
  }
  const out = new Uint8Array(end - base);
  for (const { address, bytes } of loaded) out.set(bytes, address - base);
  return { base, bytes: out };
}
