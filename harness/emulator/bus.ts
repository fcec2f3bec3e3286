import type { Address, ByteCount } from '../units/index.js';
import type { Store } from './store.js';
import { BusError, UnmodelledAccess, type AccessWidth, type BankWatcher, type Block, type MemoryBank } from './ports.js';

const pageCount = 1 << 20;

/** 4 KB pages: the grain of every cached translation. */
export const pageShift = 12;
export const pageMask = 0xfff;

/**
 * The memory map: which bank or block answers at an address. Addresses here are physical and unprotected: the MPU stands
 * before it, in the core. All banks lie in one backing store, so that one typed array serves every plain access.
 */
export class Bus {
  readonly bytes: Uint8Array;
  readonly halfwords: Uint16Array;
  readonly words: Int32Array;
  /** Offset in the store of the first byte of each 4 KB page; -1 where no memory answers. */
  readonly pageOffset = new Int32Array(pageCount).fill(-1);
  /** 1 where a page may be written with a plain store. */
  readonly pageWritable = new Uint8Array(pageCount);
  /** 1 where a watcher sees every access of the page. */
  readonly pageWatched = new Uint8Array(pageCount);
  readonly #watchers = new Map<MemoryBank, BankWatcher>();
  readonly #hidden = new Map<MemoryBank, string>();
  readonly #blocks: readonly Block[];
  #lastBlock: Block | undefined;
  /** Set by the core: cached translations of this range are stale. */
  onMapChange: (base: Address, size: ByteCount) => void = () => undefined;

  /** `banks` must lie in `backing`, page aligned in it and in the address space. */
  constructor(
    readonly backing: Store,
    readonly banks: readonly MemoryBank[],
    blocks: readonly Block[],
  ) {
    const { buffer } = backing;
    this.bytes = new Uint8Array(buffer);
    this.halfwords = new Uint16Array(buffer);
    this.words = new Int32Array(buffer);
    this.#blocks = [...blocks].sort((a, b) => a.base - b.base);
    for (const bank of banks) {
      if (bank.bytes.buffer !== buffer) throw new RangeError(`bank ${bank.name} lies outside the backing store`);
      if ((bank.base | bank.size | bank.bytes.byteOffset) & pageMask) throw new RangeError(`bank ${bank.name} is not page aligned`);
      for (let offset = 0; offset < bank.size; offset += 1 << pageShift) {
        const page = (bank.base + offset) >>> pageShift;
        this.pageOffset[page] = bank.bytes.byteOffset + offset;
        this.pageWritable[page] = bank.writable ? 1 : 0;
      }
    }
  }

  /** The bank that holds an address. */
  bankAt(address: Address): MemoryBank | undefined {
    return this.banks.find((bank) => address >= bank.base && address - bank.base < bank.size);
  }

  /** Puts a watcher before a bank (every access becomes slow), or takes it away. Throws RangeError for an unknown bank. */
  watch(bankName: string, watcher: BankWatcher | undefined): void {
    const bank = this.banks.find((candidate) => candidate.name === bankName);
    if (!bank) throw new RangeError(`no memory bank ${bankName}`);
    if (watcher) this.#watchers.set(bank, watcher);
    else this.#watchers.delete(bank);
    const first = bank.base >>> pageShift;
    this.pageWatched.fill(watcher ? 1 : 0, first, first + (bank.size >>> pageShift));
    this.onMapChange(bank.base, bank.size);
  }

  /**
   * Takes a bank off the map, or puts it back: nothing answers at its addresses meanwhile, its contents stay. Throws RangeError for an unknown bank.
   * @param why what an access lacks that stops the run; default: it is a bus error
   */
  setVisible(bankName: string, visible: boolean, why?: string): void {
    const bank = this.banks.find((candidate) => candidate.name === bankName);
    if (!bank) throw new RangeError(`no memory bank ${bankName}`);
    const first = bank.base >>> pageShift;
    if (visible || why === undefined) this.#hidden.delete(bank);
    else this.#hidden.set(bank, why);
    if (this.pageOffset[first] === (visible ? bank.bytes.byteOffset : -1)) return;
    for (let offset = 0; offset < bank.size; offset += 1 << pageShift) this.pageOffset[(bank.base + offset) >>> pageShift] = visible ? bank.bytes.byteOffset + offset : -1;
    this.onMapChange(bank.base, bank.size);
  }

  /** Whether stores reach a bank that can be written; otherwise they are lost. Throws RangeError for an unknown bank. */
  setStores(bankName: string, reach: boolean): void {
    const bank = this.banks.find((candidate) => candidate.name === bankName);
    if (!bank?.writable) throw new RangeError(`no memory bank ${bankName} that can be written`);
    const first = bank.base >>> pageShift;
    if (this.pageWritable[first] === (reach ? 1 : 0)) return;
    this.pageWritable.fill(reach ? 1 : 0, first, first + (bank.size >>> pageShift));
    this.onMapChange(bank.base, bank.size);
  }

  /** One load as a bus master does it. `address` is aligned to `width`. Throws BusError, UnmodelledAccess. */
  load(address: Address, width: AccessWidth): number {
    const offset = this.pageOffset[address >>> pageShift]!;
    if (offset >= 0) {
      if (this.pageWatched[address >>> pageShift]) {
        const bank = this.bankAt(address)!;
        return this.#watchers.get(bank)!.load(address - bank.base, width);
      }
      const at = offset + (address & pageMask);
      if (width === 4) return this.words[at >> 2]! >>> 0;
      return width === 2 ? this.halfwords[at >> 1]! : this.bytes[at]!;
    }
    const block = this.#blockAt(address);
    if (!block) throw this.#nothingAt(address);
    return block.read(address - block.base, width) >>> 0;
  }

  /** One store as a bus master does it. A store to a memory that cannot be written is a bus error. */
  store(address: Address, value: number, width: AccessWidth): void {
    const page = address >>> pageShift;
    const offset = this.pageOffset[page]!;
    if (offset >= 0) {
      if (!this.pageWritable[page]) {
        const bank = this.bankAt(address);
        if (bank?.ignoresStores || bank?.writable) return;
        throw new BusError(address);
      }
      if (this.pageWatched[page]) {
        const bank = this.bankAt(address)!;
        this.#watchers.get(bank)!.store(address - bank.base, value >>> 0, width);
        return;
      }
      const at = offset + (address & pageMask);
      if (width === 4) this.words[at >> 2] = value;
      else if (width === 2) this.halfwords[at >> 1] = value;
      else this.bytes[at] = value;
      return;
    }
    const block = this.#blockAt(address);
    if (!block) throw this.#nothingAt(address);
    block.write(address - block.base, value >>> 0, width);
  }

  #nothingAt(address: Address): Error {
    for (const [bank, why] of this.#hidden) if (address >= bank.base && address - bank.base < bank.size) return new UnmodelledAccess(why, address);
    return new BusError(address);
  }

  #blockAt(address: Address): Block | undefined {
    const last = this.#lastBlock;
    if (last && address >= last.base && address - last.base < last.size) return last;
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const block = this.#blocks[middle]!;
      if (address < block.base) high = middle - 1;
      else if (address - block.base >= block.size) low = middle + 1;
      else return (this.#lastBlock = block);
    }
    return undefined;
  }
}
