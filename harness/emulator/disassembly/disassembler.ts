import type { Address, ByteCount } from '../../units/index.js';
import type { DisassembledInstruction } from './disassemble.js';
import { disassembleAround } from './disassemble.js';

/** Instructions shown before the one asked for, and behind it. */
const window = { before: 4, after: 3 } as const;

/** Disassembles around an address of any memory; `start` is where its function begins. @param read undefined where there is no memory */
export function disassembler(read: (address: Address, size: ByteCount) => Uint8Array | undefined): (address: Address, start: Address | undefined) => readonly DisassembledInstruction[] {
  const halfword = (address: number): number | undefined => {
    const bytes = read(address, 2);
    return bytes === undefined ? undefined : bytes[0]! | (bytes[1]! << 8);
  };
  return (address, start) => disassembleAround(halfword, address, { ...window, ...(start === undefined ? {} : { start }) });
}
