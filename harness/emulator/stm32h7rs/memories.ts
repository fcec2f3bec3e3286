import { HarnessError } from '../../errors/index.js';
import type { Address, ByteCount } from '../../units/index.js';
import { hex, hex32 } from '../../units/index.js';
import type { MemoryBank, ResetCause } from '../ports.js';
import { Store } from '../store.js';
import { randomWords } from './random.js';

// Addresses and sizes: ST device header stm32h7s7xx.h. SRAM4's 72 KB are what is left with ECC on; behind it there is nothing.
const chipBanks = [
  { name: 'ITCM', base: 0x00000000, size: 0x10000, kind: 'ram' },
  { name: 'DTCM', base: 0x20000000, size: 0x10000, kind: 'ram' },
  { name: 'AXI SRAM1', base: 0x24000000, size: 0x20000, kind: 'ram' },
  { name: 'AXI SRAM2', base: 0x24020000, size: 0x20000, kind: 'ram' },
  { name: 'AXI SRAM3', base: 0x24040000, size: 0x20000, kind: 'ram' },
  { name: 'AXI SRAM4', base: 0x24060000, size: 0x12000, kind: 'ram' },
  { name: 'AHB SRAM1', base: 0x30000000, size: 0x4000, kind: 'ram' },
  { name: 'AHB SRAM2', base: 0x30004000, size: 0x4000, kind: 'ram' },
  { name: 'BKPSRAM', base: 0x38800000, size: 0x1000, kind: 'ram' },
  { name: 'user flash', base: 0x08000000, size: 0x10000, kind: 'flash' },
  { name: 'OTP and UID', base: 0x08fff000, size: 0x1000, kind: 'identity' },
  { name: 'system flash', base: 0x1ff00000, size: 0x20000, kind: 'rom' },
] as const;

export type BankName = (typeof chipBanks)[number]['name'] | 'external RAM' | 'external flash';

export interface ExternalMemory {
  readonly base: Address;
  readonly size: ByteCount;
}

export interface MemoryOptions {
  readonly seed: number;
  readonly externalRam?: ExternalMemory;
  /** External flash that is memory mapped (read only to the core; the board loads its contents). */
  readonly externalFlash?: ExternalMemory;
  /** More memory on the external buses, named by its address. */
  readonly extraRam?: readonly ExternalMemory[];
}

const uidOffset = 0x800;
const flashSizeOffset = 0x80c;
const pageSize = 0x1000;
const mostExtraRam = 256 << 20;

/** The memories of the chip and board, in one backing store (pages of the external memories are committed when they are written). */
export class Memories {
  readonly store: Store;
  readonly banks: readonly MemoryBank[];
  readonly #kinds = new Map<MemoryBank, 'ram' | 'flash' | 'identity' | 'rom' | 'external-ram' | 'external-flash'>();

  constructor(private readonly options: MemoryOptions) {
    const { externalRam, externalFlash } = options;
    const extraRam = checkedExtraRam(options);
    const total = chipBanks.reduce((sum, bank) => sum + bank.size, (externalRam?.size ?? 0) + (externalFlash?.size ?? 0) + extraRam.reduce((size, memory) => size + memory.size, 0));
    this.store = new Store(total);
    const banks: MemoryBank[] = [];
    const add = (name: string, base: Address, size: ByteCount, writable: boolean, more: Pick<MemoryBank, 'ignoresStores'> = {}): MemoryBank => {
      const bank = { name, base, size, bytes: this.store.take(size), writable, ...more };
      banks.push(bank);
      return bank;
    };
    for (const { name, base, size, kind } of chipBanks) this.#kinds.set(add(name, base, size, kind === 'ram'), kind);
    if (externalRam !== undefined) this.#kinds.set(add('external RAM', externalRam.base, externalRam.size, true), 'external-ram');
    if (externalFlash !== undefined) this.#kinds.set(add('external flash', externalFlash.base, externalFlash.size, false, { ignoresStores: true }), 'external-flash');
    for (const { base, size } of extraRam) this.#kinds.set(add(`RAM ${hex32(base)}`, base, size, true), 'external-ram');
    this.banks = banks;
    this.#fillNonVolatile();
  }

  bank(name: BankName): MemoryBank {
    const found = this.banks.find((bank) => bank.name === name);
    if (found === undefined) throw new RangeError(`no bank ${name}`);
    return found;
  }

  /** The bank that holds the whole range, if one does. */
  find(address: Address, size: ByteCount): MemoryBank | undefined {
    return this.banks.find((bank) => address >= bank.base && address + size <= bank.base + bank.size);
  }

  /**
   * What a reset does to the memories: every cause but `power-on` keeps them all. At power-on the chip's RAMs hold noise
   * (seeded), so that reading before writing shows; the external RAM reads 0 (its noise would commit all of its pages).
   */
  reset(cause: ResetCause): void {
    if (cause !== 'power-on') return;
    const next = randomWords(this.options.seed);
    for (const [bank, kind] of this.#kinds) {
      if (kind === 'ram') {
        const words = new Uint32Array(bank.bytes.buffer, bank.bytes.byteOffset, bank.size / 4);
        for (let i = 0; i < words.length; i += 1) words[i] = next();
      }
      if (kind === 'external-ram') clearWrittenPages(bank.bytes);
    }
  }

  #fillNonVolatile(): void {
    for (const [bank, kind] of this.#kinds) {
      // The boot's own flash is hidden from the application and the ROM is not public: erased words, which are no instructions.
      if (kind === 'flash' || kind === 'rom' || kind === 'identity') bank.bytes.fill(0xff);
      if (kind !== 'identity') continue;
      const next = randomWords(this.options.seed ^ 0x55494400);
      const view = new DataView(bank.bytes.buffer, bank.bytes.byteOffset, bank.size);
      for (let i = 0; i < 3; i += 1) view.setUint32(uidOffset + 4 * i, next(), true);
      view.setUint16(flashSizeOffset, 64, true); // KB; `unverified:` package code in the other half
    }
  }
}

/** Throws HarnessError `ram-layout`. */
function checkedExtraRam({ externalRam, externalFlash, extraRam = [] }: MemoryOptions): readonly ExternalMemory[] {
  const taken: ExternalMemory[] = [...chipBanks, ...[externalRam, externalFlash].filter((memory) => memory !== undefined)];
  for (const { base, size } of extraRam) {
    const whole = base % pageSize === 0 && size % pageSize === 0 && size > 0 && size <= mostExtraRam;
    // Behind the peripherals' space and before the core's own: where the chip's external buses are.
    if (!whole || base < 0x60000000 || base + size > 0xe0000000 || taken.some((other) => base < other.base + other.size && other.base < base + size)) {
      throw new HarnessError({
        code: 'ram-layout',
        kind: 'usage',
        message: `RAM of ${hex(size)} bytes cannot be added at ${hex32(base)}`,
        nextStep: 'give whole 4 KB pages from 0x60000000 on, up to 256 MB, where the chip and board have no memory of their own',
      });
    }
    taken.push({ base, size });
  }
  return extraRam;
}

/** Clears only pages that hold something: a read does not commit a page, a write does. */
function clearWrittenPages(bytes: Uint8Array): void {
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  const wordsPerPage = pageSize / 8;
  for (let page = 0; page < words.length; page += wordsPerPage) {
    for (let i = page; i < page + wordsPerPage; i += 1) {
      if (words[i] === 0n) continue;
      words.fill(0n, page, page + wordsPerPage);
      break;
    }
  }
}
