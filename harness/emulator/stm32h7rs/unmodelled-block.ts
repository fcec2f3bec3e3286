import type { Address, ByteCount } from '../../units/index.js';
import { hex } from '../../units/index.js';
import type { AccessWidth, Block, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { savedPairs } from '../saved-state.js';
import type { Peripheral } from './peripherals.js';

/** A block of the chip that this model lacks: stops the run with its name and offset at the first access. */
export class UnmodelledBlock implements Block {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;

  constructor({ name, base, size }: Peripheral) {
    this.name = name;
    this.base = base;
    this.size = size;
  }

  read(offset: ByteCount): number {
    throw this.#stop(offset);
  }

  write(offset: ByteCount): void {
    throw this.#stop(offset);
  }

  reset(): void {
    // Nothing is kept.
  }

  saved(): Saved {
    return {};
  }

  restore(): void {
    // Nothing is kept.
  }

  #stop(offset: ByteCount): UnmodelledAccess {
    return new UnmodelledAccess(`${this.name} +${hex(offset)}`, (this.base + offset) >>> 0);
  }
}

/** What firmware did with the unmodelled part of a block that was allowed to be storage. */
export interface ToleratedBlock {
  readonly name: string;
  readonly reads: number;
  readonly writes: number;
  /** The first access, as the stop would have named it. */
  readonly first: { readonly what: string; readonly address: Address } | undefined;
}

/** Opt-in tolerance for one block: what the model lacks there is storage that reads as 0 until it is written. */
export class StorageBlock implements Block {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
  readonly #bytes = new Map<ByteCount, number>();
  #reads = 0;
  #writes = 0;
  #first: ToleratedBlock['first'];

  /** @param onFirst called once, at the first access that would have stopped the run. */
  constructor(
    private readonly inner: Block,
    private readonly onFirst: (touched: ToleratedBlock) => void = () => undefined,
  ) {
    this.name = inner.name;
    this.base = inner.base;
    this.size = inner.size;
  }

  get tolerated(): ToleratedBlock {
    return { name: this.name, reads: this.#reads, writes: this.#writes, first: this.#first };
  }

  /** Something else than an access that the block lacks: counted as a write. */
  used(what: string, address: Address): void {
    this.#writes += 1;
    this.#tolerate(new UnmodelledAccess(what, address));
  }

  read(offset: ByteCount, width: AccessWidth): number {
    try {
      return this.inner.read(offset, width);
    } catch (error) {
      this.#reads += 1;
      this.#tolerate(error);
    }
    let value = 0;
    for (let i = 0; i < width; i += 1) value |= (this.#bytes.get(offset + i) ?? 0) << (8 * i);
    return value >>> 0;
  }

  write(offset: ByteCount, value: number, width: AccessWidth): void {
    try {
      this.inner.write(offset, value, width);
    } catch (error) {
      this.#writes += 1;
      this.#tolerate(error);
      for (let i = 0; i < width; i += 1) this.#bytes.set(offset + i, (value >>> (8 * i)) & 0xff);
    }
  }

  clockSwitched(): void {
    this.inner.clockSwitched?.();
  }

  get active(): boolean {
    return this.inner.active === true;
  }

  reset(cause: ResetCause): void {
    this.#bytes.clear();
    this.inner.reset(cause);
  }

  saved(): Saved {
    return { inner: this.inner.saved(), bytes: savedPairs(this.#bytes), reads: this.#reads, writes: this.#writes, first: this.#first === undefined ? null : { ...this.#first } };
  }

  restore(state: SavedReader): void {
    this.inner.restore(state.child('inner'));
    this.#bytes.clear();
    for (const [offset, byte] of state.pairs('bytes', this.size)) this.#bytes.set(offset, byte & 0xff);
    this.#reads = state.integer('reads');
    this.#writes = state.integer('writes');
    this.#first = this.#reads + this.#writes === 0 ? undefined : { what: state.child('first').text('what', 200), address: state.child('first').word('address') };
  }

  #tolerate(error: unknown): void {
    if (!(error instanceof UnmodelledAccess)) throw error;
    if (this.#first !== undefined) return;
    this.#first = { what: error.what, address: error.address };
    this.onFirst(this.tolerated);
  }
}
