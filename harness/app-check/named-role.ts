import type { Role } from './application.js';

const vectorSections = /^(\.isr_vector|\.intvec|\.?vectors?(\.|$)|\.vector_table|RESET|rom_start)/i;

/** Whether a section's name is one that vector tables have in ST's, Arm's and IAR's startup files. */
export function isVectorSection(name: string): boolean {
  return vectorSections.test(name);
}

/** The purpose of a section or region by its name: flag and handles of ST's applications, the reserve for stack and heap, DMA buffers. */
export function namedRole(name: string): Role | undefined {
  if (/ram_?ecc/i.test(name)) return 'handles';
  if (/(^|[._])flag$|conf(irm(ation)?)?_?flag/i.test(name)) return 'flag';
  if (/non_?cache(able)?|nocache|uncached/i.test(name)) return 'noncacheable';
  if (/user_heap_stack/i.test(name)) return 'reserve';
  if (/^(\.stack|stack|cstack|\.?arm_lib_stack|\.stack_dummy)/i.test(name)) return 'stack';
  if (/^(\.heap|heap|\.?arm_lib_heap)/i.test(name)) return 'heap';
  if (isVectorSection(name)) return 'vectors';
  return undefined;
}
