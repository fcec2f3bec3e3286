import { hex, hex32 } from '../../units/index.js';
import type { Extent, Region, Role } from '../application.js';
import { firstWithoutMemory, memoryAt, overlap } from '../boot-surroundings.js';
import type { Observation } from '../finding.js';
import { accessAt, firstWithout } from '../mpu-access.js';
import type { Rule } from '../rule.js';

const variable: ReadonlySet<Role> = new Set(['data', 'zeroed', 'stack', 'heap', 'reserve', 'noncacheable']);
const fixedContent: ReadonlySet<Role> = new Set(['vectors', 'code', 'constants']);
const itcmEnd = 0x30000;
/** AHB SRAM2 and DTCM: open under every MPU table, and never code's (stm32h7s7xx.h, SRAM2_AHB_BASE, DTCM_BASE). */
const portable = [{ base: 0x30004000, size: 0x4000 }, { base: 0x20000000, size: 0x10000 }] as const;
const security = 'STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c';
const last = ({ base, size }: { readonly base: number; readonly size: number }): string => hex32(base + Math.max(1, size) - 1);
const used = ({ roles }: Region): boolean => roles.length > 0;

/** Variables and stacks; those that lie in no RAM, or over the slot, are other rules' matter. */
const variables = (extents: readonly Extent[]): readonly Extent[] => extents.filter(({ role, size }) => variable.has(role) && size > 0);

