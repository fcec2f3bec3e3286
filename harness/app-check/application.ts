import type { Address, ByteCount } from '../units/index.js';
import type { CodeScan } from './code-scan-result.js';
import type { Place } from './finding.js';

/** What a piece of memory holds. `reserve`: what a linker script sets aside for stack and heap; `empty`: declared, nothing lies in it. */
export type Role = 'vectors' | 'code' | 'constants' | 'data' | 'zeroed' | 'stack' | 'heap' | 'reserve' | 'flag' | 'handles' | 'noncacheable' | 'empty';

/** One piece of memory that the application uses. */
export interface Extent {
  /** `section .data`, `region RAM`. */
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  readonly role: Role;
  /** What happens before `main`: the startup copies or zeroes it, or leaves it alone; undefined where that is not known. */
  readonly start: 'copied' | 'zeroed' | 'left' | undefined;
  readonly executable: boolean;
  readonly place?: Place | undefined;
}

/** A memory region that a linker script declares. */
export interface Region {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  /** What lies or may lie in it. */
  readonly roles: readonly Role[];
  /** armlink: a load region, which holds others. */
  readonly load?: boolean;
  readonly place?: Place | undefined;
}

/** Bytes that belong into the image. */
export interface Load {
  /** Load address. */
  readonly address: Address;
  readonly virtualAddress: Address;
  readonly bytes: Uint8Array;
}

export interface AppSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: ByteCount;
  readonly kind: 'function' | 'object' | 'label' | 'constant';
  readonly weak: boolean;
  readonly place?: Place | undefined;
}

/** All that is known about an application, whatever it was read from. */
export interface Application {
  /** `elf` linked file · `image` BIN or HEX, with or without a map · `script` linker script alone. */
  readonly form: 'elf' | 'image' | 'script';
  /** For messages. */
  readonly name: string;
  /** Extents of `script` are whole regions: how much of one is used is not known. */
  readonly extents: readonly Extent[];
  readonly regions: readonly Region[];
  readonly loads: readonly Load[];
  readonly symbols: ReadonlyMap<string, AppSymbol>;
  /** The vector table as it lies in the image. */
  readonly vectors: { readonly address: Address; readonly words: readonly number[] } | undefined;
  /** Where a script sets the stack's top. */
  readonly stackTop: Address | undefined;
  /** Following of constants through the code; undefined where there is no code to read. */
  readonly code: CodeScan | undefined;
  /** Whether the code passes floating-point values in FPU registers or uses its instructions. */
  readonly hardFloat: boolean | undefined;
  /** True where the names of functions are known. */
  readonly named: boolean;
}

/** Bytes of the image at a run address. */
export function readAt(application: Pick<Application, 'loads'>, address: Address, size: ByteCount): Uint8Array | undefined {
  const load = application.loads.find(({ virtualAddress, bytes }) => address >= virtualAddress && address + size <= virtualAddress + bytes.length);
  return load?.bytes.subarray(address - load.virtualAddress, address - load.virtualAddress + size);
}

/** Whether a 32-bit constant stands at a word of the image, or is made by instructions. */
export function mentions(application: Pick<Application, 'loads' | 'code'>, value: number): boolean {
  if (application.code?.constants.has(value) === true) return true;
  const needle = Buffer.alloc(4);
  needle.writeUInt32LE(value);
  return application.loads.some(({ bytes }) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) if (at % 4 === 0) return true;
    return false;
  });
}

/** First addresses of the functions that direct calls reach from the reset handler. */
export function reachedFromReset({ code, vectors }: Pick<Application, 'code' | 'vectors'>): ReadonlySet<Address> {
  const start = vectors?.words[1];
  const reached = new Set<Address>();
  if (code === undefined || start === undefined) return reached;
  const callsOf = new Map<Address, Address[]>();
  for (const { within, target } of code.calls) {
    const list = callsOf.get(within);
    if (list === undefined) callsOf.set(within, [target]);
    else list.push(target);
  }
  const waiting = [(start & ~1) >>> 0];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(callsOf.get(next) ?? []));
  }
  return reached;
}
