import type { ExecutionMode } from '../board/index.js';
import type { Address } from '../units/index.js';

/** One register that the boot changed: the bits of `mask` take the value, the others stay as they are after a reset. */
export interface RegisterWrite {
  readonly address: Address;
  readonly mask: number;
  readonly value: number;
  /** ST's name of the register, and what the bits do. */
  readonly what: string;
}

const whole = 0xffffffff;
const bits = (address: Address, value: number, what: string, mask = value): RegisterWrite => ({ address, mask: mask >>> 0, value: value >>> 0, what });

/**
 * Power, clocks and flash latency as SetSysClock leaves them (STM32CubeH7RS OEMiROT_Boot/Src/system_stm32h7rsxx.c; bit positions: stm32h7s7xx.h), in its order.
 * HSI 64 MHz / 32 x 380 / 2 = 380 MHz core, AHB 190 MHz, every APB 95 MHz; PLL2 64 MHz / 4 x 25 / 2 = 200 MHz for the XSPIs.
 */
const clocks: readonly RegisterWrite[] = [
  bits(0x58024814, 0, 'PWR_CSR4: voltage scale 1', 0x1),
  bits(0x58024404, 0x40 << 24, 'RCC_HSICFGR: default trimming', 0x7f000000),
  bits(0x58024400, 0x1, 'RCC_CR: HSI on, undivided', 0x19),
  bits(0x58024428, (32 << 4) | (4 << 12), 'RCC_PLLCKSELR: HSI, DIVM1 32, DIVM2 4', 0x3f3f3),
  bits(0x5802442c, 0x20 | 0x08 | 0xc000 | 0x80000, 'RCC_PLLCFGR: input ranges 2-4 and 8-16 MHz, wide VCOs, outputs PLL1P and PLL2S', 0x8dbfb),
  bits(0x58024430, 0x0101037b, 'RCC_PLL1DIVR1: N 380, P Q R 2', whole),
  bits(0x580244c0, 0x101, 'RCC_PLL1DIVR2: S T 2', whole),
  bits(0x58024438, 0x01010218, 'RCC_PLL2DIVR1: N 25, P Q R 2', whole),
  bits(0x580244c4, 0x101, 'RCC_PLL2DIVR2: S T 2', whole),
  bits(0x58024400, 0x05000000, 'RCC_CR: PLL1 and PLL2 on'),
  bits(0x52002000, 0x25, 'FLASH_ACR: latency 5, WRHIGHFREQ 2', 0x3f),
  bits(0x58024420, 0x4444, 'RCC_APBCFGR: every APB divided by 2', 0x7777),
  bits(0x5802441c, 0x8, 'RCC_BMCFGR: AHB divided by 2', 0xf),
  bits(0x58024418, 0, 'RCC_CDCFGR: core undivided', 0xf),
  bits(0x58024410, 0x3, 'RCC_CFGR: PLL1 is the system clock', 0x7),
  bits(0x58024400, 0x1000, 'RCC_CR: HSI48 on'),
  bits(0x5802453c, 0x40000000, 'RCC_AHB2ENR: AHB SRAM2'),
  bits(0x58024554, 0x00010002, 'RCC_APB4ENR: SBS, RTC (HAL_RTC_MspInit)'),
  bits(0x58024800, 0x100, 'PWR_CR1: backup domain access (Reset_Handler)'),
];

/** The external memory interfaces (OEMiROT_Boot/Src/stm32h7rsxx_hal_msp.c, HAL_XSPI_MspInit; low_level_ext_flash.c): a load-and-run boot leaves XSPI1 off. */
const externalMemories = (exec: ExecutionMode): readonly RegisterWrite[] => [
  bits(0x5802480c, 0xc000, 'PWR_CSR2: XSPIM ports 1 and 2'),
  bits(0x5802444c, exec === 'ext-ram' ? 0x50 : 0x10, 'RCC_CCIPR1: XSPIs from PLL2S'),
  bits(0x58024400, 0x80, 'RCC_CR: CSI on for the I/O compensation cells'),
  bits(0x58024540, exec === 'ext-ram' ? 0xe000 : 0x2000, exec === 'ext-ram' ? 'RCC_AHB4ENR: GPIO N, O, P' : 'RCC_AHB4ENR: GPIO N'),
  bits(0x58024534, { xip: 0x4020, 'ext-ram': 0x5000, 'int-ram': 0 }[exec], 'RCC_AHB5ENR: XSPI1, XSPI2, XSPIM', 0x5020),
];

/** Cryptographic blocks whose clock stays on: HASH, SAES, PKA (low_level_obkeys.c, low_level_security.c, MCUboot crypto/ecdsa_p256.h). */
const cryptography: readonly RegisterWrite[] = [bits(0x58024558, 0x52, 'RCC_AHB3ENR: HASH, SAES, PKA')];

