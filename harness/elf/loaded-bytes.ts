import type { ElfFile } from './elf-file.js';
import type { MemoryReader } from './fault-report/index.js';

/** Reads what the file loads, by run address. */
export function elfReader(elf: ElfFile): MemoryReader {
  return (address, size) => {
    const segment = elf.segments.find(({ virtualAddress, bytes }) => address >= virtualAddress && address + size <= virtualAddress + bytes.length);
    return segment?.bytes.subarray(address - segment.virtualAddress, address - segment.virtualAddress + size);
  };
}
