import type { ClockSource, RccRegisters } from './clock-sources.js';

interface Multiplexer {
  readonly register: 'CCIPR1' | 'CCIPR2' | 'CCIPR3' | 'CCIPR4';
  readonly low: number;
  readonly width: 1 | 2 | 3;
  /** By value of the field; a value without an entry, or with undefined, selects nothing (or a pin). */
  readonly sources: readonly (ClockSource | undefined)[];
}

const uart: Multiplexer['sources'] = [undefined, 'pll2q', 'pll3q', 'hsi', 'csi', 'lse'];
const lowPowerTimer: Multiplexer['sources'] = ['pclk4', 'pll2p', 'pll3r', 'lse', 'lsi', 'per'];
const audio: Multiplexer['sources'] = ['pll1q', 'pll2p', 'pll3p', undefined, 'per'];
const i2c: Multiplexer['sources'] = ['pclk1', 'pll3r', 'hsi', 'csi'];

/** The kernel clock multiplexers. Source: stm32h7rsxx_hal_rcc_ex.h, RCC_…CLKSOURCE_…; fields: ST device header, RCC_CCIPR1 … 4. */
const multiplexers = {
  fmc: { register: 'CCIPR1', low: 0, width: 2, sources: ['hclk', 'pll1q', 'pll2r', 'hsi'] },
  sdmmc12: { register: 'CCIPR1', low: 2, width: 1, sources: ['pll2s', 'pll2t'] },
  xspi1: { register: 'CCIPR1', low: 4, width: 2, sources: ['hclk', 'pll2s', 'pll2t'] },
  xspi2: { register: 'CCIPR1', low: 6, width: 2, sources: ['hclk', 'pll2s', 'pll2t'] },
  usbphyc: { register: 'CCIPR1', low: 12, width: 2, sources: ['hse', 'hseDiv2', 'pll3q'] },
  otgfs: { register: 'CCIPR1', low: 14, width: 2, sources: ['hsi48', 'pll3q', 'hse'] },
  ethphy: { register: 'CCIPR1', low: 18, width: 1, sources: ['hse', 'pll3s'] },
  adf1: { register: 'CCIPR1', low: 20, width: 3, sources: ['hclk', 'pll2p', 'pll3p', undefined, 'csi', 'hsi'] },
  adc: { register: 'CCIPR1', low: 24, width: 2, sources: ['pll2p', 'pll3r', 'per'] },
  pssi: { register: 'CCIPR1', low: 27, width: 1, sources: ['pll3r', 'per'] },
  usart234578: { register: 'CCIPR2', low: 0, width: 3, sources: ['pclk1', ...uart.slice(1)] },
  spi23: { register: 'CCIPR2', low: 4, width: 3, sources: audio },
  i2c23: { register: 'CCIPR2', low: 8, width: 2, sources: i2c },
  i2c1: { register: 'CCIPR2', low: 12, width: 2, sources: i2c },
  lptim1: { register: 'CCIPR2', low: 16, width: 3, sources: ['pclk1', ...lowPowerTimer.slice(1)] },
  fdcan: { register: 'CCIPR2', low: 22, width: 2, sources: ['hse', 'pll1q', 'pll2p'] },
  spdifrx: { register: 'CCIPR2', low: 24, width: 2, sources: ['pll1q', 'pll2r', 'pll3r', 'hsi'] },
  cec: { register: 'CCIPR2', low: 28, width: 2, sources: ['lse', 'lsi', 'csiDiv122'] },
  usart1: { register: 'CCIPR3', low: 0, width: 3, sources: ['pclk2', ...uart.slice(1)] },
  spi45: { register: 'CCIPR3', low: 4, width: 3, sources: ['pclk2', 'pll2q', 'pll3q', 'hsi', 'csi', 'hse'] },
  spi1: { register: 'CCIPR3', low: 8, width: 3, sources: audio },
  sai1: { register: 'CCIPR3', low: 16, width: 3, sources: audio },
  sai2: { register: 'CCIPR3', low: 20, width: 3, sources: audio },
  lpuart1: { register: 'CCIPR4', low: 0, width: 3, sources: ['pclk4', ...uart.slice(1)] },
  spi6: { register: 'CCIPR4', low: 4, width: 3, sources: ['pclk4', 'pll2q', 'pll3q', 'hsi', 'csi', 'hse'] },
  lptim23: { register: 'CCIPR4', low: 8, width: 3, sources: lowPowerTimer },
  lptim45: { register: 'CCIPR4', low: 12, width: 3, sources: lowPowerTimer },
} as const satisfies Readonly<Record<string, Multiplexer>>;

/** A clock of a peripheral's own, apart from its bus. */
export type KernelClock = keyof typeof multiplexers;

/** Frequencies of all kernel clocks in Hz, 0 where nothing that runs is selected. */
export function kernelClocks(registers: Pick<RccRegisters, 'CCIPR1' | 'CCIPR2' | 'CCIPR3' | 'CCIPR4'>, known: Readonly<Record<ClockSource, number>>): Record<KernelClock, number> {
  const of = ({ register, low, width, sources }: Multiplexer): number => {
    const source = sources[(registers[register] >>> low) & ((1 << width) - 1)];
    return source === undefined ? 0 : known[source];
  };
  return Object.fromEntries(Object.entries(multiplexers).map(([name, multiplexer]) => [name, of(multiplexer)])) as Record<KernelClock, number>;
}
