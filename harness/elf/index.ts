export { flattenElf, isElf, readElf } from './elf-file.js';
export type { ElfFile, ElfSegment } from './elf-file.js';
export { readSymbols, placeName, SymbolTable } from './symbols.js';
export type { ElfSymbol, SymbolPlace } from './symbols.js';
export * from './fault-report/index.js';
export { lineName, readLines } from './line-table.js';
export type { LineTable, SourceLine } from './line-table.js';
export { readElfDetail } from './elf-detail.js';
export type { ElfDetail, ElfDetailSymbol, ElfLoad, ElfSection, FloatingPointBuild } from './elf-detail.js';
