import { HarnessError } from '../../errors/index.js';
import type { BlockPorts } from '../ports.js';
import type { Clock } from './clock.js';
import type { DmaRequest } from './dma.js';
import type { InterruptName } from './interrupts.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { UartSignal } from './uart-pins.js';
import { uartPins } from './uart-pins.js';
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
  /** The UART whose far end has a baud rate of its own; and the pins where that is, any of the UART's where they are not given. */
  readonly console: { readonly uart: string; readonly baudRate: number; readonly tx?: string; readonly rx?: string };
  readonly onDmaRequest: () => void;
  /** Whether a pin (`PD1`) carries an alternate function now. */
  readonly carries: (pin: string, alternate: number) => boolean;
  readonly isClocked: (name: string) => () => boolean;
}

/** The UARTs by name, and their request lines as each DMA controller numbers them. */
export interface Uarts {
  readonly byName: ReadonlyMap<string, Usart>;
  readonly requests: Readonly<Record<'GPDMA1' | 'HPDMA1', ReadonlyMap<number, DmaRequest>>>;
}

/** Throws HarnessError `console-pin`. */
export function uarts(ports: BlockPorts, clock: Clock, options: UartsOptions): Uarts {
  const byName = new Map<string, Usart>();
  const gpdma = new Map<number, DmaRequest>();
  const hpdma = new Map<number, DmaRequest>();
  for (const { name, kernelClock, gpdma: first, hpdma: high, lowPower } of plan) {
    const [tx, rx] = [wired(name, 'TX', options.console), wired(name, 'RX', options.console)];
    const connected = (pins: typeof tx): boolean => pins.some((one) => options.carries(one.pin, one.function));
    const usart = new Usart(name, peripheral(name).base, ports, clock, {
      irq: interruptNumbers[name],
      kernelClock,
      onDmaRequest: options.onDmaRequest,
      isClocked: options.isClocked(name),
      pins: {
        get transmit() {
          return connected(tx);
        },
        get receive() {
          return connected(rx);
        },
      },
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

/** The pins that lead to whoever is at the far end of a UART's line. */
function wired(uart: string, signal: UartSignal, console: UartsOptions['console']): ReturnType<typeof uartPins> {
  const all = uartPins(uart, signal);
  const only = console.uart !== uart ? undefined : signal === 'TX' ? console.tx : console.rx;
  if (only === undefined) return all;
  const found = all.filter(({ pin }) => pin === only);
  if (found.length > 0) return found;
  throw new HarnessError({ code: 'console-pin', kind: 'usage', message: `${only} cannot be ${uart}'s ${signal}`, nextStep: `console.${signal.toLowerCase()} in the kit's file is one of ${all.map(({ pin }) => pin).join(', ')}` });
}
