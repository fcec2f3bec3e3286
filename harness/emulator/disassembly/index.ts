export { disassemble, disassembleAround } from './disassemble.js';
export type { DisassembledInstruction } from './disassemble.js';
export { disassembler } from './disassembler.js';
