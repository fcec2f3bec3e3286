/**
 * Frequencies that result from the RCC registers, in Hz.
 * Source: stm32h7rsxx_hal_rcc.c, HAL_RCC_GetSysClockFreq and HAL_RCCEx_GetPLL1ClockFreq…; oscillators as in stm32h7rsxx_hal_conf.h
 * of both kits (HSE is the 24 MHz crystal of the board).
 */
export interface RccRegisters {
  readonly CR: number;
  readonly CFGR: number;
  readonly CDCFGR: number;
  readonly BMCFGR: number;
  readonly APBCFGR: number;
  readonly PLLCKSELR: number;
  readonly PLLCFGR: number;
  /** DIVR1, DIVR2 and FRACR of PLL1, PLL2, PLL3. */
  readonly PLL: readonly { readonly DIVR1: number; readonly DIVR2: number; readonly FRACR: number }[];
  readonly CCIPR2: number;
  readonly CCIPR3: number;
}

export interface Frequencies {
  readonly sysclk: number;
  /** The core's clock; board time counts its cycles. */
  readonly cpu: number;
  readonly hclk: number;
  readonly pclk1: number;
  readonly pclk2: number;
  readonly pclk4: number;
  readonly pclk5: number;
  /** Kernel clocks; 0 where the selected source is off. */
  readonly usart1: number;
  readonly usart234578: number;
}

export const oscillators = { hsi: 64_000_000, csi: 4_000_000, hsi48: 48_000_000, lsi: 32_000, lse: 32_768 } as const;

const cr = { hsiOn: 1 << 0, csiOn: 1 << 7 } as const;
/** Where the fields of PLL1, PLL2 and PLL3 stand in PLLCKSELR (DIVM), PLLCFGR (FRACEN, Q enable) and CR (ON). */
const pllFields = [
  { divm: 4, fracen: 0, qen: 6, on: 24 },
  { divm: 12, fracen: 11, qen: 17, on: 26 },
  { divm: 20, fracen: 22, qen: 28, on: 28 },
] as const;

export function frequencies(registers: RccRegisters, hse: number): Frequencies {
  const sysclk = sysclkFrequency(registers, hse);
  const cpu = sysclk >>> shiftOfHighPrescaler(registers.CDCFGR & 0xf);
  const hclk = cpu >>> shiftOfHighPrescaler(registers.BMCFGR & 0xf);
  const apb = (position: number): number => hclk >>> shiftOfApbPrescaler((registers.APBCFGR >>> position) & 7);
  const pclk1 = apb(0);
  const pclk2 = apb(4);
  const kernel = (select: number, pclk: number): number => uartKernelClock(registers, hse, select & 7, pclk);
  return {
    sysclk,
    cpu,
    hclk,
    pclk1,
    pclk2,
    pclk4: apb(8),
    pclk5: apb(12),
    usart1: kernel(registers.CCIPR3, pclk2),
    usart234578: kernel(registers.CCIPR2, pclk1),
  };
}

function sysclkFrequency(registers: RccRegisters, hse: number): number {
  switch ((registers.CFGR >>> 3) & 7) {
    case 0:
      return hsi(registers);
    case 1:
      return oscillators.csi;
    case 2:
      return hse;
    case 3:
      return Math.floor(pllOutput(registers, hse, 0, 'p'));
    default:
      return 0;
  }
}

/** Frequency of one PLL output (P or Q), 0 where the PLL cannot run. */
export function pllOutput(registers: RccRegisters, hse: number, index: 0 | 1 | 2, output: 'p' | 'q'): number {
  const field = pllFields[index];
  const pll = registers.PLL[index];
  const divm = (registers.PLLCKSELR >>> field.divm) & 0x3f;
  if (divm === 0 || ((registers.CR >>> field.on) & 1) === 0) return 0;
  const fraction = ((registers.PLLCFGR >>> field.fracen) & 1) === 1 ? ((pll.FRACR >>> 3) & 0x1fff) / 0x2000 : 0;
  const vco = (pllSource(registers, hse) / divm) * ((pll.DIVR1 & 0x1ff) + 1 + fraction);
  const divider = output === 'p' ? (pll.DIVR1 >>> 9) & 0x7f : (pll.DIVR1 >>> 16) & 0x7f;
  return vco / (divider + 1);
}

function pllSource(registers: RccRegisters, hse: number): number {
  switch (registers.PLLCKSELR & 3) {
    case 0:
      return hsi(registers);
    case 1:
      return oscillators.csi;
    case 2:
      return hse;
    default:
      return 0;
  }
}

function hsi(registers: RccRegisters): number {
  return oscillators.hsi >>> ((registers.CR >>> 3) & 3);
}

function uartKernelClock(registers: RccRegisters, hse: number, select: number, pclk: number): number {
  switch (select) {
    case 0:
      return pclk;
    case 1:
      return ((registers.PLLCFGR >>> pllFields[1].qen) & 1) === 1 ? Math.floor(pllOutput(registers, hse, 1, 'q')) : 0;
    case 2:
      return ((registers.PLLCFGR >>> pllFields[2].qen) & 1) === 1 ? Math.floor(pllOutput(registers, hse, 2, 'q')) : 0;
    case 3:
      return (registers.CR & cr.hsiOn) !== 0 ? hsi(registers) : 0;
    case 4:
      return (registers.CR & cr.csiOn) !== 0 ? oscillators.csi : 0;
    case 5:
      return oscillators.lse;
    default:
      return 0;
  }
}

/** CPRE and BMPRE: 0xxx /1, 8 /2, 9 /4, 10 /8, 11 /16, 12 /64 … 15 /512 (there is no /32). */
function shiftOfHighPrescaler(field: number): number {
  if (field < 8) return 0;
  return field < 12 ? field - 7 : field - 6;
}

/** PPREx: 0xx /1, 4 /2 … 7 /16. */
function shiftOfApbPrescaler(field: number): number {
  return field < 4 ? 0 : field - 3;
}
