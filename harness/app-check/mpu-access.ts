import type { Protection, ProtectionRegion } from '../elf/index.js';
import type { Address, ByteCount } from '../units/index.js';

/** What privileged code may do at an address, and how the caches treat it. */
export interface Access {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  /** Normal memory that the data cache may hold. */
  readonly cacheable: boolean;
  /** Number of the region that decides; undefined: none covers it. */
  readonly region: number | undefined;
}

const none: Access = { read: false, write: false, execute: false, cacheable: false, region: undefined };
/** AP field (DDI 0403E, table B3-15), for privileged code: read, write. */
const privileged: readonly (readonly [boolean, boolean])[] = [[false, false], [true, true], [true, true], [true, true], [false, false], [true, false], [true, false], [true, false]];

const sizeOf = ({ rasr }: ProtectionRegion): ByteCount => 2 ** (((rasr >>> 1) & 31) + 1);
const startOf = (region: ProtectionRegion): Address => region.base - (region.base % sizeOf(region));

function covers(region: ProtectionRegion, address: Address): boolean {
  const size = sizeOf(region);
  const offset = address - startOf(region);
  if (!(region.rasr & 1) || offset < 0 || offset >= size) return false;
  return size < 256 || !((region.rasr >>> (8 + Math.floor(offset / (size / 8)))) & 1);
}

/** The region with the highest number decides (DDI 0403E, B3.5.3). */
export function accessAt(protection: Protection, address: Address): Access {
  let deciding: ProtectionRegion | undefined;
  for (const region of protection.regions) if (covers(region, address) && (deciding === undefined || region.number > deciding.number)) deciding = region;
  if (deciding === undefined) return none;
  const { rasr } = deciding;
  const [read, write] = privileged[(rasr >>> 24) & 7]!;
  const tex = (rasr >>> 19) & 7;
  const cb = (rasr >>> 16) & 3;
  // TEX 0: C=1 is write-through or write-back; TEX 1: C=1 B=1 is write-back; TEX 4 to 7: outer policy in TEX, inner in C and B (table B3-13).
  const cacheable = tex >= 4 ? cb !== 0 : tex === 1 ? cb === 3 : tex === 0 && (cb & 2) !== 0;
  return { read, write, execute: read && !(rasr & 0x10000000), cacheable, region: deciding.number };
}

/** The first address of a range where `allowed` does not hold; undefined where it holds everywhere. */
export function firstWithout(protection: Protection, base: Address, size: ByteCount, allowed: (access: Access) => boolean): Address | undefined {
  const end = base + Math.max(1, size);
  const edges = [base];
  for (const region of protection.regions) {
    const whole = sizeOf(region);
    const step = whole < 256 ? whole : whole / 8;
    const start = startOf(region);
    for (let edge = start; edge <= start + whole; edge += step) if (edge > base && edge < end) edges.push(edge);
  }
  return edges.sort((a, b) => a - b).find((edge) => !allowed(accessAt(protection, edge)));
}
