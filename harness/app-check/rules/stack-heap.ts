import { hex32 } from '../../units/index.js';
import { memoryAt } from '../boot-surroundings.js';
import type { Rule } from '../rule.js';

export const stackHeapRules: readonly Rule[] = [
  {
    id: 'stack-guard',
    title: 'The reserve for the stack guards the memory the stack lies in',
    severity: 'warning',
    why: 'the section ._user_heap_stack is how the linker proves that _Min_Stack_Size is left: in another memory than the stack it proves nothing, and the stack grows into .bss unseen',
    fix: 'place ._user_heap_stack in the region whose end is _estack',
    source: 'STM32CubeH7RS linker scripts, section ._user_heap_stack and _estack',
    check: ({ extents, vectors, stackTop, symbols }, boot) => {
      const top = vectors?.words[0] ?? stackTop;
      const reserve = extents.find(({ role }) => role === 'reserve');
      if (top === undefined || reserve === undefined) return [];
      const [stack, guarded] = [memoryAt(boot, top - 4), memoryAt(boot, reserve.base)];
      if (stack === undefined || guarded === undefined || stack.name === guarded.name) return [];
      return [{ address: reserve.base, expected: `the reserve in ${stack.name}, where the stack ends at ${hex32(top)}`, found: `${reserve.name} in ${guarded.name}`, place: reserve.place ?? symbols.get('_estack')?.place }];
    },
  },
  {
    id: 'heap-guard',
    title: 'The limit of the heap guards the memory the heap lies in',
    severity: 'warning',
    why: '_sbrk hands out memory from _end up to _estack - _Min_Stack_Size: where these lie in different memories malloc never fails, and runs out of the first one into nothing',
    fix: 'let _end and _estack belong to one region, or give _sbrk a limit of its own',
    source: 'STM32CubeH7RS OEMiROT_Appli/STM32CubeIDE/Application/User/sysmem.c, _sbrk',
    check: ({ symbols, form }, boot) => {
      const end = symbols.get('_end') ?? symbols.get('end');
      const [top, reserve] = [symbols.get('_estack'), symbols.get('_Min_Stack_Size')];
      if (end === undefined || top === undefined || reserve === undefined || (form === 'elf' && !symbols.has('_sbrk'))) return [];
      const limit = top.value - reserve.value;
      const [heap, limited] = [memoryAt(boot, end.value), memoryAt(boot, limit - 1)];
      if (heap === undefined || limited === undefined || heap.name === limited.name) return [];
      return [{ address: end.value, expected: `heap and limit in one memory`, found: `heap from ${hex32(end.value)} in ${heap.name}, limit ${hex32(limit)} in ${limited.name}`, place: end.place ?? top.place }];
    },
  },
];
