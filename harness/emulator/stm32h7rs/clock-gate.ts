import type { Address, ByteCount } from '../../units/index.js';
import type { AccessWidth, Block, ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { resetBits } from './reset-bits.js';

/** Enable bits that have no reset bit at the same place, by register and bit. Source: ST device header stm32h7s7xx.h, RCC_…ENR_…EN. */
const onlyEnabled: Readonly<Record<string, Readonly<Record<number, readonly string[]>>>> = {
  APB1ENR1: { 11: ['WWDG'] },
  // The APB side of both; they count on without it.
  APB4ENR: { 16: ['RTC', 'TAMP'] },
};

export interface ClockEnable {
  /** RCC_AHB4ENR without its prefix. */
  readonly register: string;
  readonly bit: number;
}

/** The enable bit of a block's bus clock; undefined for a block that is always clocked (RCC, PWR, FLASH, EXTI, RAMECC, IWDG, MCE, DBGMCU). */
export function clockEnable(block: string): ClockEnable | undefined {
  for (const [resets, bits] of Object.entries(resetBits)) {
    for (const [bit, name] of Object.entries(bits)) if (name === block) return { register: resets.replace('RSTR', 'ENR'), bit: Number(bit) };
  }
  for (const [register, bits] of Object.entries(onlyEnabled)) {
    for (const [bit, names] of Object.entries(bits)) if (names.includes(block)) return { register, bit: Number(bit) };
  }
  return undefined;
}

/**
 * A block behind its bus clock: without it reads give 0 and writes are lost, as everybody knows who forgot an enable bit of RCC
 * (`unverified:` on this chip, whose reference manual only says that such accesses are not supported). What goes on inside the block stands still meanwhile.
 */
export class ClockGate implements Block {
  /** Held in reset by RCC: registers read their reset values, writes are lost. */
  readonly #isHeld: () => boolean;

  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;

  constructor(
    private readonly inner: Block,
    readonly enable: ClockEnable,
    private readonly isClocked: () => boolean,
    isHeld: () => boolean = () => false,
  ) {
    this.#isHeld = isHeld;
    this.name = inner.name;
    this.base = inner.base;
    this.size = inner.size;
  }

  read(offset: ByteCount, width: AccessWidth): number {
    return this.isClocked() ? this.inner.read(offset, width) : 0;
  }

  write(offset: ByteCount, value: number, width: AccessWidth): void {
    if (this.isClocked() && !this.#isHeld()) this.inner.write(offset, value, width);
  }

  clockSwitched(): void {
    this.inner.clockSwitched?.();
  }

  get active(): boolean {
    return this.inner.active === true;
  }

  reset(cause: ResetCause): void {
    this.inner.reset(cause);
  }

  saved(): Saved {
    return this.inner.saved();
  }

  restore(state: SavedReader): void {
    this.inner.restore(state);
  }
}
