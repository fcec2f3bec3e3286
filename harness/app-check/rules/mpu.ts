import { hex32 } from '../../units/index.js';
import type { Application } from '../application.js';
import { reachedFromReset } from '../application.js';
import { sharedAreas } from '../boot-surroundings.js';
import { register } from '../register-map.js';
import type { Rule } from '../rule.js';
import { configuredRegions } from '../mpu-setup.js';

const source = 'STM32CubeH7RS OEMiROT_Appli/README.md, Note; Templates/Template_ROT/OEMiROT_Appli/Appli/Src/main.c, MPU_Config';

/** Whether the code writes MPU registers at all. */
const touches = ({ code }: Application): boolean => code !== undefined && code.writes.some(({ address }) => address >= register.mpuCtrl && address <= register.mpuRasr);

export const mpuRules: readonly Rule[] = [
  {
    id: 'mpu-write-execute',
    title: 'No MPU region is writable and executable',
    severity: 'warning',
    why: 'the boot leaves no memory that is both: opening one gives away what the secure boot protects, injected data could be executed',
    fix: 'make the code region read-only (MPU_REGION_PRIV_RO) and every writable one MPU_INSTRUCTION_ACCESS_DISABLE',
    source,
    check: (application) =>
      configuredRegions(application)
        .filter(({ enabled, writable, executable }) => enabled !== false && writable === true && executable === true)
        .map(({ pc, base, number }) => ({ address: pc, expected: 'write or execute', found: `region ${number ?? '?'}${base === undefined ? '' : ` at ${hex32(base)}`}: writable and executable` })),
  },
  {
    id: 'mpu-reserved-area',
    title: "The application's MPU set-up keeps the shared memory non-cacheable",
    severity: 'warning',
    why: 'the boot keeps 0x30007F80 to 0x30007FFF non-cacheable by region 13: with a table of its own the application writes the flag into the data cache, and the reset loses it',
    fix: 'configure a region of 128 bytes at 0x30007F80, non-cacheable, not executable; or clean the data cache after writing the flag',
    source: 'STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c, MPU region 13',
    check: (application, boot) => {
      if (!boot.shares || !touches(application)) return [];
      const regions = configuredRegions(application);
      if (regions.length === 0) return [];
      const { base } = sharedAreas.all;
      const keeps = regions.some((region) => region.enabled !== false && region.base !== undefined && region.base <= base && (region.size === undefined || region.base + region.size >= base + sharedAreas.all.size) && region.base >= 0x30000000 && region.cacheable === false);
      if (keeps) return [];
      const known = regions.every((region) => region.base !== undefined);
      return [{ ...(boot.swap && known ? {} : { severity: 'info' as const }), address: base, expected: 'a non-cacheable region over 0x30007F80 to 0x30007FFF', found: `${regions.length} regions configured, none of which is known to be it` }];
    },
  },
  {
    id: 'mpu-off',
    title: 'The MPU stays on while external memory is used',
    severity: 'warning',
    why: 'with the MPU off the default memory map applies: external memory is executable and cacheable, and the core may prefetch from addresses where XSPI answers nothing and hangs',
    fix: 'enable the MPU again (HAL_MPU_Enable), with a background region that forbids 0x60000000 to 0x9FFFFFFF where no memory is',
    source: 'AN4839 Level 1 cache on STM32F7 and STM32H7, speculative prefetch; STM32CubeH7RS Template_ROT, MPU_Config background region',
    check: (application, boot) => {
      const { code, extents, named } = application;
      if (code === undefined) return [];
      const reached = reachedFromReset(application);
      const external = boot.externalRam === 'initialised' || boot.externalFlash === 'running' || extents.some(({ base }) => base >= 0x60000000);
      const control = code.writes.filter(({ address }) => address === register.mpuCtrl);
      // A fault handler may switch the MPU off to tell about the fault.
      const off = control.filter(({ value, within }) => value !== undefined && !(value & 1) && (!named || reached.has(within)));
      const on = control.some(({ value }) => value === undefined || value & 1);
      return external && off.length > 0 && !on ? [{ address: off[0]!.pc, expected: 'MPU_CTRL.ENABLE set again', found: 'only writes that clear it' }] : [];
    },
  },
];
