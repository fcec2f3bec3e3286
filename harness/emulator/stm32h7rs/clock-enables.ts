/** Bits of a bus clock: its enable register, and that of the clocks that stay on while the core sleeps. */
export interface EnableRegister {
  /** RCC_… without its prefix. */
  readonly name: string;
  /** Offsets in RCC. */
  readonly offset: number;
  readonly sleepOffset: number;
  /** Bits that the registers have. */
  readonly bits: number;
  readonly sleepBits: number;
}

const row = (name: string, offset: number, sleepOffset: number, bits: number, sleepBits = bits): EnableRegister => ({ name, offset, sleepOffset, bits, sleepBits });

/** Source: ST device header stm32h7s7xx.h, RCC_TypeDef and RCC_…ENR_…, RCC_…LPENR_…. `unverified:` every enable is 0 after a reset, every clock in Sleep on. */
export const enableRegisters: readonly EnableRegister[] = [
  row('AHB1ENR', 0x138, 0x160, 0x8e038030, 0x8f038030),
  row('AHB2ENR', 0x13c, 0x164, 0x60004202),
  row('AHB3ENR', 0x158, 0x16c, 0x00000057),
  row('AHB4ENR', 0x140, 0x168, 0x1008f0ff),
  row('AHB5ENR', 0x134, 0x15c, 0x0018513b, 0xf018513f),
  row('APB1ENR1', 0x148, 0x170, 0xc8ffcbff),
  row('APB1ENR2', 0x14c, 0x174, 0x08000122),
  row('APB2ENR', 0x150, 0x178, 0x00df3011),
  row('APB4ENR', 0x154, 0x17c, 0x04019e2a),
  row('APB5ENR', 0x144, 0x180, 0x00000016),
];

/** Once on, it goes only with a reset: stm32h7rsxx_hal_rcc.h has no __HAL_RCC_WWDG_CLK_DISABLE. */
export const stayOn: Readonly<Record<string, number>> = { APB1ENR1: 1 << 11 };

/** Memories that an enable bit clocks. */
export const gatedMemories = [
  { bank: 'AHB SRAM1', register: 'AHB2ENR', bit: 29, name: 'SRAM1EN' },
  { bank: 'AHB SRAM2', register: 'AHB2ENR', bit: 30, name: 'SRAM2EN' },
  { bank: 'BKPSRAM', register: 'AHB4ENR', bit: 28, name: 'BKPRAMEN' },
] as const;

/** Bits of the memories among the clocks in Sleep: FLASH, DTCM1, DTCM2, ITCM, AXI SRAM; AHB SRAM1, SRAM2; backup RAM. */
export const memorySleepBits: Readonly<Record<string, number>> = { AHB5ENR: 0xf0000004, AHB2ENR: 0x60000000, AHB4ENR: 0x10000000 };
