import { hex, hex32 } from '../../units/index.js';
import type { Rule } from '../rule.js';
import { accessAt } from '../mpu-access.js';
import { memoryAt, overlap } from '../boot-surroundings.js';
import { register } from '../register-map.js';

const jump = 'STM32CubeH7RS OEMiROT_Boot/Src/boot_hal.c, boot_jump_to_RSS; Inc/region_defs.h, BL2_HEADER_SIZE';
const exceptions = 16;

export const vectorTableRules: readonly Rule[] = [
  {
    id: 'vector-table-address',
    title: 'The vector table stands behind the image header',
    severity: 'error',
    why: 'the boot takes the initial stack pointer and the reset handler from the first two words behind the header of the image, where it runs',
    fix: 'place the vector table first, at run slot + IMAGE_HEADER_SIZE: set PARTITION_START, CODE_OFFSET and IMAGE_HEADER_SIZE (rot-hil adapt does it)',
    source: jump,
    check: (application, { codeStart }) => {
      const found = application.vectors?.address ?? application.extents.find(({ role }) => role === 'vectors')?.base;
      const place = application.extents.find(({ role }) => role === 'vectors')?.place;
      if (found === codeStart) return [];
      if (found === undefined) return application.form === 'script' ? [] : [{ expected: `a vector table at ${hex32(codeStart)}`, found: 'none' }];
      return [{ address: found, expected: hex32(codeStart), found: hex32(found), place }];
    },
  },
  {
    id: 'vector-table-alignment',
    title: 'The vector table is aligned for its size',
    severity: 'error',
    why: 'VTOR ignores the low bits of the address: the next power of two that the table fits into, 128 bytes at least',
    fix: 'align the table to the power of two that is not smaller than its size',
    source: 'Armv7-M Architecture Reference Manual, DDI 0403E, B3.2.5 VTOR',
    check: ({ vectors }) => {
      if (vectors === undefined) return [];
      const wanted = Math.max(128, 2 ** Math.ceil(Math.log2(vectors.words.length * 4)));
      return vectors.address % wanted === 0 ? [] : [{ address: vectors.address, expected: `a multiple of ${hex(wanted)} for ${vectors.words.length} vectors`, found: hex32(vectors.address) }];
    },
  },
  {
    id: 'initial-stack-pointer',
    title: 'The initial stack pointer lies in memory that may be written',
    severity: 'error',
    why: 'the first push faults where the MPU left by the boot forbids it, or where no memory is, and a fault without a stack is a lock-up',
    fix: 'let the stack end in a RAM that the MPU table of the root of trust opens, on a multiple of 8',
    source: 'DDI 0403E, B1.5.5; STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c, region_cfg_appli',
    check: (application, boot) => {
      const top = application.vectors?.words[0] ?? application.stackTop;
      if (top === undefined) return [];
      const place = application.symbols.get('_estack')?.place;
      if (top % 8 !== 0) return [{ address: top, expected: 'a multiple of 8', found: hex32(top), place }];
      const memory = memoryAt(boot, top - 4);
      if (memory === undefined) return [{ address: top, expected: 'the end of a RAM', found: `${hex32(top)}, below which the board has no memory`, place }];
      if (memory.kind !== 'ram' && memory.kind !== 'external-ram') return [{ address: top, expected: 'the end of a RAM', found: `${hex32(top)} in ${memory.name}`, place }];
      const access = accessAt(boot.protection, top - 4);
      return access.write ? [] : [{ address: top, expected: 'a RAM that may be written', found: `${hex32(top)} in ${memory.name}, ${access.region === undefined ? 'covered by no MPU region' : `read-only by region ${access.region}`}`, place }];
    },
  },
  {
    id: 'reset-handler',
    title: 'The reset handler is Thumb code inside the executable region',
    severity: 'error',
    why: 'only the run slot is executable when the boot jumps; an even address clears the Thumb bit and faults at the first instruction',
    fix: 'let the second word of the vector table be the address of Reset_Handler, linked into the run slot',
    source: 'DDI 0403E, B1.5.5; STM32CubeH7RS OEMiROT_Boot/Src/low_level_security.c, MPU region 14',
    check: ({ vectors }, boot) => {
      const handler = vectors?.words[1];
      if (handler === undefined) return [];
      if (!(handler & 1)) return [{ address: handler, expected: 'an odd address', found: hex32(handler) }];
      const end = boot.slot.base + boot.slot.size;
      const inside = handler >= boot.codeStart + exceptions * 4 && handler < end;
      return inside ? [] : [{ address: handler, expected: `${hex32(boot.codeStart)} to ${hex32(end - 1)}`, found: hex32(handler) }];
    },
  },
  {
    id: 'vtor-value',
    title: 'VTOR is set to the vector table of this image',
    severity: 'error',
    why: 'an address left over from another memory map sends the first interrupt or fault into memory without code',
    fix: 'let SystemInit write the address of the vector table symbol (ST: SCB->VTOR = INTVECT_START), no constant',
    source: 'STM32CubeH7RS OEMiROT_Appli/Src/system_stm32h7rsxx.c, SystemInit; DDI 0403E, B3.2.5',
    check: ({ code, vectors, extents }, boot) => {
      if (code === undefined) return [];
      return code.writes
        .filter(({ address, value }) => address === register.vtor && value !== undefined && value !== vectors?.address)
        // A table copied to RAM is read from there afterwards.
        .filter(({ value }) => !extents.some(({ base, size, role }) => (role === 'zeroed' || role === 'data' || role === 'vectors') && overlap({ base: value!, size: 4 }, { base, size })))
        .map(({ pc, value }) => ({ address: pc, expected: vectors === undefined ? hex32(boot.codeStart) : hex32(vectors.address), found: hex32(value!) }));
    },
  },
];
