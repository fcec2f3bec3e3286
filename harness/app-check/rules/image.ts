import { hex, hex32 } from '../../units/index.js';
import { overlap } from '../boot-surroundings.js';
import type { Observation } from '../finding.js';
import { accessAt, firstWithout } from '../mpu-access.js';
import type { Rule } from '../rule.js';

/** AXI SRAM as STiRoT may use it: 448 KB; the last 8 KB of AXI SRAM4 are left out. */
const stirotRam = { base: 0x24000000, size: 0x70000 } as const;
/** SRAM3_AXI_BASE (stm32h7s7xx.h). */
const axiSram3 = { base: 0x24040000, size: 0x20000 } as const;
const itcm = { base: 0, size: 0x30000 } as const;

export const imageRules: readonly Rule[] = [
  {
    id: 'image-outside-slot',
    title: 'Everything that is loaded lies in the slot, behind the header',
    severity: 'error',
    why: 'the boot copies, checks and executes the slot alone: what has another load address is not in the image, or makes it too long to be signed',
    fix: 'give initialised data a load address in the slot (AT> in GNU ld, initialize by copy in ILINK, one load region in armlink) and limit the regions to it',
    source: 'STM32CubeH7RS OEMiROT_Boot/Inc/region_defs.h, IMAGE_CODE_SIZE; MCUboot bootutil/src/loader.c, boot_is_header_valid',
    check: (application, boot) => {
      const end = boot.slot.base + boot.slot.size;
      const wanted = `${hex32(boot.codeStart)} to ${hex32(end - 1)}`;
      const outside = (base: number, size: number): boolean => base < boot.codeStart || base + size > end;
      const found: Observation[] = application.loads
        .filter(({ address, bytes }) => outside(address, bytes.length))
        .map(({ address, bytes }) => ({ address, expected: wanted, found: `${hex32(address)} to ${hex32(address + bytes.length - 1)}` }));
      for (const { name, base, size, roles, place } of application.regions) {
        if (!roles.some((role) => role === 'vectors' || role === 'code' || role === 'constants')) continue;
        if (outside(base, size)) found.push({ address: base, expected: wanted, found: `${name}: ${hex32(base)} to ${hex32(base + size - 1)}`, place });
        else if (base + size > end - boot.trailer) found.push({ severity: 'info', address: base, expected: `an end before the ${boot.trailer} bytes of the trailer and up to ${boot.tlvs} of the TLV areas`, found: `${name} reaches to ${hex32(base + size - 1)}: the linker would not notice an image too long to be signed`, place });
      }
      return found;
    },
  },
  {
    id: 'image-size',
    title: 'Header, code, signature and trailer fit into the slot',
    severity: 'error',
    why: 'an image that reaches into the trailer is refused and erased by the boot, in swap mode even when imgtool signs it without a word',
    fix: 'make the application smaller, or the slots larger in flash_layout.h or STiROT_Config.xml',
    source: 'MCUboot bootutil/src/bootutil_misc.c, boot_trailer_sz; STM32CubeH7RS OEMiROT_Boot/Inc/flash_layout.h',
    check: ({ loads }, boot) => {
      if (loads.length === 0) return [];
      const last = Math.max(...loads.map(({ address, bytes }) => address + bytes.length));
      const limit = boot.slot.base + boot.slot.size - boot.trailer - boot.tlvs;
      return last <= limit || last > boot.slot.base + boot.slot.size ? [] : [{ address: last, expected: `an end at ${hex32(limit)} or before: ${hex(boot.tlvs)} bytes of TLVs and ${hex(boot.trailer)} of trailer follow`, found: hex32(last) }];
    },
  },
  {
    id: 'stirot-area',
    title: "STiRoT's firmware area lies in the AXI SRAM it may use",
    severity: 'error',
    why: 'STiRoT verifies and starts the firmware in at most 448 KB of AXI SRAM; the last 8 KB of AXI SRAM4 are not available to it',
    fix: 'choose "Firmware area address" and "Firmware area size" in STiROT_Config.xml inside 0x24000000 to 0x2406ffff',
    source: 'ST wiki "STiRoT for STM32H7S"; STM32CubeH7RS ROT_Provisioning/STiROT/Config/STiROT_Config.xml, Firmware area size',
    check: (_, { bootPath, slot }) => {
      if (bootPath !== 'stirot') return [];
      const fits = slot.base >= stirotRam.base && slot.base + slot.size <= stirotRam.base + stirotRam.size;
      return fits ? [] : [{ address: slot.base, expected: '0x24000000 to 0x2406ffff', found: `${hex32(slot.base)} to ${hex32(slot.base + slot.size - 1)}` }];
    },
  },
  {
    id: 'int-ram-slot',
    title: 'A run slot in internal RAM lies in AXI SRAM3',
    severity: 'error',
    why: 'OEMiRoT and OEMuRoT load an application for internal RAM into AXI SRAM3, 128 KB, which the boot clears and the MPU region of the code covers; a larger partition does not fit there',
    fix: 'set FLASH_PARTITION_SIZE to 0x20000 at most for LOAD_AND_RUN_INT_RAM, or load into external RAM',
    source: 'STM32CubeH7RS OEMiROT_Boot/Inc/region_defs.h, IMAGE_PRIMARY_RUN_PARTITION_BASE; Inc/flash_layout.h, FLASH_PARTITION_SIZE',
    check: (_, { bootPath, configuration, slot }) => {
      if (bootPath === 'stirot' || configuration.exec !== 'int-ram') return [];
      const fits = slot.base >= axiSram3.base && slot.base + slot.size <= axiSram3.base + axiSram3.size;
      return fits ? [] : [{ address: slot.base, expected: `${hex32(axiSram3.base)} to ${hex32(axiSram3.base + axiSram3.size - 1)}`, found: `${hex32(slot.base)} to ${hex32(slot.base + slot.size - 1)}` }];
    },
  },
  {
    id: 'code-executable',
    title: 'Code lies where the MPU allows execution',
    severity: 'error',
    why: 'after the boot the run slot alone is executable: a function in RAM faults with IACCVIOL when it is called',
    fix: 'link the code into the slot; for functions that must run from RAM set up an MPU region of your own before the first call',
    source: 'STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c, region_cfg_appli; OEMiROT_Appli/README.md, Note',
    check: ({ extents, regions }, boot) => {
      const code = [
        ...extents.filter(({ executable, role }) => executable || role === 'code'),
        ...regions.filter(({ roles, load }) => load !== true && roles.includes('code') && !extents.length).map((region) => ({ ...region, name: `region ${region.name}` })),
      ];
      return code.flatMap(({ name, base, size, place }) => {
        if (size === 0 || overlap({ base, size }, itcm)) return [];
        // A region or section outside the slot is image-outside-slot's matter where it is loaded there too.
        const at = firstWithout(boot.protection, base, size, ({ execute }) => execute);
        if (at === undefined) return [];
        const access = accessAt(boot.protection, at);
        return [{ address: at, expected: `code in ${hex32(boot.codeStart)} to ${hex32(boot.slot.base + boot.slot.size - 1)}`, found: `${name} at ${hex32(base)}: ${access.region === undefined ? 'no MPU region covers it' : `never executable by region ${access.region}`}`, place }];
      });
    },
  },
  {
    id: 'itcm-use',
    title: 'Nothing lies in the ITCM',
    severity: 'error',
    why: 'the boot leaves the ITCM disabled and no MPU region covers it: every access to 0x00000000 and up faults',
    fix: 'move it to another memory; to use the ITCM, enable it (SCB->ITCMCR), open an MPU region for it and copy the code there first',
    source: 'STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c and boot_hal.c, SCB->ITCMCR',
    check: ({ extents }) => extents.filter(({ base, size, role }) => role !== 'empty' && overlap({ base, size }, itcm)).map(({ name, base, place }) => ({ address: base, expected: 'no section in the ITCM', found: `${name} at ${hex32(base)}`, place })),
  },
];
