/** Armv7-M MPU (PMSAv7), 16 regions. Source: Armv7-M ARM (DDI 0403E) B3.5. */
import type { Address } from '../../units/index.js';
import type { Saved, SavedReader } from '../saved-state.js';

const regionCount = 16;
/** Permission bits of an address. */
export const Permission = { read: 1, write: 2, execute: 4 } as const;
const readWriteExecute = 7;
const readWrite = 3;

const isPpb = (address: Address): boolean => address >>> 20 === 0xe00;

/** The default memory map (B3.1): what privileged code may do where no region applies. System space is never executable. */
function defaultMap(address: Address): number {
  const top = address >>> 29;
  return top === 2 || top >= 5 ? readWrite : readWriteExecute;
}

/** Device and Strongly-ordered memory of the default map: peripherals, external devices, system space. */
const isDeviceByDefault = (address: Address): boolean => address >>> 29 === 2 || address >>> 29 >= 5;

/** What the data cache holds by the default map: code, SRAM, external memories (B3.1). */
const isCacheableByDefault = (address: Address): boolean => [0, 1, 3, 4].includes(address >>> 29);

/** AP field to permissions [privileged, unprivileged], without execute. */
const accessPermissions: readonly (readonly [number, number])[] = [
  [0, 0],
  [3, 0],
  [3, 1],
  [3, 3],
  [0, 0],
  [1, 0],
  [1, 1],
  [1, 1],
];

export class Mpu {
  control = 0;
  number = 0;
  readonly rbar = new Uint32Array(regionCount);
  readonly rasr = new Uint32Array(regionCount);
  /** Set by the core: cached permissions are stale. */
  onChange: () => void = () => undefined;

  reset(): void {
    this.control = 0;
    this.number = 0;
    this.rbar.fill(0);
    this.rasr.fill(0);
    this.onChange();
  }

  saved(): Saved {
    return { control: this.control, number: this.number, rbar: [...this.rbar], rasr: [...this.rasr] };
  }

  restore(state: SavedReader): void {
    this.control = state.integer('control', 0, 7);
    this.number = state.integer('number', 0, regionCount - 1);
    this.rbar.set(state.numbers('rbar', { exactly: regionCount }));
    this.rasr.set(state.numbers('rasr', { exactly: regionCount }));
    this.onChange();
  }

  /** Registers from 0xE000ED90, word offset. RBAR/RASR aliases included. */
  read(offset: number): number {
    switch (offset) {
      case 0x00:
        return regionCount << 8;
      case 0x04:
        return this.control;
      case 0x08:
        return this.number;
      case 0x0c: case 0x14: case 0x1c: case 0x24:
        return this.rbar[this.number]! | this.number;
      default:
        return this.rasr[this.number]!;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case 0x00:
        return;
      case 0x04:
        this.control = value & 7;
        break;
      case 0x08:
        this.number = value & 0xff & (regionCount - 1);
        return;
      case 0x0c: case 0x14: case 0x1c: case 0x24:
        if (value & 0x10) this.number = value & 0xf;
        this.rbar[this.number] = value & 0xffffffe0;
        break;
      default:
        this.rasr[this.number] = value & 0x173fff3f;
    }
    this.onChange();
  }

  /** What may be done at an address. `negativePriority`: HardFault, NMI or FAULTMASK, where HFNMIENA decides. */
  permissions(address: Address, privileged: boolean, negativePriority: boolean): number {
    if (isPpb(address)) return readWrite;
    if (!this.#applies(negativePriority)) return defaultMap(address);
    const region = this.#match(address);
    if (region < 0) return privileged && this.control & 4 ? defaultMap(address) : 0;
    const rasr = this.rasr[region]!;
    const access = accessPermissions[(rasr >>> 24) & 7]![privileged ? 0 : 1];
    const execute = rasr & 0x10000000 || !(access & 1) || address >= 0xe0000000 ? 0 : Permission.execute;
    return access | execute;
  }

  /** Whether an address is Device or Strongly-ordered memory, where every access must be aligned (A3.2.1, B3.5.9). */
  isDevice(address: Address, negativePriority: boolean): boolean {
    const region = isPpb(address) || !this.#applies(negativePriority) ? -1 : this.#match(address);
    if (region < 0) return isDeviceByDefault(address);
    const rasr = this.rasr[region]!;
    const type = (rasr >>> 19) & 7;
    return rasr & 0x20000 ? false : type === 0 || (type === 2 && !(rasr & 0x10000));
  }

  /** Whether the data cache may hold what is at an address: normal memory that is cacheable and not shareable (B3.5.9, table of TEX, C and B). */
  isCacheable(address: Address): boolean {
    const region = isPpb(address) || !this.#applies(false) ? -1 : this.#match(address);
    if (region < 0) return isCacheableByDefault(address);
    const rasr = this.rasr[region]!;
    const type = (rasr >>> 19) & 7;
    const [shareable, c, b] = [18, 17, 16].map((bit) => ((rasr >>> bit) & 1) === 1);
    return !shareable && (type === 0 ? c === true : type === 1 ? c === true && b === true : type >= 4 && (c === true || b === true));
  }

  #applies(negativePriority: boolean): boolean {
    return (this.control & 1) !== 0 && (!negativePriority || (this.control & 2) !== 0);
  }

  /** The region that decides for an address, -1 for none: the highest number wins, a disabled subregion falls through. */
  #match(address: Address): number {
    for (let region = regionCount - 1; region >= 0; region -= 1) {
      const rasr = this.rasr[region]!;
      if (!(rasr & 1)) continue;
      const log2 = ((rasr >>> 1) & 0x1f) + 1;
      if (log2 < 5) continue;
      if (log2 < 32 && address >>> log2 !== this.rbar[region]! >>> log2) continue;
      if (log2 >= 8) {
        const subregion = log2 === 32 ? address >>> 29 : (address >>> (log2 - 3)) & 7;
        if ((rasr >>> (8 + subregion)) & 1) continue;
      }
      return region;
    }
    return -1;
  }

  /** Whether all of a 4 KB page has one permission: no enabled region or subregion smaller than the page touches it. */
  uniform(pageAddress: Address): boolean {
    if (!(this.control & 1)) return true;
    for (let region = 0; region < regionCount; region += 1) {
      const rasr = this.rasr[region]!;
      if (!(rasr & 1)) continue;
      const log2 = ((rasr >>> 1) & 0x1f) + 1;
      const grain = rasr & 0xff00 ? log2 - 3 : log2;
      if (grain >= 12) continue;
      const reach = Math.max(log2, 12);
      if (reach >= 32 || pageAddress >>> reach === this.rbar[region]! >>> reach) return false;
    }
    return true;
  }
}