export const memoryRules: readonly Rule[] = [
  {
    id: 'memory-exists',
    title: 'Sections and regions lie in memory that exists',
    severity: 'error',
    why: 'an address without memory is a bus fault, whatever the MPU says; TCM shares (ITCM_AXI_SHARE, DTCM_AXI_SHARE) move memory between AXI SRAM and TCM',
    fix: 'correct origin and length of the region: AHB SRAM2 ends at 0x30007fff, AXI SRAM at 0x24071fff',
    source: 'cmsis_device_h7rs Include/stm32h7s7xx.h, memory map; kit files in boards/',
    check: ({ extents, regions }, boot) => {
      const found: Observation[] = extents
        .filter(({ size, role }) => size > 0 && role !== 'empty')
        .flatMap(({ name, base, size, place }) => {
          const at = firstWithoutMemory(boot, base, size);
          return at === undefined ? [] : [{ address: at, expected: 'memory', found: `${name}, ${hex32(base)} to ${last({ base, size })}: the board has no memory at ${hex32(at)}`, place }];
        });
      for (const region of regions) {
        const at = firstWithoutMemory(boot, region.base, region.size);
        if (at === undefined || extents.some(({ base, size }) => size > 0 && base === region.base && size === region.size)) continue;
        found.push({ ...(used(region) ? {} : { severity: 'warning' as const }), address: at, expected: 'memory', found: `region ${region.name}, ${hex32(region.base)} to ${last(region)}: the board has no memory at ${hex32(at)}`, place: region.place });
      }
      return found;
    },
  },
  {
    id: 'data-access',
    title: 'Data, stack and heap lie in memory that the MPU opens',
    severity: 'error',
    why: 'the MPU table of the boot stays in force: an address outside its regions is a MemManage fault at the first access, in the startup code already',
    fix: 'place variables in the internal RAM or in external RAM behind the slot; or set up your own MPU table before anything else',
    source: `${security}, region_cfg_init and region_cfg_appli`,
    check: ({ extents }, boot) =>
      variables(extents)
        .filter(({ base, size }) => base >= itcmEnd && !overlap({ base, size }, boot.slot) && firstWithoutMemory(boot, base, size) === undefined)
        .flatMap(({ name, base, size, place }) => {
          const at = firstWithout(boot.protection, base, size, ({ write }) => write);
          if (at === undefined) return [];
          const { region, read } = accessAt(boot.protection, at);
          return [{ address: at, expected: 'readable and writable', found: `${name}: ${region === undefined ? 'no MPU region covers it' : `${read ? 'read-only' : 'no access'} by region ${region}`}`, place }];
        }),
  },
  {
    id: 'data-in-flash',
    title: 'Variables lie in RAM',
    severity: 'error',
    why: 'stores do not change a flash memory',
    fix: 'place the section in a RAM; with the root of trust the external flash is at 0x90000000 and the external RAM at 0x70000000 on STM32H7S3/H7S7',
    source: 'STM32CubeH7RS OEMiROT_Boot/Inc/flash_layout.h, EXT_FLASH_BASE_ADDRESS and EXT_RAM_BASE_ADDRESS',
    check: ({ extents, regions }, boot) => {
      const inFlash = (base: number): string | undefined => {
        const memory = memoryAt(boot, base);
        return memory === undefined || memory.kind === 'ram' || memory.kind === 'external-ram' ? undefined : memory.name;
      };
      return [
        ...variables(extents).flatMap(({ name, base, place }) => (inFlash(base) === undefined ? [] : [{ address: base, expected: 'a RAM', found: `${name} in ${inFlash(base)!}`, place }])),
        ...regions
          .filter((region) => !used(region) && /RAM|RW_/i.test(region.name))
          .flatMap(({ name, base, place }) => (inFlash(base) === undefined ? [] : [{ severity: 'warning' as const, address: base, expected: 'a RAM, as its name says', found: `region ${name} in ${inFlash(base)!}; nothing lies in it yet`, place }])),
      ];
    },
  },
  {
    id: 'ram-over-code',
    title: 'No RAM region lies over the code',
    severity: 'error',
    why: 'the run slot is read-only: a variable there faults at its first store, and with an MPU table of your own it would overwrite the code',
    fix: 'let the region begin behind the slot (PARTITION_START + CODE_SIZE)',
    source: `${security}, MPU region 14; STM32CubeH7RS OEMiROT_Boot/Inc/region_defs.h`,
    check: ({ extents, regions }, boot) => [
      ...variables(extents).filter((extent) => overlap(extent, boot.slot)).map(({ name, base, size, place }) => ({ address: base, expected: `outside ${hex32(boot.slot.base)} to ${last(boot.slot)}`, found: `${name}, ${hex32(base)} to ${last({ base, size })}`, place })),
      ...regions
        .filter((region) => overlap(region, boot.slot) && !region.roles.some((role) => fixedContent.has(role)) && !extents.some(({ base, size }) => base === region.base && size === region.size))
        .map((region) => ({ ...(used(region) ? {} : { severity: 'warning' as const }), address: region.base, expected: `outside ${hex32(boot.slot.base)} to ${last(boot.slot)}`, found: `region ${region.name}, ${hex32(region.base)} to ${last(region)}${used(region) ? '' : '; nothing lies in it yet'}`, place: region.place })),
    ],
  },
  {
    id: 'regions-overlap',
    title: 'Regions of the linker script do not overlap',
    severity: 'error',
    why: 'the linker fills each region on its own: what lies in both is one memory for two purposes',
    fix: 'derive each origin from the end of the region before it',
    source: 'GNU ld manual, 3.7 MEMORY; Arm Compiler reference, scatter-loading',
    check: ({ regions }, boot) => {
      const found: Observation[] = [];
      // A region that nothing is placed in is a name for a memory: it takes nothing away.
      const filled = regions.filter(used);
      filled.forEach((region, index) => {
        for (const other of filled.slice(0, index)) {
          if (region.load === true || other.load === true || !overlap(region, other) || (region.base === other.base && region.size === other.size)) continue;
          // A RAM over the code region is the matter of ram-over-code.
          if ([region, other].some(({ roles }) => roles.some((role) => fixedContent.has(role))) && overlap(region, boot.slot)) continue;
          found.push({ address: Math.max(region.base, other.base), expected: `${other.name} and ${region.name} apart`, found: `${other.name} ${hex32(other.base)} to ${last(other)}, ${region.name} ${hex32(region.base)} to ${last(region)}`, place: region.place });
        }
      });
      return found;
    },
  },
  {
    id: 'external-ram-untouched',
    title: 'External RAM is used only where somebody initialises it',
    severity: 'error',
    why: 'the boot initialises the external RAM for load-and-run from it alone: otherwise the first access to it is a bus fault, long before main could initialise it',
    fix: 'keep .data, .bss, stack and heap in internal RAM; initialise XSPI2 in the application before using external RAM',
    source: 'STM32CubeH7RS OEMiROT_Boot/Src/low_level_ext_ram.c (LOAD_AND_RUN_EXT_RAM); STiROT_iLoader',
    check: ({ extents }, boot) =>
      boot.externalRam === 'initialised'
        ? []
        : extents
            .filter(({ base, role }) => role !== 'empty' && memoryAt(boot, base)?.kind === 'external-ram')
            .map(({ name, base, role, place }) => ({ ...(role === 'noncacheable' ? { severity: 'warning' as const } : {}), address: base, expected: 'internal RAM', found: `${name} in external RAM`, place })),
  },
  {
    id: 'external-flash-off',
    title: 'Load-and-run leaves the external flash off',
    severity: 'error',
    why: 'before the jump the boot de-initialises XSPI1: code or constants that stayed in the external flash are out of reach (a bus fault), and the cipher key of the primary slot is gone',
    fix: 'link constants into the run slot; initialise XSPI1 in the application before reading the external flash',
    source: 'STM32CubeH7RS OEMiROT_Boot/Src/boot_hal.c, boot_platform_quit',
    check: ({ extents }, boot) =>
      boot.externalFlash === 'running'
        ? []
        : extents
            .filter(({ base, size, role }) => size > 0 && fixedContent.has(role) && memoryAt(boot, base)?.kind === 'external-flash')
            .map(({ name, base, place }) => ({ address: base, expected: `inside ${hex32(boot.slot.base)} to ${last(boot.slot)}`, found: `${name} in external flash`, place })),
  },
  {
    id: 'data-beside-ahb-sram2',
    title: 'An application that shall run from internal RAM too keeps its data in AHB SRAM2 or DTCM',
    severity: 'warning',
    why: 'loaded into internal RAM the code lies in AXI SRAM (OEMiRoT: AXI SRAM3; STiRoT: anywhere in its 448 KB; OEMuRoT itself in AXI SRAM1), the external RAM is not initialised, and older releases of OEMiROT_Boot open AHB SRAM2 alone beside DTCM',
    fix: 'place .data, .bss, heap and stack in 0x30004000 to 0x30007f7f or in DTCM; or leave --keep-int-ram out',
    source: 'ST wiki "How to adapt a user application to ROT for STM32H7RS"; STM32CubeH7RS OEMiROT_Boot/Inc/region_defs.h, APP_RAM_START; OEMiROT_Appli linker scripts',
    check: ({ extents }, boot) =>
      !boot.keepIntRam
        ? []
        : variables(extents)
            .filter((extent) => !portable.some((area) => extent.base >= area.base && extent.base + extent.size <= area.base + area.size))
            .map(({ name, base, size, place }) => ({ address: base, expected: '0x30004000 to 0x30007fff, or DTCM', found: `${name}, ${hex32(base)} to ${last({ base, size })}`, place })),
  },
  {
    id: 'sram4-ecc',
    title: 'With ECC on, the end of AXI SRAM4 is not free',
    severity: 'info',
    why: 'the option byte ECC_ON_SRAM, which the root of trust demands, ties the size of AXI SRAM4; its last 8 KB are left out by STiRoT. unverified: what else uses them',
    fix: 'let regions of AXI SRAM end at 0x2406ffff',
    source: 'cmsis_device_h7rs Include/stm32h7s7xx.h, SRAM4_AXI_SIZE',
    check: ({ extents }, boot) =>
      (boot.configuration.path.optionBytes['ECC_ON_SRAM'] ?? 0) !== 1
        ? []
        : extents.filter(({ base, size, role }) => role !== 'empty' && overlap({ base, size }, { base: 0x24070000, size: 0x2000 })).map(({ name, base, size, place }) => ({ address: 0x24070000, expected: `an end at ${hex(0x24070000)} or before`, found: `${name} to ${last({ base, size })}`, place })),
  },
];
