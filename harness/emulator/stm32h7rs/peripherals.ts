import type { Device } from '../../board/index.js';
import type { Address, ByteCount } from '../../units/index.js';

/** One peripheral as the device header names and places it. */
export interface Peripheral {
  readonly name: string;
  readonly base: Address;
  readonly size: ByteCount;
}

type Row = readonly [name: string, base: Address, size?: ByteCount];

/**
 * Every peripheral of STM32H7S7. Names and bases: ST device header stm32h7s7xx.h (…_BASE); sizes: 1 KB (APB, AHB) unless the
 * header's neighbours or register structures leave more.
 */
const table: readonly Row[] = [
  // APB1
  ['TIM2', 0x40000000], ['TIM3', 0x40000400], ['TIM4', 0x40000800], ['TIM5', 0x40000c00], ['TIM6', 0x40001000], ['TIM7', 0x40001400],
  ['TIM12', 0x40001800], ['TIM13', 0x40001c00], ['TIM14', 0x40002000], ['LPTIM1', 0x40002400], ['WWDG', 0x40002c00],
  ['SPI2', 0x40003800], ['SPI3', 0x40003c00], ['SPDIFRX', 0x40004000], ['USART2', 0x40004400], ['USART3', 0x40004800],
  ['UART4', 0x40004c00], ['UART5', 0x40005000], ['I2C1', 0x40005400], ['I2C2', 0x40005800], ['I2C3', 0x40005c00],
  ['CEC', 0x40006c00], ['UART7', 0x40007800], ['UART8', 0x40007c00], ['CRS', 0x40008400], ['MDIOS', 0x40009400],
  ['FDCAN1', 0x4000a000], ['FDCAN2', 0x4000a400], ['SRAMCAN', 0x4000ac00, 0x800], ['UCPD1', 0x4000ec00],
  // APB2
  ['TIM1', 0x42000000], ['USART1', 0x42001000], ['SPI1', 0x42003000], ['SPI4', 0x42003400], ['TIM15', 0x42004000],
  ['TIM16', 0x42004400], ['TIM17', 0x42004800], ['TIM9', 0x42004c00], ['SPI5', 0x42005000], ['SAI1', 0x42005800], ['SAI2', 0x42005c00],
  // AHB1
  ['GPDMA1', 0x40021000, 0x1000], ['ADC1', 0x40022000, 0x400], ['ETH', 0x40028000, 0x2000], ['ADF1', 0x4002f000, 0x1000],
  ['USB_OTG_HS', 0x40040000, 0x40000], ['USB_OTG_FS', 0x40080000, 0x40000],
  // AHB2
  ['PSSI', 0x48000400], ['SDMMC2', 0x48002400], ['DLYB_SDMMC2', 0x48002800], ['CORDIC', 0x48004400],
  // AHB3
  ['RNG', 0x48020000], ['HASH', 0x48020400], ['CRYP', 0x48020800], ['SAES', 0x48021000], ['PKA', 0x48022000, 0x2000],
  // APB5
  ['LTDC', 0x50001000, 0x1000], ['DCMIPP', 0x50002000, 0x2000], ['GFXTIM', 0x50004000],
  // AHB5
  ['HPDMA1', 0x52000000, 0x1000], ['DMA2D', 0x52001000, 0x1000], ['FLASH', 0x52002000], ['JPEG', 0x52003000, 0x1000], ['FMC', 0x52004000],
  ['XSPI1', 0x52005000], ['SDMMC1', 0x52007000], ['DLYB_SDMMC1', 0x52008000], ['RAMECC1', 0x52009000], ['XSPI2', 0x5200a000],
  ['XSPIM', 0x5200b400], ['MCE1', 0x5200b800], ['MCE2', 0x5200bc00], ['MCE3', 0x5200c000], ['GFXMMU', 0x52010000, 0x3000],
  ['GPU2D', 0x52014000, 0x1000], ['ICACHE', 0x52015000],
  // APB4
  ['EXTI', 0x58000000], ['SBS', 0x58000400], ['LPUART1', 0x58000c00], ['SPI6', 0x58001400], ['LPTIM2', 0x58002400], ['LPTIM3', 0x58002800],
  ['LPTIM4', 0x58002c00], ['LPTIM5', 0x58003000], ['VREFBUF', 0x58003c00], ['RTC', 0x58004000], ['TAMP', 0x58004400],
  ['IWDG', 0x58004800], ['DTS', 0x58006800],
  // AHB4
  ['GPIOA', 0x58020000], ['GPIOB', 0x58020400], ['GPIOC', 0x58020800], ['GPIOD', 0x58020c00], ['GPIOE', 0x58021000], ['GPIOF', 0x58021400],
  ['GPIOG', 0x58021800], ['GPIOH', 0x58021c00], ['GPIOM', 0x58023000], ['GPION', 0x58023400], ['GPIOO', 0x58023800], ['GPIOP', 0x58023c00],
  ['RCC', 0x58024400], ['PWR', 0x58024800], ['CRC', 0x58024c00], ['RAMECC2', 0x58027000],
  // Debug, and memory-like windows
  ['DBGMCU', 0x5c001000, 0x1000], ['GFXMMU_VIRTUAL_BUFFERS', 0x25000000, 0x1000000], ['AXIM', 0xbff00000, 0x100000],
];

/** Peripherals at the address of another one: I3C1 shares I2C1's, ADC2 and the common registers lie behind ADC1's. */
export const peripheralAliases: Readonly<Record<string, string>> = { I3C1: 'I2C1', ADC2: 'ADC1', ADC12_COMMON: 'ADC1', FDCAN_CONFIG: 'FDCAN1' };

/** What STM32H7S3 lacks (stm32h7s3xx.h). */
const onlyOnH7s7: ReadonlySet<string> = new Set(['LTDC', 'GPU2D', 'ICACHE']);

/** Every peripheral that some device of the series has. */
export const peripherals: readonly Peripheral[] = table.map(([name, base, size]) => ({ name, base, size: size ?? 0x400 }));

const byName = new Map(peripherals.map((peripheral) => [peripheral.name, peripheral]));

/** Where a peripheral stands. Throws RangeError for a name that the header does not have. */
export function peripheral(name: string): Peripheral {
  const found = byName.get(peripheralAliases[name] ?? name);
  if (found === undefined) throw new RangeError(`no peripheral ${name}`);
  return found;
}

/** The peripherals of a device: reserved addresses between them answer with a bus error. */
export function peripheralsOf(device: Pick<Device, 'id'>): readonly Peripheral[] {
  return device.id.toLowerCase().startsWith('stm32h7s3') ? peripherals.filter(({ name }) => !onlyOnH7s7.has(name)) : peripherals;
}
