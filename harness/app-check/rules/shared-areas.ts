import { hex32 } from '../../units/index.js';
import type { Application, Extent, Role } from '../application.js';
import { firstWithoutMemory, overlap, sharedAreas } from '../boot-surroundings.js';
import type { BootSurroundings } from '../boot-surroundings.js';
import type { Observation } from '../finding.js';
import { accessAt, firstWithout } from '../mpu-access.js';
import type { Rule } from '../rule.js';

const layout = 'STM32CubeH7RS OEMiROT_Boot/Inc/region_defs.h, RAMECC_HANDLE_START, CONF_FLAG_START, DATA_NOINIT_START';
const endOf = ({ base, size }: { readonly base: number; readonly size: number }): number => base + size;
const range = (area: { readonly base: number; readonly size: number }): string => `${hex32(area.base)} to ${hex32(endOf(area) - 1)}`;

/** Sections and regions of a purpose that lie elsewhere than the boot has them. */
function misplaced(application: Application, boot: BootSurroundings, role: Role, area: { readonly base: number; readonly size: number }): readonly Observation[] {
  if (!boot.shares) return [];
  const seen = new Set<string>();
  return application.extents
    .filter((extent) => extent.role === role && (extent.base !== area.base || endOf(extent) > endOf(area)))
    .filter(({ name, base }) => !seen.has(`${name} ${base}`) && seen.add(`${name} ${base}`))
    .map(({ name, base, size, place }) => ({ address: base, expected: range(area), found: size === 0 ? `${name} at ${hex32(base)}, empty` : `${name}, ${range({ base, size })}`, place }));
}

function initialised(application: Application, boot: BootSurroundings, role: Role): readonly Observation[] {
  if (!boot.shares) return [];
  return application.extents
    .filter(({ role: each, start }) => each === role && (start === 'copied' || start === 'zeroed'))
    .map(({ name, base, start, place }) => ({
      // Content in the load image is part of the file; zeroing happens after the boot has read the flag.
      ...(start === 'zeroed' ? { severity: 'warning' as const } : {}),
      address: base,
      expected: 'left alone by the startup code (NOLOAD, UNINIT, do not initialize)',
      found: `${name} is ${start!} before main`,
      place,
    }));
}

function missing(application: Application, boot: BootSurroundings, role: Role, area: { readonly base: number; readonly size: number }): readonly Observation[] {
  if (!boot.shares || application.form !== 'script' || application.extents.some((extent) => extent.role === role)) return [];
  return [{ address: area.base, expected: `a section at ${range(area)}`, found: 'none' }];
}

const noncacheable = (extents: readonly Extent[]): readonly Extent[] => extents.filter(({ role, size }) => role === 'noncacheable' && size > 0);

