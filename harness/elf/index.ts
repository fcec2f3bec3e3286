export { flattenElf, isElf, readElf } from './elf-file.js';
export type { ElfFile, ElfSegment } from './elf-file.js';
