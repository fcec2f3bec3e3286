/** A pin and the number of the alternate function that connects it. */
export interface PinFunction {
  /** `PD1`. */
  readonly pin: string;
  /** AFR's field. */
  readonly function: number;
}

export type UartSignal = 'TX' | 'RX';

/**
 * Which pins carry a UART's lines, as pin:function. Source: ST's STM32_open_pin_data, mcu/IP/GPIO-STM32H7RS_gpio_v1_0_Modes.xml (PinSignal …_TX and …_RX);
 * the same numbers: stm32h7rsxx_hal_gpio_ex.h, GPIO_AFx_…. Packages with fewer pins lack some of them.
 */
const table: Readonly<Record<string, Readonly<Record<UartSignal, string>>>> = {
  USART1: { TX: 'PA9:7 PB6:7 PB14:4 PF13:4', RX: 'PA10:7 PB7:7 PB15:4 PF12:4' },
  USART2: { TX: 'PA2:7 PD5:7', RX: 'PA3:7 PD6:7' },
  USART3: { TX: 'PB10:7 PC10:7 PD8:7', RX: 'PB11:7 PC11:7 PD9:7' },
  UART4: { TX: 'PA0:8 PA12:6 PB9:8 PC10:8 PD1:8', RX: 'PA1:8 PA11:6 PB8:8 PC11:8 PD0:8' },
  UART5: { TX: 'PB6:14 PB7:14 PB13:14 PC12:8', RX: 'PB5:14 PB12:14 PD2:8' },
  UART7: { TX: 'PA15:11 PB4:11 PE8:7 PF7:7 PM9:7', RX: 'PA8:11 PB3:11 PE7:7 PF6:7 PM8:7' },
  UART8: { TX: 'PE1:8', RX: 'PE0:8' },
  LPUART1: { TX: 'PA9:3 PB6:8', RX: 'PA10:3 PB7:8' },
};

/** Every pin that can carry a UART's line. */
export function uartPins(uart: string, signal: UartSignal): readonly PinFunction[] {
  return (table[uart]?.[signal] ?? '').split(' ').filter((entry) => entry !== '').map((entry) => {
    const [pin, alternate] = entry.split(':');
    return { pin: pin!, function: Number(alternate) };
  });
}
