import { hex32 } from '../units/index.js';
import type { Address, ByteCount } from '../units/index.js';
import { Refusal } from './protocol.js';

/** The chip's own flash: sectors, and write protection as the option bytes WRPS0 … WRPS7 say (0 protects). */
export class InternalFlash {
  /** Contents; 0xff is erased. */
  readonly bytes: Uint8Array;

  constructor(
    readonly base: Address,
    readonly size: ByteCount,
    readonly sectorSize: ByteCount,
    private readonly isProtected: (sector: number) => boolean,
  ) {
    this.bytes = new Uint8Array(size).fill(0xff);
  }

  get sectorCount(): number {
    return this.size / this.sectorSize;
  }

  /** Whether the first vector table is erased: then the chip has nothing to start. */
  get isEmpty(): boolean {
    return !this.holdsCode(0);
  }

  /** Whether a vector table stands at this offset. */
  holdsCode(offset: ByteCount): boolean {
    const table = this.bytes.subarray(offset, offset + 8);
    return table.length === 8 && table.some((byte) => byte !== 0xff);
  }

  /** @throws Refusal `bad-address`, `write-protected`; then nothing was erased */
  erase(sectors: readonly number[]): void {
    for (const sector of sectors) {
      if (!Number.isInteger(sector) || sector < 0 || sector >= this.sectorCount) throw new Refusal('bad-address', `the internal flash has no sector ${String(sector)}`);
      this.#refuseProtected(sector);
    }
    for (const sector of sectors) this.bytes.fill(0xff, sector * this.sectorSize, (sector + 1) * this.sectorSize);
  }

  /** @throws Refusal `bad-address`, `write-protected`, `not-erased`; then nothing was written */
  program(address: Address, data: Uint8Array): void {
    const offset = this.offset(address, data.length);
    for (let sector = Math.floor(offset / this.sectorSize); sector * this.sectorSize < offset + data.length; sector++) this.#refuseProtected(sector);
    const target = this.bytes.subarray(offset, offset + data.length);
    // The flash has ECC over each 128-bit word: a word is programmed once between two erases.
    if (target.some((byte) => byte !== 0xff)) throw new Refusal('not-erased', `the flash at ${hex32(address)} is not erased`);
    target.set(data);
  }

  /** Offset of a range. @throws Refusal `bad-address` */
  offset(address: Address, length: ByteCount): ByteCount {
    if (address < this.base || address + length > this.base + this.size) throw new Refusal('bad-address', `${hex32(address)} + ${String(length)} bytes is outside the internal flash`);
    return address - this.base;
  }

  #refuseProtected(sector: number): void {
    if (this.isProtected(sector)) throw new Refusal('write-protected', `sector ${String(sector)} of the internal flash is write protected`);
  }
}
