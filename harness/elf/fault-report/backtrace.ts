import type { Address, ByteCount } from '../../units/index.js';
import type { SymbolTable } from '../symbols.js';

/** Reads memory as it stood at the fault; undefined where there is none. */
export type MemoryReader = (address: Address, size: ByteCount) => Uint8Array | undefined;

/** One call, from the innermost outwards. */
export interface BacktraceFrame {
  readonly address: Address;
  /** Where the address was found. */
  readonly from: 'pc' | 'lr' | 'stack';
}

/** Bytes of stack that are looked through. */
const stackReach = 4096;
const mostFrames = 32;

interface Call {
  /** The function that a BL calls; undefined for BLX of a register. */
  readonly target?: Address;
}

/** The call in front of a return address, if one stands there. */
function callBefore(read: MemoryReader, returnAddress: Address): Call | undefined {
  const bytes = read((returnAddress - 4) >>> 0, 4);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  const [first, second] = [view.getUint16(0, true), view.getUint16(2, true)];
  if (second >>> 7 === 0x8f && (second & 7) === 0) return {};
  if (first >>> 11 !== 0x1e || second >>> 14 !== 3 || !(second & 0x1000)) return undefined;
  const s = (first >>> 10) & 1;
  const [i1, i2] = [1 - (((second >>> 13) & 1) ^ s), 1 - (((second >>> 11) & 1) ^ s)];
  const offset = ((((s << 23) | (i1 << 22) | (i2 << 21) | ((first & 0x3ff) << 11) | (second & 0x7ff)) << 8) >> 8) * 2;
  return { target: (returnAddress + offset) >>> 0 };
}

/**
 * The calls that led to an address, without unwind information: LR and the words of the stack that are return addresses behind a call of the
 * function that was reached so far. A call through a register is taken as it is; a function that was reached by a tail call ends the chain,
 * then the next plausible return address goes on.
 */
export function backtrace(pc: Address, lr: Address | undefined, sp: Address | undefined, read: MemoryReader, symbols: SymbolTable): readonly BacktraceFrame[] {
  const frames: BacktraceFrame[] = [{ address: pc, from: 'pc' }];
  const functionOf = (address: Address): Address | undefined => symbols.at(address)?.symbol.address;
  let inside = functionOf(pc);
  const follow = (word: number, from: 'lr' | 'stack', wild: boolean): boolean => {
    const address = (word & ~1) >>> 0;
    if (!(word & 1) || functionOf(address) === undefined) return false;
    const call = callBefore(read, address);
    if (call === undefined) return false;
    if (call.target !== undefined && inside !== undefined && call.target !== inside && !wild) return false;
    frames.push({ address, from });
    inside = functionOf((address - 2) >>> 0);
    return true;
  };
  if (lr !== undefined) follow(lr, 'lr', inside === undefined || sp === undefined);
  const stack = sp === undefined ? new Uint8Array() : longest(read, sp);
  const view = new DataView(stack.buffer, stack.byteOffset, stack.byteLength);
  const scan = (wild: boolean): void => {
    for (let at = 0; at + 4 <= stack.length && frames.length < mostFrames; at += 4) follow(view.getUint32(at, true), 'stack', wild);
  };
  scan(false);
  // Nothing fits exactly: the innermost function was reached by a jump or a tail call.
  if (frames.length === 1) scan(true);
  return frames;
}

/** As much of the stack as is memory. */
function longest(read: MemoryReader, sp: Address): Uint8Array {
  for (let size = stackReach; size >= 32; size /= 2) {
    const bytes = read(sp, size);
    if (bytes !== undefined) return bytes;
  }
  return new Uint8Array();
}