/** Where the boot's console of the development mode is, per UART (OEMiROT_Boot/Src/low_level_com.c). The boot does not switch it off: its stdio_uninit is empty. */
const consoles: Readonly<Record<string, readonly RegisterWrite[]>> = {
  UART4: [
    bits(0x58024540, 0x8, 'RCC_AHB4ENR: GPIO D'),
    bits(0x58024548, 0x80000, 'RCC_APB1ENR1: UART4'),
    bits(0x58020c00, 0xa, 'GPIOD_MODER: PD0, PD1 alternate', 0xf),
    bits(0x58020c08, 0xa, 'GPIOD_OSPEEDR: PD0, PD1 high speed', 0xf),
    bits(0x58020c0c, 0x5, 'GPIOD_PUPDR: PD0, PD1 pull-up', 0xf),
    bits(0x58020c20, 0x88, 'GPIOD_AFRL: PD0, PD1 AF8', 0xff),
    bits(0x40004c0c, 0x670, 'UART4_BRR: 115200 from 95 MHz, oversampling by 8', whole),
    bits(0x40004c00, 0x800d, 'UART4_CR1: OVER8, TE, RE, UE', whole),
  ],
  USART3: [
    bits(0x58024540, 0x8, 'RCC_AHB4ENR: GPIO D'),
    bits(0x58024548, 0x40000, 'RCC_APB1ENR1: USART3'),
    bits(0x58020c00, 0xa0000, 'GPIOD_MODER: PD8, PD9 alternate', 0xf0000),
    bits(0x58020c08, 0xa0000, 'GPIOD_OSPEEDR: PD8, PD9 high speed', 0xf0000),
    bits(0x58020c0c, 0x50000, 'GPIOD_PUPDR: PD8, PD9 pull-up', 0xf0000),
    bits(0x58020c24, 0x77, 'GPIOD_AFRH: PD8, PD9 AF7', 0xff),
    bits(0x4000480c, 0x670, 'USART3_BRR: 115200 from 95 MHz, oversampling by 8', whole),
    bits(0x40004800, 0x800d, 'USART3_CR1: OVER8, TE, RE, UE', whole),
  ],
};

/**
 * Core registers (Armv7-M ARM DDI 0403E): cycle counter of Reset_Handler, FPU of SystemInit (hard-float builds), HAL_Init's priority grouping,
 * the free-running tick of OEMiROT_Boot/Src/tick.c (no interrupt; its reload value is cut to the 24 bits of SYST_RVR), ITCM off, memory management fault on.
 */
const core: readonly RegisterWrite[] = [
  bits(0xe000edfc, 0x01010000, 'DEMCR: TRCENA, MON_EN'),
  bits(0xe0001000, 0x1, 'DWT_CTRL: CYCCNTENA'),
  bits(0xe000ed88, 0x00f00000, 'CPACR: CP10, CP11 full access'),
  bits(0xe000ed0c, 0x05fa0300, 'AIRCR: priority grouping 3', whole),
  bits(0xe000e014, 0x00a657ff, 'SYST_RVR: 380 000 000 - 1, lower 24 bits', whole),
  bits(0xe000e018, 0, 'SYST_CVR', whole),
  bits(0xe000e010, 0x5, 'SYST_CSR: core clock, on, no interrupt', whole),
  bits(0xe000ef90, 0, 'ITCMCR: ITCM off', 0x1),
  bits(0xe000ed24, 0x10000, 'SHCSR: MEMFAULTENA'),
];

/**
 * Hide-protection level 3 for the application: one step from 0 at reset to 1 for the boot, two by the ROM's jump service
 * (stm32h7rsxx_hal.c, HAL_SBS_IncrementHDPLValue; boot_hal.c, boot_jump_to_RSS).
 */
export const hideProtectionLevel: readonly RegisterWrite[] = [1, 2, 3].map((level) => bits(0x58000410, 0x6a, `SBS_HDPLCR: to level ${String(level)}`, whole));

/** Interrupts (low_level_ramecc.c: RAMECC 9; stm32h7rsxx_hal_msp.c, HAL_RTC_MspInit: TAMP 13 at priority 4). */
const interrupts: readonly RegisterWrite[] = [
  bits(0xe000e40c, 0x4000, 'NVIC_IPR3: TAMP priority 4', 0xff00),
  bits(0xe000e100, (1 << 9) | (1 << 13), 'NVIC_ISER0: RAMECC, TAMP'),
];

/**
 * Everything but the MPU and the RAMECC monitors, in the order in which it is to be written.
 * Left out, as no application was seen to look at them: backup domain (RTC on LSI, internal tampers), SBS compensation cells, XSPI and MCE registers, clock protection.
 */
export function bootRegisters(options: { readonly exec: ExecutionMode; readonly consoleUart: string; readonly devMode: boolean }): readonly RegisterWrite[] {
  return [...clocks, ...externalMemories(options.exec), ...cryptography, ...(options.devMode ? (consoles[options.consoleUart] ?? []) : []), ...core, ...interrupts, ...hideProtectionLevel];
}
