import type { Kit, RotConfiguration } from '../board/index.js';
import type { Address, ByteCount } from '../units/index.js';

/** One region as the Armv7-M MPU holds it (DDI 0403E B3.5). */
export interface MpuRegion {
  readonly number: number;
  readonly base: Address;
  /** MPU_RASR with its ENABLE bit. */
  readonly rasr: number;
  readonly what: string;
}

/**
 * Releases of OEMiROT_Boot whose MPU table differs: `current` opens everything from 0x20000000 to the application;
 * `ahb-sram2` is the older documented one, whose region 5 covers AHB SRAM2 0x30004000 to 0x30007000 only and is to be widened in OEMiROT_Boot by the user
 * (ST wiki "How to adapt a user application to ROT for STM32H7RS").
 */
export type RotRelease = 'current' | 'ahb-sram2';

/** Access permissions, AP field. */
const ap = { none: 0, privilegedRw: 1, fullRw: 3, privilegedRo: 5 } as const;
/** TEX, S, C, B as bits 21:16 of MPU_RASR. */
const memory = {
  device: 0b000_001,
  nonCacheable: 0b001_000,
  stronglyOrdered: 0b000_100,
  writeThrough: 0b000_010,
  writeBack: 0b001_011,
  writeBackShareable: 0b001_111,
} as const;

interface Region {
  readonly number: number;
  readonly base: Address;
  readonly size: ByteCount;
  readonly access: keyof typeof ap;
  readonly execute: boolean;
  readonly memory: keyof typeof memory;
  readonly subregionDisable?: number;
  readonly what: string;
}

/** MPU_RASR of an enabled region. `size` is a power of two, 32 bytes or more. */
function rasr(region: Region): number {
  const sizeField = Math.log2(region.size) - 1;
  const executeNever = region.execute ? 0 : 1;
  return (
    ((executeNever << 28) | (ap[region.access] << 24) | (memory[region.memory] << 16) | ((region.subregionDisable ?? 0) << 8) | (sizeField << 1) | 1) >>> 0
  );
}

/** Region 5 per release: internal RAM as data. */
const internalRam: Readonly<Record<RotRelease, Pick<Region, 'base' | 'size' | 'subregionDisable'>>> = {
  current: { base: 0x20000000, size: 0x20000000 },
  // unverified: the range is documented, its encoding is not; 16 KB with the upper two subregions off is the only one region that gives it.
  'ahb-sram2': { base: 0x30004000, size: 0x4000, subregionDisable: 0xc0 },
};

/** What the configuration decides of the table. */
export type MpuConfiguration = Pick<RotConfiguration, 'bootPath' | 'layout'>;

/** What every boot path leaves open to an application as data. */
function dataRegions(kit: Kit, release: RotRelease): readonly Region[] {
  return [
    { number: 0, base: 0x20000000, size: 0x10000, access: 'privilegedRw', execute: false, memory: 'writeBack', what: 'DTCM' },
    { number: 1, base: kit.externalFlash.base, size: 0x8000000, access: 'fullRw', execute: false, memory: 'stronglyOrdered', what: 'external flash' },
    { number: 2, base: kit.externalRam?.base ?? 0x70000000, size: 0x2000000, access: 'fullRw', execute: false, memory: 'stronglyOrdered', what: 'external RAM' },
    { number: 5, ...internalRam[release], access: 'privilegedRw', execute: false, memory: 'writeBack', what: 'internal RAM' },
    { number: 8, base: 0x40000000, size: 0x20000000, access: 'privilegedRw', execute: false, memory: 'device', what: 'peripherals' },
  ];
}

function application({ layout }: MpuConfiguration): Region {
  const { base, size } = layout.run ?? layout.primary;
  return { number: 14, base, size, access: 'privilegedRo', execute: true, memory: 'writeBackShareable', what: 'application' };
}

const encode = (regions: readonly Region[]): readonly MpuRegion[] =>
  [...regions].sort((a, b) => a.number - b.number).map((region) => ({ number: region.number, base: region.base, rasr: rasr(region), what: region.what }));

/**
 * The regions that an application finds at its first instruction: what the boot left of its own table, and the four it rewrote for the application
 * (STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c, region_cfg_init and region_cfg_appli; region 14 is enabled by the ROM's jump service).
 * OEMuRoT, the same sources built with OEMUROT_ENABLE, differs in region 6: it runs in AXI SRAM1.
 */
export function applicationMpuTable(kit: Kit, configuration: MpuConfiguration, release: RotRelease): readonly MpuRegion[] {
  const boot = configuration.bootPath === 'stirot-oemurot' ? { base: 0x24000000, size: 0x20000 } : { base: 0x08000000, size: 0x10000 };
  return encode([
    ...dataRegions(kit, release),
    { number: 6, ...boot, access: 'privilegedRo', execute: true, memory: 'writeThrough', what: 'boot code' },
    { number: 10, base: 0x1ff00000, size: 0x20000, access: 'privilegedRo', execute: false, memory: 'nonCacheable', what: 'system flash' },
    { number: 11, base: 0x1ff16000, size: 0x2000, access: 'privilegedRo', execute: true, memory: 'writeThrough', subregionDisable: 0x03, what: 'RSS library' },
    { number: 12, base: 0x52000000, size: 0x2000, access: 'none', execute: false, memory: 'device', what: 'HPDMA1' },
    { number: 13, base: 0x30007f80, size: 0x80, access: 'privilegedRw', execute: false, memory: 'nonCacheable', what: 'RAMECC handles, confirmation flag' },
    application(configuration),
  ]);
}

/**
 * The regions that STiRoT leaves to an application. Public is that execution is allowed in its code area alone (STM32CubeH7RS STiROT_Appli/README.md);
 * unverified: which regions say so, and that data is open as behind OEMiRoT.
 */
export function stirotMpuTable(kit: Kit, configuration: MpuConfiguration): readonly MpuRegion[] {
  return encode([...dataRegions(kit, 'current'), application(configuration)]);
}
