/** One character on a serial line: how long its bits are, and how many. */
export interface FrameFormat {
  readonly baudRate: number;
  /** Bits between start and stop, parity included: 7, 8 or 9. */
  readonly bits: number;
  /** 0.5, 1, 1.5 or 2. */
  readonly stopBits: number;
}

/** What a receiver makes of a character. */
export interface Received {
  /** Bits between start and stop, the first one lowest. */
  readonly value: number;
  /** No stop bit where the receiver looks for it. */
  readonly framingError: boolean;
}

/** Below this difference of rates every bit of the longest frame is sampled within itself. */
const harmless = 0.01;

/** Whether a bit of a frame may be sampled outside of itself. */
export function ratesDiffer(one: number, other: number): boolean {
  return Math.abs(one / other - 1) >= harmless;
}

/** Seconds that a character takes. */
export function frameSeconds({ baudRate, bits, stopBits }: FrameFormat): number {
  return (1 + bits + stopBits) / baudRate;
}

/**
 * A character as a receiver with another idea of the line sees it: it looks at the middle of each bit by its own rate, from
 * the falling edge of the start bit on. Behind the character the line is idle.
 */
export function receivedAs(value: number, sender: FrameFormat, receiver: FrameFormat): Received {
  if (sender.bits === receiver.bits && !ratesDiffer(sender.baudRate, receiver.baudRate)) return { value, framingError: false };
  const level = (middle: number): number => {
    const bit = Math.floor((middle / receiver.baudRate) * sender.baudRate) - 1;
    if (bit < 0) return 0;
    return bit < sender.bits ? (value >>> bit) & 1 : 1;
  };
  let seen = 0;
  for (let bit = 0; bit < receiver.bits; bit += 1) seen |= level(bit + 1.5) << bit;
  return { value: seen, framingError: level(receiver.bits + 1.5) === 0 };
}

/** Parity bit that makes the number of ones even, or odd. */
export function parityOf(data: number, odd: boolean): number {
  let ones = odd ? 1 : 0;
  for (let rest = data; rest !== 0; rest >>>= 1) ones ^= rest & 1;
  return ones;
}
