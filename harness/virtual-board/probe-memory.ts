import type { Kit } from '../board/index.js';
import { hex32 } from '../units/index.js';
import type { Chip } from './chip.js';
import type { KeptPart, NonVolatile } from './kept-state.js';
import { maximumChunkBytes, Refusal } from './protocol.js';
import type { Operations } from './protocol.js';

type Takes<Name extends keyof Operations> = Operations[Name]['takes'];

/** What the memories behind a probe need of their board. */
export interface MemoryOwner {
  readonly kit: Kit;
  readonly memories: NonVolatile;
  readonly chip: Chip;
  /** A part of what survives power-off changed. */
  touch(part: KeptPart): void;
  /** @throws Refusal `storage` */
  save(): void;
  /** @throws Refusal `not-served` */
  served(): void;
  servedOpen(what: string): void;
  /** A loader runs on the core. */
  loaderRuns(): void;
  /** The tool came through the boot loader in ROM. */
  bootLoader(): boolean;
}

/** Flash and RAM as a probe erases, programs and reads them. All of it throws Refusal. */
export class ProbeMemory {
  constructor(private readonly board: MemoryOwner) {}

  erase({ sectors, loader }: Takes<'erase'>): object {
    if (sectors !== 'all' && (!Array.isArray(sectors) || !sectors.every((sector) => Number.isInteger(sector)))) throw new Refusal('bad-request', 'no sectors are given');
    this.board.served();
    this.board.loaderRuns();
    if (loader === undefined) {
      const { internalFlash } = this.board.memories;
      internalFlash.erase(sectors === 'all' ? Array.from({ length: internalFlash.sectorCount }, (_, sector) => sector) : sectors);
      this.board.touch('internalFlash');
    } else {
      this.#checkLoader(loader);
      const { externalFlash } = this.board.memories;
      const loaderSector = this.loaderSectorSize;
      const count = externalFlash.size / loaderSector;
      if (sectors === 'all') externalFlash.clear();
      else {
        for (const sector of sectors) if (sector < 0 || sector >= count) throw new Refusal('bad-address', `the external flash has no sector ${String(sector)}`);
        for (const sector of sectors) {
          for (let at = sector * loaderSector; at < (sector + 1) * loaderSector; at += externalFlash.sectorSize) externalFlash.erase(at);
        }
      }
      this.board.touch('externalFlash');
    }
    this.board.save();
    return {};
  }

  program({ address, data, loader }: Takes<'program'>): object {
    checkRange(address, 1);
    if (typeof data !== 'string') throw new Refusal('bad-request', 'no data is given');
    this.board.served();
    const bytes = Buffer.from(data, 'base64');
    const { internalFlash } = this.board.memories;
    if (address >= internalFlash.base && address < internalFlash.base + internalFlash.size) {
      this.board.loaderRuns();
      internalFlash.program(address, bytes);
      this.board.touch('internalFlash');
    } else if (this.#isExternal(address)) {
      this.#checkLoader(loader);
      this.board.loaderRuns();
      this.board.memories.externalFlash.program(this.#externalOffset(address, bytes.length), bytes);
    } else {
      this.board.servedOpen('write to RAM');
      this.board.chip.writeMemory(address, bytes);
    }
    this.board.save();
    return {};
  }

  read({ address, size, loader }: Takes<'read'>): { data: string } {
    checkRange(address, size);
    if (size > maximumChunkBytes) throw new Refusal('bad-request', 'too many bytes at once');
    this.board.served();
    return { data: Buffer.from(this.#read(address, size, loader)).toString('base64') };
  }

  writeMemory({ address, value, width }: Takes<'writeMemory'>): object {
    checkRange(address, width);
    if (width !== 1 && width !== 2 && width !== 4) throw new Refusal('bad-request', 'the width is 1, 2 or 4');
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) throw new Refusal('bad-request', 'the value does not fit');
    this.board.servedOpen('write to memory');
    if (address % width !== 0) throw new Refusal('bad-address', `${hex32(address)} is not a multiple of ${String(width)}`);
    this.board.chip.storeWord(address, value, width);
    return {};
  }

  #read(address: number, size: number, loader: string | undefined): Uint8Array {
    const { internalFlash, externalFlash } = this.board.memories;
    if (address >= internalFlash.base && address < internalFlash.base + internalFlash.size) {
      const offset = internalFlash.offset(address, size);
      return internalFlash.bytes.subarray(offset, offset + size);
    }
    if (this.#isExternal(address)) {
      this.#checkLoader(loader);
      this.board.loaderRuns();
      return externalFlash.read(this.#externalOffset(address, size), size);
    }
    return this.board.chip.readMemory(address, size);
  }

  /** Bytes that the external loader erases at once. */
  get loaderSectorSize(): number {
    const { sectorSize, loaderSectorSize } = this.board.kit.externalFlash;
    return loaderSectorSize ?? sectorSize;
  }

  #isExternal(address: number): boolean {
    const { base, size } = this.board.kit.externalFlash;
    return address >= base && address < base + size;
  }

  #externalOffset(address: number, length: number): number {
    const { base, size } = this.board.kit.externalFlash;
    if (address + length > base + size) throw new Refusal('bad-address', `${hex32(address)} + ${String(length)} bytes is outside the external flash`);
    return address - base;
  }

  /** The file of a loader is named like the loader; that for the boot loader ends in -SFIx or -OBL by the tool's version. */
  #checkLoader(loader: string | undefined): void {
    const { externalFlash } = this.board.kit;
    const variant = /-(?:SFIx|OBL)(?=\.stldr$)/i;
    if (this.board.bootLoader()) {
      if (loader !== undefined && variant.test(loader) && loader.replace(variant, '') === externalFlash.bootLoaderLoader.replace(variant, '')) return;
    } else if (loader === externalFlash.loader) {
      this.board.servedOpen('run an external loader');
      return;
    }
    throw new Refusal('wrong-loader', loader === undefined ? 'the external flash needs an external loader' : `the external loader ${loader.slice(0, 80)} is not for this board`);
  }
}

export function checkRange(address: number, size: number): void {
  if (!Number.isInteger(address) || address < 0 || !Number.isInteger(size) || size < 1 || address + size > 2 ** 32) throw new Refusal('bad-address', 'no such memory');
}
