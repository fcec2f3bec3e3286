import type { Address, ByteCount } from '../../units/index.js';
import type { Bus } from '../bus.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { savedPairs } from '../saved-state.js';

/** A TCM of the core as its implementer built it in. */
export interface TightlyCoupledMemory {
  /** Name of its bank on the bus. */
  readonly bank: string;
  readonly size: ByteCount;
}

export interface TightlyCoupledMemories {
  readonly itcm: TightlyCoupledMemory;
  readonly dtcm: TightlyCoupledMemory;
}

// Cortex-M7 TRM (DDI 0489F) 3.3: access control registers of the memory interfaces, and their fields.
const itcmcr = 0xe000ef90;
const dtcmcr = 0xe000ef94;
const ahbpcr = 0xe000ef98;
const cacr = 0xe000ef9c;
const ahbscr = 0xe000efa0;
const abfsr = 0xe000efa8;
const first = itcmcr;
const tcm = { EN: 1, RMW: 2, RETEN: 4, SZ: 3 } as const;
const writableTcm = tcm.EN | tcm.RMW | tcm.RETEN;
/** SZ: 3 is 4 KB, 7 is 64 KB; 0 where the core has no such memory. */
const sizeCode = (size: ByteCount): number => Math.log2(size) - 9;
/**
 * `unverified:` on this chip, whose integrator chooses them (INITTCMEN, INITRMWEN, INITRETRYEN): both memories are on after reset, as ST's boot
 * has to switch ITCM off (OEMiROT_Boot/Src/low_level_security.c), and partial writes are read-modify-write, as their ECC needs it.
 */
const tcmReset = tcm.EN | tcm.RMW;
/** ABFSR: the interface that answered a store with an error, and AXIMTYPE (a decode error on AXIM). */
const onAhbp = 1 << 2;
const onAxim = (1 << 3) | (3 << 8);

/**
 * ITCMCR, DTCMCR, AHBPCR, CACR, AHBSCR, ABFSR. EN takes a TCM off the core's map: what reaches its addresses then goes out on AXIM, where nothing answers.
 * Sizes are read-only. The other fields choose timing, retry and cache policy, which have no effect in a model without pipeline and caches.
 * `unverified:` that a DMA transfer to a TCM that is off gets an error too.
 */
export class MemoryControl {
  readonly #values = new Map<Address, number>();

  constructor(
    private readonly bus: Bus,
    private readonly memories: TightlyCoupledMemories | undefined,
  ) {}

  reset(): void {
    const { memories } = this;
    this.#values.clear();
    for (const [address, memory] of [[itcmcr, memories?.itcm], [dtcmcr, memories?.dtcm]] as const) {
      this.#values.set(address, memory === undefined ? 0 : tcmReset | (sizeCode(memory.size) << tcm.SZ));
      this.#show(memory, true);
    }
    for (const address of [ahbpcr, cacr, ahbscr, abfsr]) this.#values.set(address, 0);
  }

  saved(): Saved {
    return { values: savedPairs(this.#values) };
  }

  restore(state: SavedReader): void {
    for (const [address, value] of state.pairs('values', 6)) if (this.#values.has(address)) this.#values.set(address, value);
    this.#show(this.memories?.itcm, (this.#values.get(itcmcr)! & tcm.EN) !== 0);
    this.#show(this.memories?.dtcm, (this.#values.get(dtcmcr)! & tcm.EN) !== 0);
  }

  /** Undefined where no register of these is. */
  read(address: Address): number | undefined {
    return this.#values.get(address);
  }

  /** @returns whether there is such a register */
  write(address: Address, value: number): boolean {
    const stored = this.#values.get(address);
    if (stored === undefined || address < first) return false;
    switch (address) {
      case itcmcr:
      case dtcmcr: {
        const memory = address === itcmcr ? this.memories?.itcm : this.memories?.dtcm;
        if (memory === undefined) return true;
        this.#values.set(address, (stored & ~writableTcm) | (value & writableTcm));
        this.#show(memory, (value & tcm.EN) !== 0);
        return true;
      }
      case ahbpcr:
        this.#values.set(address, value & 1);
        return true;
      case cacr:
        this.#values.set(address, value & 7);
        return true;
      case ahbscr:
        this.#values.set(address, value & 0xffff);
        return true;
      default:
        // ABFSR is cleared by any write.
        this.#values.set(abfsr, 0);
        return true;
    }
  }

  /** A store that was answered with an error after the core went on: the flags stay until they are cleared. */
  asynchronousError(address: Address): void {
    // The peripheral port serves the APB and AHB part of the peripheral space (`unverified:` AHBPCR after reset: up to 512 MB from 0x40000000).
    const port = address >>> 29 === 2 && (this.#values.get(ahbpcr)! & 1) !== 0 ? onAhbp : onAxim;
    this.#values.set(abfsr, this.#values.get(abfsr)! | port);
  }

  #show(memory: TightlyCoupledMemory | undefined, on: boolean): void {
    if (memory !== undefined) this.bus.setVisible(memory.bank, on);
  }
}
