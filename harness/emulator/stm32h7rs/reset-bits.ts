/**
 * Which block a bit of a peripheral reset register resets, by register and bit.
 * Source: ST device header stm32h7s7xx.h, RCC_…RSTR_…RST.
 */
export const resetBits: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  AHB1RSTR: { 4: 'GPDMA1', 5: 'ADC1', 15: 'ETH', 25: 'USB_OTG_HS', 27: 'USB_OTG_FS', 31: 'ADF1' },
  AHB2RSTR: { 1: 'PSSI', 9: 'SDMMC2', 14: 'CORDIC' },
  AHB3RSTR: { 0: 'RNG', 1: 'HASH', 2: 'CRYP', 4: 'SAES', 6: 'PKA' },
  AHB4RSTR: { 0: 'GPIOA', 1: 'GPIOB', 2: 'GPIOC', 3: 'GPIOD', 4: 'GPIOE', 5: 'GPIOF', 6: 'GPIOG', 7: 'GPIOH', 12: 'GPIOM',
    13: 'GPION', 14: 'GPIOO', 15: 'GPIOP', 19: 'CRC' },
  AHB5RSTR: { 0: 'HPDMA1', 1: 'DMA2D', 3: 'JPEG', 4: 'FMC', 5: 'XSPI1', 8: 'SDMMC1', 12: 'XSPI2', 14: 'XSPIM', 19: 'GFXMMU',
    20: 'GPU2D' },
  APB1RSTR1: { 0: 'TIM2', 1: 'TIM3', 2: 'TIM4', 3: 'TIM5', 4: 'TIM6', 5: 'TIM7', 6: 'TIM12', 7: 'TIM13', 8: 'TIM14',
    9: 'LPTIM1', 14: 'SPI2', 15: 'SPI3', 16: 'SPDIFRX', 17: 'USART2', 18: 'USART3', 19: 'UART4', 20: 'UART5', 21: 'I2C1',
    22: 'I2C2', 23: 'I2C3', 27: 'CEC', 30: 'UART7', 31: 'UART8' },
  APB1RSTR2: { 1: 'CRS', 5: 'MDIOS', 27: 'UCPD1' },
  APB2RSTR: { 0: 'TIM1', 4: 'USART1', 12: 'SPI1', 13: 'SPI4', 16: 'TIM15', 17: 'TIM16', 18: 'TIM17', 19: 'TIM9', 20: 'SPI5',
    22: 'SAI1', 23: 'SAI2' },
  APB4RSTR: { 1: 'SBS', 3: 'LPUART1', 5: 'SPI6', 9: 'LPTIM2', 10: 'LPTIM3', 11: 'LPTIM4', 12: 'LPTIM5', 26: 'DTS' },
  APB5RSTR: { 1: 'LTDC', 2: 'DCMIPP', 4: 'GFXTIM' },
};
