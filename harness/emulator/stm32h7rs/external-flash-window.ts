import type { Address, ByteCount } from '../../units/index.js';
import type { AccessWidth, Block } from '../ports.js';
import type { Saved } from '../saved-state.js';

/** The external flash as the boot leaves it mapped: `plain` bytes from its base on are memory that the board fills, what lies behind is read from the chip. */
export interface MappedFlash {
  readonly plain: ByteCount;
  /** Bytes of the chip behind `plain`, by offset from its start, little endian. */
  read(offset: ByteCount, width: AccessWidth): number;
}

/**
 * The part of the external flash's window that the board does not fill: read from the chip, word by word. A store is nothing that a NOR flash
 * understands without its write commands: it is lost (`unverified:` that no error is answered).
 */
export class ExternalFlashWindow implements Block {
  readonly name = 'external flash';
  readonly base: Address;
  readonly size: ByteCount;

  constructor(
    flash: { readonly base: Address; readonly size: ByteCount },
    private readonly mapped: MappedFlash,
  ) {
    this.base = flash.base + mapped.plain;
    this.size = flash.size - mapped.plain;
  }

  read(offset: ByteCount, width: AccessWidth): number {
    return this.mapped.read(this.mapped.plain + offset, width);
  }

  write(): void {
    // Lost.
  }

  reset(): void {
    // The chip keeps its contents.
  }

  saved(): Saved {
    return {};
  }

  restore(): void {
    // The chip has its own.
  }
}