export const sharedAreaRules: readonly Rule[] = [
  {
    id: 'confirmation-flag-address',
    title: 'The confirmation flag lies where the boot reads it',
    severity: 'error',
    why: 'in swap mode the boot compares 16 bytes at 0x30007FA0 after a reset: a flag elsewhere confirms nothing, and the update is reverted',
    fix: 'place the section of the flag at 0x30007FA0, 32 bytes',
    source: layout,
    check: (application, boot) => misplaced(application, boot, 'flag', sharedAreas.flag),
  },
  {
    id: 'confirmation-flag-noload',
    title: 'The confirmation flag is not initialised',
    severity: 'error',
    why: 'the flag carries a message over a reset: initial contents belong neither into the image nor is the startup code to write them',
    fix: 'GNU ld: (NOLOAD); ILINK: do not initialize { section .flag }; armlink: UNINIT on the execution region',
    source: `${layout}; OEMiROT_Appli/STM32CubeIDE/STM32H7S7L8HXH_FLASH.ld, .flag`,
    check: (application, boot) => initialised(application, boot, 'flag'),
  },
  {
    id: 'confirmation-flag-section',
    title: 'The linker script reserves the confirmation flag',
    severity: 'warning',
    why: 'without a section for it the linker may place variables there, which the boot reads as a flag and zeroes at each start in swap mode',
    fix: 'add the section: rot-hil adapt <linker script>',
    source: layout,
    check: (application, boot) => missing(application, boot, 'flag', sharedAreas.flag),
  },
  {
    id: 'ramecc-handle-address',
    title: 'The RAMECC handles lie where the boot left them',
    severity: 'error',
    why: 'the boot leaves five initialised handles at 0x30007FC0 for the RAMECC interrupt of the application: a handle elsewhere names no monitor, HAL_RAMECC_IRQHandler then reads address 0 and faults',
    fix: 'place .ramecchandlenoinit at 0x30007FC0, 64 bytes',
    source: `${layout}; OEMiROT_Boot/Src/low_level_ramecc.c`,
    check: (application, boot) => misplaced(application, boot, 'handles', sharedAreas.handles),
  },
  {
    id: 'ramecc-handle-noload',
    title: 'The RAMECC handles are not initialised',
    severity: 'error',
    why: 'startup code that zeroes or copies over the handles loses what the boot set up',
    fix: 'GNU ld: (NOLOAD); ILINK: do not initialize { section .ramecchandlenoinit }; armlink: UNINIT on the execution region',
    source: layout,
    check: (application, boot) => application.extents.filter(() => boot.shares).filter(({ role, start, size }) => role === 'handles' && size > 0 && (start === 'copied' || start === 'zeroed')).map(({ name, base, start, place }) => ({ address: base, expected: 'left alone by the startup code', found: `${name} is ${start!} before main`, place })),
  },
  {
    id: 'ramecc-handle-section',
    title: 'The linker script reserves the RAMECC handles',
    severity: 'warning',
    why: 'without a section for them the linker may place variables over the handles that the boot left',
    fix: 'add the section: rot-hil adapt <linker script>',
    source: layout,
    check: (application, boot) => missing(application, boot, 'handles', sharedAreas.handles),
  },
  {
    id: 'shared-area-foreign',
    title: 'Nothing else lies in the memory shared with the boot',
    severity: 'error',
    why: 'the boot reads, writes and zeroes 0x30007F80 to 0x30007FFF at every start (its own data, the flag, the handles)',
    fix: 'let the RAM regions of the application end at 0x30007F7F',
    source: layout,
    check: ({ extents, regions, vectors, stackTop }, boot) => {
      if (!boot.shares) return [];
      const shared = sharedAreas.all;
      const own = (role: Role): boolean => role === 'flag' || role === 'handles';
      const top = vectors?.words[0] ?? stackTop;
      return [
        ...extents.filter((extent) => !own(extent.role) && extent.role !== 'empty' && overlap(extent, shared)).map(({ name, base, size, place }) => ({ address: Math.max(base, shared.base), expected: `an end at ${hex32(shared.base - 1)}`, found: `${name}, ${range({ base, size })}`, place })),
        ...regions
          .filter((region) => region.roles.length === 0 && region.base < shared.base && overlap(region, shared))
          .map((region) => ({ severity: 'warning' as const, address: shared.base, expected: `an end at ${hex32(shared.base - 1)}`, found: `region ${region.name}, ${range(region)}; nothing lies in it yet`, place: region.place })),
        ...(top !== undefined && top > shared.base && top <= endOf(shared) ? [{ address: top, expected: `a stack that ends at ${hex32(shared.base)} or before`, found: hex32(top) }] : []),
      ];
    },
  },
  {
    id: 'noncacheable-buffer',
    title: 'Non-cacheable buffers are non-cacheable under the MPU',
    severity: 'warning',
    why: 'the table of the boot makes internal RAM write-back cacheable but for 0x30007F80 to 0x30007FFF: a DMA buffer elsewhere is stale as soon as the data cache is on',
    fix: 'set up an MPU region for the buffer (TEX 1, C 0, B 0), or clean and invalidate around each transfer',
    source: 'STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c, MPU regions 5 and 13',
    check: ({ extents, code }, boot) => {
      // An application with an MPU set-up of its own decides for itself; what STiRoT's table says is not public.
      const own = code !== undefined && code.calls.some(({ record }) => record !== undefined);
      return noncacheable(extents).flatMap(({ name, base, size, place }) => {
        if (firstWithoutMemory(boot, base, size) !== undefined) return [];
        const at = firstWithout(boot.protection, base, size, ({ cacheable }) => !cacheable);
        if (at === undefined) return [];
        return [{ ...(own || boot.bootPath === 'stirot' ? { severity: 'info' as const } : {}), address: at, expected: 'an MPU region without cache', found: `${name}, ${range({ base, size })}: cacheable by region ${accessAt(boot.protection, at).region ?? 'none'}`, place }];
      });
    },
  },
];
