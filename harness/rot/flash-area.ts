import type { MemoryArea } from '../board/index.js';
import type { NorDevice } from '../flash/index.js';
import type { Address, ByteCount } from '../units/index.js';

export type AreaName = 'primary' | 'secondary' | 'scratch';

/** A part of the external flash as bootutil's flash map knows it: offsets count from its start. */
export class FlashArea {
  readonly size: ByteCount;
  /** Where the area begins on the chip. */
  readonly chipOffset: ByteCount;

  /** @param flashBase bus address of the first byte of the chip */
  constructor(
    readonly name: AreaName,
    private readonly flash: NorDevice,
    area: MemoryArea,
    flashBase: Address,
  ) {
    this.size = area.size;
    this.chipOffset = area.base - flashBase;
  }

  get sectorSize(): ByteCount {
    return this.flash.sectorSize;
  }

  read(offset: ByteCount, length: ByteCount): Uint8Array {
    return this.flash.read(this.chipOffset + offset, length);
  }

  program(offset: ByteCount, bytes: Uint8Array): void {
    this.flash.program(this.chipOffset + offset, bytes);
  }

  isErased(offset: ByteCount, length: ByteCount): boolean {
    return this.flash.isErased(this.chipOffset + offset, length);
  }

  eraseSector(offset: ByteCount): void {
    this.flash.erase(this.chipOffset + offset);
  }

  /** Every sector, in ascending order. */
  eraseAll(): void {
    for (let offset = 0; offset < this.size; offset += this.sectorSize) this.eraseSector(offset);
  }
}
