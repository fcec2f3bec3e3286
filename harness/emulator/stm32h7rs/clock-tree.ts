/**
 * Frequencies that result from the RCC registers, in Hz.
 * Source: stm32h7rsxx_hal_rcc.c, HAL_RCC_GetSysClockFreq and HAL_RCC_GetPLL1PFreq…; oscillators as in stm32h7rsxx_hal_conf.h
 * of both kits (HSE is the 24 MHz crystal of the board).
 */
import type { ClockSource, PllOutput, RccRegisters } from './clock-sources.js';
import { pllOutputs } from './clock-sources.js';
import type { KernelClock } from './kernel-clocks.js';
import { kernelClocks } from './kernel-clocks.js';

/** Every clock of the chip in Hz; 0 where it does not run. */
export type Frequencies = Readonly<Record<ClockSource, number>> &
  Readonly<Record<KernelClock, number>> & {
    /** Timers on APB1, timers on APB2. */
    readonly timers1: number;
    readonly timers2: number;
    readonly rtc: number;
    /** The microcontroller clock outputs. */
    readonly mco1: number;
    readonly mco2: number;
  };

export const oscillators = { hsi: 64_000_000, csi: 4_000_000, hsi48: 48_000_000, lsi: 32_000, lse: 32_768 } as const;

/** Where the fields of PLL1, PLL2 and PLL3 stand in PLLCKSELR (DIVM), PLLCFGR (FRACEN, enable of output P) and CR (RDY). */
const pllFields = [
  { divm: 4, fracen: 0, pen: 5, rdy: 25 },
  { divm: 12, fracen: 11, pen: 16, rdy: 27 },
  { divm: 20, fracen: 22, pen: 27, rdy: 29 },
] as const;
const letters = 'pqrst';

export function frequencies(registers: RccRegisters, hseCrystal: number): Frequencies {
  const on = (register: number, bit: number, frequency: number): number => (((register >>> bit) & 1) === 1 ? frequency : 0);
  const hsi = on(registers.CR, 2, oscillators.hsi >>> ((registers.CR >>> 3) & 3));
  const csi = on(registers.CR, 8, oscillators.csi);
  const hse = on(registers.CR, 17, hseCrystal);
  const pll = Object.fromEntries(pllOutputs.map((output) => [output, pllOutput(registers, hseCrystal, output)])) as Record<PllOutput, number>;
  const sysclk = [hsi, csi, hse, pll.pll1p][(registers.CFGR >>> 3) & 7] ?? 0;
  const cpu = sysclk >>> shiftOfHighPrescaler(registers.CDCFGR & 0xf);
  const hclk = cpu >>> shiftOfHighPrescaler(registers.BMCFGR & 0xf);
  const ppre = (position: number): number => shiftOfApbPrescaler((registers.APBCFGR >>> position) & 7);
  const base = {
    ...pll,
    hsi,
    csi,
    hse,
    hsi48: on(registers.CR, 13, oscillators.hsi48),
    lse: on(registers.BDCR, 1, oscillators.lse),
    lsi: on(registers.CSR, 1, oscillators.lsi),
    sysclk,
    cpu,
    hclk,
    hclkDiv4: hclk >>> 2,
    pclk1: hclk >>> ppre(0),
    pclk2: hclk >>> ppre(4),
    pclk4: hclk >>> ppre(8),
    pclk5: hclk >>> ppre(12),
    hseDiv2: hse >>> 1,
    csiDiv122: csi / 122,
  };
  const per = [hsi, csi, hse, 0][(registers.CCIPR1 >>> 28) & 3] ?? 0; // CKPERSEL
  const known = { ...base, per };
  return {
    ...known,
    ...kernelClocks(registers, known),
    timers1: timerClock(hclk, ppre(0), registers.CFGR),
    timers2: timerClock(hclk, ppre(4), registers.CFGR),
    rtc: rtcClock(registers, known),
    mco1: outputClock(registers.CFGR >>> 18, [known.hsi, known.lse, known.hse, known.pll1q, known.hsi48]),
    mco2: outputClock(registers.CFGR >>> 25, [known.sysclk, known.pll2p, known.hse, known.pll1p, known.csi, known.lsi]),
  };
}

/** Frequency of one PLL output; 0 where the PLL is not locked or the output not enabled. */
function pllOutput(registers: RccRegisters, hse: number, output: PllOutput): number {
  const index = Number(output[3]) - 1;
  const { rdy, pen } = pllFields[index]!;
  const letter = letters.indexOf(output[4]!);
  if (((registers.CR >>> rdy) & 1) === 0 || ((registers.PLLCFGR >>> (pen + letter)) & 1) === 0) return 0;
  const { DIVR1, DIVR2 } = registers.PLL[index]!;
  const divider = [(DIVR1 >>> 9) & 0x7f, (DIVR1 >>> 16) & 0x7f, (DIVR1 >>> 24) & 0x7f, DIVR2 & 7, (DIVR2 >>> 8) & 7][letter]!;
  return Math.floor(pllVco(registers, hse, index) / (divider + 1));
}

/** Frequency of a PLL's oscillator as its registers ask for it; 0 where it has no input clock and cannot lock. */
export function pllVco(registers: RccRegisters, hse: number, index: number): number {
  const { divm, fracen } = pllFields[index]!;
  const { DIVR1, FRACR } = registers.PLL[index]!;
  const inputDivider = (registers.PLLCKSELR >>> divm) & 0x3f;
  if (inputDivider === 0) return 0;
  const fraction = ((registers.PLLCFGR >>> fracen) & 1) === 1 ? ((FRACR >>> 3) & 0x1fff) / 0x2000 : 0;
  return (pllSource(registers, hse) / inputDivider) * ((DIVR1 & 0x1ff) + 1 + fraction);
}

function pllSource({ CR, PLLCKSELR }: RccRegisters, hse: number): number {
  const running = (bit: number): boolean => ((CR >>> bit) & 1) === 1;
  switch (PLLCKSELR & 3) {
    case 0:
      return running(2) ? oscillators.hsi >>> ((CR >>> 3) & 3) : 0;
    case 1:
      return running(8) ? oscillators.csi : 0;
    case 2:
      return running(17) ? hse : 0;
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

/** CFGR.TIMPRE: timers run at most at HCLK, and at twice (or four times) their bus where that is divided. */
function timerClock(hclk: number, busShift: number, cfgr: number): number {
  const gain = (cfgr & (1 << 15)) === 0 ? 1 : 2;
  return hclk >>> Math.max(0, busShift - gain);
}

/** MCOxPRE and, above it, MCOxSEL; a prescaler of 0 switches the output off. */
function outputClock(field: number, from: readonly number[]): number {
  const prescaler = field & 0xf;
  return prescaler === 0 ? 0 : (from[(field >>> 4) & 7] ?? 0) / prescaler;
}

/** BDCR.RTCSEL; the crystal divided by CFGR.RTCPRE. */
function rtcClock({ BDCR, CFGR }: RccRegisters, { lse, lsi, hse }: Pick<Frequencies, 'lse' | 'lsi' | 'hse'>): number {
  if ((BDCR & (1 << 15)) === 0) return 0; // RTCEN
  const divider = (CFGR >>> 8) & 0x3f;
  return [0, lse, lsi, divider < 2 ? 0 : hse / divider][(BDCR >>> 8) & 3]!;
}
