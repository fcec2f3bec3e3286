export { flattenElf, isElf, readElf } from './elf-file.js';
export type { ElfFile, ElfSegment } from './elf-file.js';
export { readSymbols, placeName, SymbolTable } from './symbols.js';
export type { ElfSymbol, SymbolPlace } from './symbols.js';
export * from './fault-report/index.js';
