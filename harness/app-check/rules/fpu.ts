import { hex32 } from '../../units/index.js';
import type { Application } from '../application.js';
import { register } from '../register-map.js';
import type { Rule } from '../rule.js';

/** Where the reset path first meets an FPU instruction, or the write that enables the FPU. */
function firstMeeting({ code, vectors }: Application): { readonly kind: 'enabled' } | { readonly kind: 'used'; readonly pc: number } | undefined {
  const start = vectors?.words[1];
  if (code === undefined || start === undefined) return undefined;
  const enables = new Map(code.writes.filter(({ address }) => address === register.cpacr).map(({ within, pc }) => [within, pc]));
  const callsOf = new Map<number, { pc: number; target: number }[]>();
  for (const { within, pc, target } of code.calls) {
    const list = callsOf.get(within);
    if (list === undefined) callsOf.set(within, [{ pc, target }]);
    else list.push({ pc, target });
  }
  const visited = new Set<number>();
  const walk = (address: number, depth: number): ReturnType<typeof firstMeeting> => {
    if (depth > 32 || visited.has(address)) return undefined;
    visited.add(address);
    const [enable, use] = [enables.get(address), code.floatingPoint.get(address)];
    const own = Math.min(enable ?? Infinity, use ?? Infinity);
    for (const { pc, target } of callsOf.get(address) ?? []) {
      if (pc > own) break;
      const met = walk(target, depth + 1);
      if (met !== undefined) return met;
    }
    if (own === Infinity) return undefined;
    return enable === own ? { kind: 'enabled' } : { kind: 'used', pc: own };
  };
  return walk((start & ~1) >>> 0, 0);
}

export const fpuRules: readonly Rule[] = [
  {
    id: 'fpu-enabled',
    title: 'The FPU is enabled before floating-point code runs',
    severity: 'error',
    why: 'CPACR is 0 at reset, and the application is not to rely on what the boot left: a floating-point instruction before CP10 and CP11 are enabled is a UsageFault, NOCP',
    fix: 'set SCB->CPACR bits 20 to 23 in SystemInit or Reset_Handler (CMSIS does it where __FPU_USED is 1: compile system_stm32h7rsxx.c with the same -mfloat-abi)',
    source: 'DDI 0403E, B3.2.20 CPACR; STM32CubeH7RS OEMiROT_Appli/Src/system_stm32h7rsxx.c, SystemInit',
    check: (application) => {
      const { hardFloat, code, named } = application;
      if (hardFloat !== true || code === undefined || code.floatingPoint.size === 0) return [];
      const enabled = code.writes.some(({ address }) => address === register.cpacr);
      if (!enabled) return [{ expected: `a write to CPACR (${hex32(register.cpacr)})`, found: `${code.floatingPoint.size} functions with floating-point instructions, no such write` }];
      if (!named) return [];
      const met = firstMeeting(application);
      return met?.kind === 'used' ? [{ address: met.pc, expected: 'CPACR set before', found: 'a floating-point instruction on the way from the reset handler' }] : [];
    },
  },
];
