import type { Address, ByteCount } from '../../units/index.js';
import { hex32 } from '../../units/index.js';

/** An MPU region as the registers hold it (DDI 0403E B3.5.8, B3.5.9). */
export interface ProtectionRegion {
  readonly number: number;
  readonly base: Address;
  readonly rasr: number;
  /** What the region is for. */
  readonly what?: string;
}

/** The MPU as it stood. */
export interface Protection {
  /** MPU_CTRL: ENABLE bit 0, HFNMIENA bit 1, PRIVDEFENA bit 2. */
  readonly control: number;
  readonly regions: readonly ProtectionRegion[];
  /** Who set it up, if it is known: `OEMiRoT`. */
  readonly setBy?: string;
}

/** A named piece of the memory map. */
export interface NamedRange {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
}

/** What the memory map and the MPU say about one address. */
export interface MemoryRule {
  readonly address: Address;
  /** The memory or peripheral there, null where nothing is known to be. */
  readonly place: string | null;
  /** Every region that covers it, the one that decides (the highest number) last. */
  readonly regions: readonly { readonly number: number; readonly base: Address; readonly size: ByteCount; readonly what: string | null; readonly privileged: string; readonly unprivileged: string; readonly executable: boolean }[];
  /** Number of the region that decided; null: none covers the address, or the MPU is off. */
  readonly decidedBy: number | null;
  /** The rule in one sentence. */
  readonly sentence: string;
}

const access = ['nothing', 'readable and writable', 'readable, never writable'] as const;
/** AP field to what privileged and unprivileged code may do. */
const permissions: readonly (readonly [privileged: 0 | 1 | 2, unprivileged: 0 | 1 | 2])[] = [[0, 0], [1, 0], [1, 2], [1, 1], [0, 0], [2, 0], [2, 2], [2, 2]];

/** System space, where no region applies and nothing is executed. */
const isSystem = (address: Address): boolean => address >>> 20 === 0xe00;

/** Size in bytes of an enabled region that covers an address; undefined for any other. */
function covers({ base, rasr }: ProtectionRegion, address: Address): ByteCount | undefined {
  if (!(rasr & 1)) return undefined;
  const size = 2 ** (((rasr >>> 1) & 0x1f) + 1);
  if (size < 32) return undefined;
  const start = base - (base % size);
  const offset = address - start;
  if (offset < 0 || offset >= size) return undefined;
  return size >= 256 && (rasr >>> (8 + Math.floor(offset / (size / 8)))) & 1 ? undefined : size;
}

/** @param privileged whether the code that faulted was privileged */
export function memoryRule(address: Address, protection: Protection, places: readonly NamedRange[], privileged: boolean): MemoryRule {
  const place = places.find(({ base, size }) => address >= base && address - base < size)?.name ?? null;
  const where = `${hex32(address)} is ${place === null ? 'where the board has no memory' : `in ${place}`}`;
  const after = protection.setBy === undefined ? '' : ` after ${protection.setBy}`;
  const regions = [...protection.regions]
    .sort((a, b) => a.number - b.number)
    .flatMap((region) => {
      const size = covers(region, address);
      if (size === undefined) return [];
      const [forPrivileged, forUnprivileged] = permissions[(region.rasr >>> 24) & 7]!;
      return [{ number: region.number, base: region.base, size, what: region.what ?? null, privileged: access[forPrivileged], unprivileged: access[forUnprivileged], executable: !(region.rasr & 0x10000000) }];
    });
  const rule = (decidedBy: number | null, sentence: string): MemoryRule => ({ address, place, regions, decidedBy, sentence });
  if (isSystem(address)) return rule(null, `${hex32(address)} is in the private peripheral bus: registers of the core, for privileged code, never executable`);
  if (!(protection.control & 1)) return rule(null, `${where}; the MPU is off and decides nothing`);
  const deciding = regions.at(-1);
  if (deciding === undefined) {
    if (privileged && protection.control & 4) return rule(null, `${where}: no MPU region covers it${after}, the default memory map applies (MPU_CTRL.PRIVDEFENA)`);
    return rule(null, `${where}: no MPU region covers it${after}, so nothing may be read, written or executed there`);
  }
  const may = privileged ? deciding.privileged : deciding.unprivileged;
  const who = deciding.privileged === deciding.unprivileged ? '' : privileged ? ' for privileged code' : ' for unprivileged code';
  const executable = deciding.executable && may !== access[0] ? 'executable' : 'never executable';
  const can = may === access[0] ? 'neither readable nor writable nor executable' : `${may}${who}, ${executable}`;
  const what = deciding.what === null ? '' : ` (${deciding.what})`;
  return rule(deciding.number, `${where}: ${can}${may === access[0] ? who : ''}${after}, region ${String(deciding.number)}${what}`);
}
