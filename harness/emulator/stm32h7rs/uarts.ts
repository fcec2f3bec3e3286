import type { BlockPorts } from '../ports.js';
import type { Clock } from './clock.js';
import type { DmaRequest } from './dma.js';
import type { InterruptName } from './interrupts.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { UsartOptions } from './usart.js';
import { Usart } from './usart.js';

interface UartPlan {
  readonly name: InterruptName;
  readonly kernelClock: UsartOptions['kernelClock'];
  /** Numbers of its receive request, the transmit request one above: of GPDMA1 and, where there is one, of HPDMA1. */
  readonly gpdma: number;
  readonly hpdma?: number;
  readonly lowPower?: boolean;
}

/** Every UART of the chip. Request numbers: stm32h7rsxx_hal_dma.h, GPDMA1_REQUEST_… and HPDMA1_REQUEST_…. */
const plan: readonly UartPlan[] = [
  { name: 'USART1', kernelClock: 'usart1', gpdma: 73 },
  { name: 'USART2', kernelClock: 'usart234578', gpdma: 75 },
  { name: 'USART3', kernelClock: 'usart234578', gpdma: 77 },
  { name: 'UART4', kernelClock: 'usart234578', gpdma: 79, hpdma: 11 },
  { name: 'UART5', kernelClock: 'usart234578', gpdma: 81, hpdma: 13 },
  { name: 'UART7', kernelClock: 'usart234578', gpdma: 83, hpdma: 15 },
  { name: 'UART8', kernelClock: 'usart234578', gpdma: 85 },
  { name: 'LPUART1', kernelClock: 'lpuart1', gpdma: 101, lowPower: true },
];

export interface UartsOptions {
  readonly flowControl?: UsartOptions['flowControl'];
  /** The UART whose far end has a baud rate of its own. */
  readonly console: { readonly uart: string; readonly baudRate: number };
  readonly onDmaRequest: () => void;
}

/** The UARTs by name, and their request lines as each DMA controller numbers them. */
export interface Uarts {
  readonly byName: ReadonlyMap<string, Usart>;
  readonly requests: Readonly<Record<'GPDMA1' | 'HPDMA1', ReadonlyMap<number, DmaRequest>>>;
}

export function uarts(ports: BlockPorts, clock: Clock, options: UartsOptions): Uarts {
  const byName = new Map<string, Usart>();
  const gpdma = new Map<number, DmaRequest>();
  const hpdma = new Map<number, DmaRequest>();
  for (const { name, kernelClock, gpdma: first, hpdma: high, lowPower } of plan) {
    const usart = new Usart(name, peripheral(name).base, ports, clock, {
      irq: interruptNumbers[name],
      kernelClock,
      onDmaRequest: options.onDmaRequest,
      ...(lowPower === undefined ? {} : { lowPower }),
      ...(options.flowControl === undefined ? {} : { flowControl: options.flowControl }),
      ...(options.console.uart === name ? { farEndBaudRate: options.console.baudRate } : {}),
    });
    byName.set(name, usart);
    const connect = (requests: Map<number, DmaRequest>, number: number): void => {
      requests.set(number, () => usart.receiveRequest);
      requests.set(number + 1, () => usart.transmitRequest);
    };
    connect(gpdma, first);
    if (high !== undefined) connect(hpdma, high);
  }
  return { byName, requests: { GPDMA1: gpdma, HPDMA1: hpdma } };
}
