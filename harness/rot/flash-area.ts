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

  /** Copies from another area at once where that is the same as copying it piece by piece. @returns false where it is not: nothing has happened then */
  copyUnwatched(from: FlashArea, fromOffset: ByteCount, toOffset: ByteCount, length: ByteCount): boolean {
    return from.flash === this.flash && this.flash.copyUnwatched?.(from.chipOffset + fromOffset, this.chipOffset + toOffset, length) === true;
  }

  /** Whether the chip itself is erased there, whatever a cipher makes of it. */
  isErased(offset: ByteCount, length: ByteCount): boolean {
    return this.flash.isErased(this.chipOffset + offset, length);
  }

  /**
   * Whether the boot takes these bytes for erased (bootutil_buffer_is_erased, OEMiROT_Boot/Src/boot_hal.c boot_is_in_primary_and_erased):
   * what reads as 0xff, and in the primary slot also what is erased on the chip although it reads as noise through the cipher.
   */
  readsErased(offset: ByteCount, length: ByteCount): boolean {
    return (this.name === 'primary' && this.isErased(offset, length)) || this.read(offset, length).every((byte) => byte === 0xff);
  }

  eraseSector(offset: ByteCount): void {
    this.flash.erase(this.chipOffset + offset);
  }

  /** Every sector, in ascending order. */
  eraseAll(): void {
    for (let offset = 0; offset < this.size; offset += this.sectorSize) this.eraseSector(offset);
  }
}
