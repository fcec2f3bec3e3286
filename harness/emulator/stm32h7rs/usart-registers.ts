// Offsets and bits: ST device header stm32h7s7xx.h, USART_TypeDef.
export const at = { CR1: 0x00, CR2: 0x04, CR3: 0x08, BRR: 0x0c, RTOR: 0x14, TDR: 0x28, PRESC: 0x2c } as const;
export const cr1 = {
  UE: 1 << 0, RE: 1 << 2, TE: 1 << 3, IDLEIE: 1 << 4, RXNEIE: 1 << 5, TCIE: 1 << 6, TXEIE: 1 << 7, PEIE: 1 << 8, PS: 1 << 9, PCE: 1 << 10, M0: 1 << 12,
  OVER8: 1 << 15, CMIE: 1 << 14, RTOIE: 1 << 26, M1: 1 << 28, FIFOEN: 1 << 29, TXFEIE: 1 << 30, RXFFIE: 1 << 31,
} as const;
export const cr2 = { RTOEN: 1 << 23 } as const;
/** CR2.ADD. */
export const matched = (control2: number): number => control2 >>> 24;
export const cr3 = { EIE: 1 << 0, DMAR: 1 << 6, DMAT: 1 << 7, OVRDIS: 1 << 12, TXFTIE: 1 << 23, RXFTIE: 1 << 28 } as const;
export const isr = {
  PE: 1 << 0, FE: 1 << 1, ORE: 1 << 3, IDLE: 1 << 4, RXNE: 1 << 5, TC: 1 << 6, TXE: 1 << 7, RTOF: 1 << 11, BUSY: 1 << 16, CMF: 1 << 17, TEACK: 1 << 21, REACK: 1 << 22,
  TXFE: 1 << 23, RXFF: 1 << 24, RXFT: 1 << 26, TXFT: 1 << 27,
} as const;
export const rqr = { RXFRQ: 1 << 3, TXFRQ: 1 << 4 } as const;
/** RQR's ABRRQ, SBKRQ, MMRQ. */
export const unmodelledRqr = 0x7;
/** PRESC 0 … 11. */
export const prescalers = [1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256] as const;
export const fifoDepth = 16;
/** Entries at which RXFT and TXFT are raised: CR3.RXFTCFG and TXFTCFG. */
export const thresholds = [2, 4, 8, 12, 14, 16] as const;
/** Bits that change what the line carries in a way this model lacks. */
export const unmodelledCr1 = 0x0800_2000; // EOBIE MME
export const unmodelledCr2 = 0x001f_c801; // SLVEN CLKEN LINEN SWAP RXINV TXINV DATAINV MSBFIRST ABREN
export const unmodelledCr3 = 0x0000_272a; // IREN HDSEL SCEN RTSE CTSE CTSIE DDRE
