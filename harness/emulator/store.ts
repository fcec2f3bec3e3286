/**
 * The memory that all of an emulated board lives in: registers of the core, its page tables, the dispatch tables of
 * translated code, then the banks. It is a WebAssembly memory, so that translated code and the interpreter's typed
 * arrays see the same bytes. Pages that are never touched cost address space only.
 */
import type { ByteCount } from '../units/index.js';
import { host, type WasmMemory } from './host-wasm.js';

/** R0–R14 as words. */
export const registersAt = 0x0;
/** Words that translated code and the core hand to each other (`Hand` in cpu/translate/layout.ts). */
export const handAt = 0x40;
/** Words of the FPU's registers and its scratch registers. */
export const floatAt = 0x100;
/** Dispatch tables of translated code (`dispatchTableAt`). */
export const dispatchAt = 0x1000;
/** For every context (0–3) the page table of loads, then that of stores: one word for each 4 KB page. */
const tablesAt = 0x100000;
const tableBytes = 0x400000;
const contexts = 4;
const banksAt = tablesAt + 2 * contexts * tableBytes;
const wasmPage = 0x10000;

export const loadTableAt = (context: number): number => tablesAt + 2 * context * tableBytes;
export const storeTableAt = (context: number): number => loadTableAt(context) + tableBytes;

/** Undefined where the host cannot make one: the board then lies in plain memory, and nothing is translated. */
function memoryOf({ Memory }: NonNullable<typeof host>, pages: number): WasmMemory | undefined {
  try {
    return new Memory({ initial: pages, maximum: pages });
  } catch {
    return undefined;
  }
}

/** Memory for banks of so many bytes together. */
export class Store {
  /** Undefined where the host has no WebAssembly, or no memory of that kind to give. */
  readonly memory: WasmMemory | undefined;
  readonly buffer: ArrayBuffer;
  #next = banksAt;

  constructor(size: ByteCount) {
    const pages = Math.ceil((banksAt + size) / wasmPage);
    this.memory = host && memoryOf(host, pages);
    this.buffer = this.memory?.buffer ?? new ArrayBuffer(pages * wasmPage);
  }

  /** The next bytes for a bank; whole 4 KB pages. */
  take(size: ByteCount): Uint8Array {
    const bytes = new Uint8Array(this.buffer, this.#next, size);
    this.#next += size;
    return bytes;
  }
}
