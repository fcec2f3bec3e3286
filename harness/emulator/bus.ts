import type { Address, ByteCount } from '../units/index.js';
import { hex32 } from '../units/index.js';
import type { AccessWidth, BankWatcher, Block, MemoryBank } from './ports.js';
import { BusError } from './ports.js';

/** One memory or block as the bus sees it; `last` is its highest address. */
interface Area {
  readonly base: Address;
  readonly last: Address;
  readonly bank: MemoryBank | undefined;
  readonly block: Block | undefined;
  watcher: BankWatcher | undefined;
}

/** Told what changes behind the core's cached view of the memory map. */
export interface BusObserver {
  /** Plain accesses to the bank are (or are no longer) to be sent to a watcher. */
  mappingChanged(bank: MemoryBank): void;
  /** Bytes of a bank were changed by something else than the core. */
  contentsChanged(address: Address, size: ByteCount): void;
}

/**
 * The memory map: banks of one backing store and blocks. Addresses and values are unsigned 32-bit numbers.
 * The core does not come here for plain RAM (it keeps its own table of pages); everything else, and every access from
 * outside the core, does. The private peripheral bus belongs to the core and is not part of this map.
 */
export class Bus {
  /** The one store that holds every bank. */
  readonly store: ArrayBuffer;
  readonly #areas: Area[];
  readonly #observers = new Set<BusObserver>();
  #latest: Area | undefined;

  /** @throws RangeError two areas overlap, or the banks do not share one store */
  constructor(
    readonly banks: readonly MemoryBank[],
    readonly blocks: readonly Block[],
  ) {
    this.store = (banks[0]?.bytes.buffer ?? new ArrayBuffer(0)) as ArrayBuffer;
    if (banks.some((bank) => bank.bytes.buffer !== this.store)) throw new RangeError('the banks do not share one backing store');
    this.#areas = [
      ...banks.map((bank) => ({ base: bank.base, last: bank.base + bank.size - 1, bank, block: undefined, watcher: undefined })),
      ...blocks.map((block) => ({ base: block.base, last: block.base + block.size - 1, bank: undefined, block, watcher: undefined })),
    ].sort((a, b) => a.base - b.base);
    for (let i = 1; i < this.#areas.length; i += 1) {
      if (this.#areas[i].base <= this.#areas[i - 1].last) throw new RangeError(`two areas overlap at ${hex32(this.#areas[i].base)}`);
    }
  }

  observe(observer: BusObserver): void {
    this.#observers.add(observer);
  }

  /** Sends every access to a bank (by name or itself) to a watcher; `undefined` ends that. */
  watch(bank: MemoryBank | string, watcher: BankWatcher | undefined): void {
    const area = this.#areas.find((candidate) => candidate.bank !== undefined && (candidate.bank === bank || candidate.bank.name === bank));
    if (area?.bank === undefined) throw new RangeError(`no bank ${typeof bank === 'string' ? bank : bank.name}`);
    area.watcher = watcher;
    for (const observer of this.#observers) observer.mappingChanged(area.bank);
  }

  /** The bank at an address. */
  bankAt(address: Address): MemoryBank | undefined {
    return this.#find(address)?.bank;
  }

  /** The bank at an address if plain loads and stores may go to its bytes directly. */
  plainBankAt(address: Address): MemoryBank | undefined {
    const area = this.#find(address);
    return area?.watcher === undefined ? area?.bank : undefined;
  }

  /** The block at an address. */
  blockAt(address: Address): Block | undefined {
    return this.#find(address)?.block;
  }

  /**
   * One naturally aligned access of a bus master.
   * @throws BusError nothing answers there; UnmodelledAccess from a block
   */
  read(address: Address, width: AccessWidth): number {
    const area = this.#find(address);
    if (area === undefined) throw new BusError(address);
    const offset = address - area.base;
    if (area.block !== undefined) return area.block.read(offset, width) >>> 0;
    if (address + width - 1 > area.last) throw new BusError(address);
    if (area.watcher !== undefined) return area.watcher.load(offset, width) >>> 0;
    return littleEndian(area.bank?.bytes as Uint8Array, offset, width);
  }

  /** Counterpart of `read`; a store to a read-only bank is a bus error too. */
  write(address: Address, value: number, width: AccessWidth): void {
    const area = this.#find(address);
    if (area === undefined) throw new BusError(address);
    const offset = address - area.base;
    if (area.block !== undefined) return area.block.write(offset, value >>> 0, width);
    const bank = area.bank as MemoryBank;
    if (!bank.writable || address + width - 1 > area.last) throw new BusError(address);
    if (area.watcher !== undefined) return area.watcher.store(offset, value >>> 0, width);
    for (let byte = 0; byte < width; byte += 1) bank.bytes[offset + byte] = value >>> (8 * byte);
  }

  /**
   * Copies bytes of a memory (read-only ones too) from outside: a debugger, a loader, the root of trust. No watcher sees it.
   * @throws BusError the range is not inside one bank
   */
  dump(address: Address, size: ByteCount): Uint8Array {
    const { bytes, offset } = this.#range(address, size);
    return bytes.slice(offset, offset + size);
  }

  /** Counterpart of `dump`. */
  load(address: Address, contents: Uint8Array): void {
    const { bytes, offset } = this.#range(address, contents.length);
    bytes.set(contents, offset);
    this.contentsChanged(address, contents.length);
  }

  /** To be called by whoever changes `bytes` of a bank directly. */
  contentsChanged(address: Address, size: ByteCount): void {
    for (const observer of this.#observers) observer.contentsChanged(address, size);
  }

  #range(address: Address, size: ByteCount): { bytes: Uint8Array; offset: number } {
    const bank = this.#find(address)?.bank;
    if (bank === undefined) throw new BusError(address);
    if (address + size > bank.base + bank.size) throw new BusError(bank.base + bank.size);
    return { bytes: bank.bytes, offset: address - bank.base };
  }

  #find(address: Address): Area | undefined {
    const latest = this.#latest;
    if (latest !== undefined && address >= latest.base && address <= latest.last) return latest;
    let low = 0;
    let high = this.#areas.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const area = this.#areas[middle];
      if (address < area.base) high = middle - 1;
      else if (address > area.last) low = middle + 1;
      else return (this.#latest = area);
    }
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array, offset: number, width: AccessWidth): number {
  let value = 0;
  for (let byte = 0; byte < width; byte += 1) value |= bytes[offset + byte] << (8 * byte);
  return value >>> 0;
}
