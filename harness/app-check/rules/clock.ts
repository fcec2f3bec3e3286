import { hex32 } from '../../units/index.js';
import type { Application } from '../application.js';
import type { BootSurroundings } from '../boot-surroundings.js';
import type { Observation } from '../finding.js';
import { register } from '../register-map.js';
import type { Rule } from '../rule.js';

const source = 'STM32CubeH7RS OEMiROT_Appli/README.md ("The application cannot reconfigure the system clock"); OEMiROT_Boot/Src/system_stm32h7rsxx.c, PLL1 380 MHz, PLL2 for XSPI';

/** Offsets in RCC_OscInitTypeDef and RCC_PLLInitTypeDef (stm32h7rsxx_hal_rcc.h). */
const pll = { first: 36, pitch: 40, state: 0, source: 4, m: 8, n: 12, p: 16 } as const;
const sources: readonly (number | undefined)[] = [64, 4, 24];
/** OEMiROT_Boot runs the core at 380 MHz. */
const bootMegahertz = 380;

const fromExternal = (boot: BootSurroundings): boolean => boot.externalFlash === 'running' || boot.externalRam === 'initialised';

interface OscillatorCall {
  readonly pc: number;
  readonly field: (pllNumber: 1 | 2, offset: number) => number | undefined;
  readonly known: boolean;
}

function oscillatorCalls({ code, symbols }: Application): readonly OscillatorCall[] {
  const target = symbols.get('HAL_RCC_OscConfig')?.value;
  if (code === undefined || target === undefined) return [];
  return code.calls
    .filter((call) => call.target === target)
    .map(({ pc, record }) => ({
      pc,
      known: record !== undefined,
      field: (pllNumber, offset) => {
        const at = pll.first + (pllNumber - 1) * pll.pitch + offset;
        const bytes = [0, 1, 2, 3].map((index) => record?.get(at + index));
        return bytes.some((byte) => byte === undefined) ? undefined : bytes.reduce<number>((sum, byte, index) => sum + byte! * 2 ** (8 * index), 0);
      },
    }));
}

/** Functions of ST's drivers write whatever their arguments say: the arguments count. */
function directWrites({ code, symbols }: Application, addresses: readonly number[]): readonly { readonly pc: number; readonly address: number }[] {
  if (code === undefined) return [];
  const drivers = new Set([...symbols.values()].filter(({ name, kind }) => kind === 'function' && /^(HAL_|LL_)?RCC|^HAL_|^LL_/.test(name)).map(({ value }) => value));
  return code.writes.filter(({ address, within }) => addresses.includes(address) && !drivers.has(within));
}

export const clockRules: readonly Rule[] = [
  {
    id: 'clock-pll2',
    title: 'PLL2 is left alone while code runs from external memory',
    severity: 'error',
    why: 'PLL2 clocks XSPI: stopping or changing it takes away the memory that the code is being fetched from',
    fix: 'leave PLL2 as it is (RCC_PLL_NONE); use PLL3 for peripherals, or change OEMiROT_Boot',
    source,
    check: (application, boot) => {
      if (!fromExternal(boot)) return [];
      const calls = oscillatorCalls(application)
        .map((call) => ({ ...call, state: call.field(2, pll.state) }))
        .filter(({ state }) => state === 1 || state === 2)
        .map(({ pc, state }): Observation => ({ address: pc, expected: 'PLL2.PLLState = RCC_PLL_NONE', found: state === 1 ? 'RCC_PLL_OFF' : 'RCC_PLL_ON' }));
      const writes = directWrites(application, [register.rccPll2Divr1, register.rccPll2Fracr, register.rccPll2Divr2]).map(({ pc, address }): Observation => ({ address: pc, expected: 'no write to PLL2', found: `a write to ${hex32(address)}` }));
      return [...calls, ...writes];
    },
  },
  {
    id: 'clock-pll1',
    title: 'The system clock is not changed while code runs from external memory',
    severity: 'warning',
    why: 'the boot sets 380 MHz with ECC on and voltage scale 1; XSPI timings and the flash latency belong to it, and switching the clock over while fetching from external memory is not supported',
    fix: 'call SystemCoreClockUpdate() instead of configuring the clock; another frequency is set in OEMiROT_Boot',
    source,
    check: (application, boot) => {
      if (!fromExternal(boot)) return [];
      const found: Observation[] = [];
      for (const call of oscillatorCalls(application)) {
        const state = call.field(1, pll.state);
        if (state === 2) {
          const [input, m, n, p] = [sources[call.field(1, pll.source) ?? 9], call.field(1, pll.m), call.field(1, pll.n), call.field(1, pll.p)];
          const megahertz = input === undefined || !m || !n || !p ? undefined : ((input / m) * n) / p;
          found.push({ ...(megahertz !== undefined && megahertz > bootMegahertz ? { severity: 'error' as const } : {}), address: call.pc, expected: 'PLL1 as the boot left it', found: megahertz === undefined ? 'PLL1 configured again' : `PLL1 at ${Math.round(megahertz)} MHz` });
        } else if (state === undefined) found.push({ severity: 'info', address: call.pc, expected: 'PLL1 and PLL2 unchanged', found: 'HAL_RCC_OscConfig with arguments that the scan cannot follow' });
      }
      for (const { pc } of directWrites(application, [register.rccPll1Divr1])) found.push({ address: pc, expected: 'PLL1 as the boot left it', found: `a write to ${hex32(register.rccPll1Divr1)}` });
      return found;
    },
  },
];
