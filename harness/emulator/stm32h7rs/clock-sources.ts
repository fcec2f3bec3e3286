/** The registers that decide about clocks. Source: ST device header stm32h7s7xx.h, RCC_TypeDef. */
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
  readonly CCIPR1: number;
  readonly CCIPR2: number;
  readonly CCIPR3: number;
  readonly CCIPR4: number;
  readonly BDCR: number;
  readonly CSR: number;
}

/** Outputs that the three PLLs have (only PLL2 has T). */
export const pllOutputs = ['pll1p', 'pll1q', 'pll1r', 'pll1s', 'pll2p', 'pll2q', 'pll2r', 'pll2s', 'pll2t', 'pll3p', 'pll3q', 'pll3r', 'pll3s'] as const;
export type PllOutput = (typeof pllOutputs)[number];

/** A clock that a multiplexer may select; 0 Hz where it is switched off. `per` is per_ck, which has a multiplexer of its own. */
export type ClockSource =
  | 'hsi' | 'csi' | 'hse' | 'hsi48' | 'lse' | 'lsi' | 'sysclk' | 'cpu' | 'hclk' | 'hclkDiv4' | 'pclk1' | 'pclk2' | 'pclk4' | 'pclk5' | 'per' | 'hseDiv2' | 'csiDiv122'
  | PllOutput;
