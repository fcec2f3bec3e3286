import { describe, expect, it, jest } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { Rcc } from './rcc.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';
import type { UsartOptions } from './usart.js';
import { Usart } from './usart.js';

const CR1 = 0x00;
const CR3 = 0x08;
const BRR = 0x0c;
const RQR = 0x18;
const ISR = 0x1c;
const ICR = 0x20;
const RDR = 0x24;
const TDR = 0x28;
const UE_RE_TE = 0xd;
const RXNE = 1 << 5;
const TC = 1 << 6;
const TXE = 1 << 7;
const ORE = 1 << 3;
const IDLE = 1 << 4;
/** BRR 0x22C at 64 MHz is 115108 baud; ten bits are 5560 cycles. */
const character = 5560;

interface Fixture {
  readonly uart: Usart;
  readonly ports: TestPorts;
  readonly sent: { byte: number; cycle: number }[];
}

function fixture(options: Partial<UsartOptions> = {}): Fixture {
  const ports = testPorts();
  const rcc = new Rcc(ports, { hse: 24_000_000 });
  const uart = new Usart('UART4', 0x40004c00, ports, rcc.clock, { kernelClock: 'usart234578', irq: 85, ...options });
  const sent: { byte: number; cycle: number }[] = [];
  uart.onTransmit((byte, cycle) => sent.push({ byte, cycle }));
  uart.write(BRR, 0x22c, 4);
  uart.write(CR1, UE_RE_TE, 4);
  return { uart, ports, sent };
}

function bits(uart: Usart, mask: number): number {
  return uart.read(ISR, 4) & mask;
}

describe('USART', () => {
  it('enabled → TEACK and REACK, transmitter empty; disabled → neither', () => {
    const { uart } = fixture();
    expect(bits(uart, 0x6000c0)).toBe(0x6000c0);
    uart.write(CR1, 0xc, 4);
    expect(bits(uart, 0x600000)).toBe(0);
  });

  it.each([
    ['oversampling by 16', 0, 0x22c, 0, 64e6 / 0x22c],
    ['oversampling by 8', 1 << 15, 0x1fe4, 0, (2 * 64e6) / 0x1fe8],
    ['prescaler 4', 0, 0x8b, 2, 16e6 / 0x8b],
    ['BRR below 16', 0, 15, 0, 0],
  ])('%s → baud rate from the kernel clock', (_name, over8, brr, prescaler, baud) => {
    const { uart } = fixture();
    uart.write(CR1, 0, 4);
    uart.write(BRR, brr, 4);
    uart.write(0x2c, prescaler, 4);
    uart.write(CR1, UE_RE_TE | over8, 4);
    expect(uart.baudRate).toBeCloseTo(baud, 6);
  });

  it('two bytes written → the first leaves after one character time, TXE falls in between, TC comes with the last', () => {
    const { uart, ports, sent } = fixture();
    uart.write(TDR, 0x41, 4);
    expect(bits(uart, TXE | TC)).toBe(TXE);
    uart.write(TDR, 0x42, 1);
    expect(bits(uart, TXE | TC)).toBe(0);
    expect(uart.busy).toBe(true);
    ports.advance(character - 1);
    expect(sent).toEqual([]);
    ports.advance(1);
    expect(sent).toEqual([{ byte: 0x41, cycle: character }]);
    expect(bits(uart, TXE | TC)).toBe(TXE);
    ports.advance(character);
    expect(sent[1]).toEqual({ byte: 0x42, cycle: 2 * character });
    expect(bits(uart, TXE | TC)).toBe(TXE | TC);
    expect(uart.busy).toBe(false);
  });

  it('TC interrupt enabled → request only once the line is silent; cleared by ICR', () => {
    const { uart, ports } = fixture();
    uart.write(ICR, TC, 4);
    uart.write(CR1, UE_RE_TE | (1 << 6), 4);
    uart.write(TDR, 1, 4);
    expect(ports.active.has(85)).toBe(false);
    ports.advance(character);
    expect(ports.active.has(85)).toBe(true);
    uart.write(ICR, TC, 4);
    expect(ports.active.has(85)).toBe(false);
  });

  it('TXE interrupt → request while TDR is empty', () => {
    const { uart, ports } = fixture();
    uart.write(CR1, UE_RE_TE | (1 << 7), 4);
    expect(ports.active.has(85)).toBe(true);
    uart.write(TDR, 1, 4);
    uart.write(TDR, 2, 4);
    expect(ports.active.has(85)).toBe(false);
    ports.advance(character);
    expect(ports.active.has(85)).toBe(true);
  });

  it('bytes from outside → one per character time, each held back until the one before was read', () => {
    const { uart, ports } = fixture();
    uart.receiveFromOutside(Uint8Array.of(0x31, 0x32));
    ports.advance(character - 1);
    expect(bits(uart, RXNE)).toBe(0);
    ports.advance(1);
    expect(bits(uart, RXNE)).toBe(RXNE);
    ports.advance(10 * character);
    expect(bits(uart, ORE)).toBe(0);
    expect(uart.read(RDR, 4)).toBe(0x31);
    expect(bits(uart, RXNE)).toBe(0);
    ports.advance(character);
    expect(uart.read(RDR, 1)).toBe(0x32);
  });

  it('far end without flow control and firmware that does not read → ORE, the first byte stays; OVRDIS → no ORE', () => {
    const { uart, ports } = fixture({ flowControl: 'send' });
    uart.receiveFromOutside(Uint8Array.of(1, 2, 3));
    ports.advance(3 * character);
    expect(bits(uart, ORE | RXNE)).toBe(ORE | RXNE);
    expect(uart.read(RDR, 4)).toBe(1);
    uart.write(ICR, ORE, 4);
    expect(bits(uart, ORE)).toBe(0);
    uart.write(CR3, 1 << 12, 4);
    uart.receiveFromOutside(Uint8Array.of(4, 5));
    ports.advance(2 * character);
    expect(bits(uart, ORE)).toBe(0);
    expect(uart.read(RDR, 4)).toBe(5);
  });

  it('receiver off → bytes wait outside and arrive once it is on', () => {
    const { uart, ports } = fixture();
    uart.write(CR1, 0x9, 4);
    uart.receiveFromOutside(Uint8Array.of(0x55));
    ports.advance(5 * character);
    expect(bits(uart, RXNE)).toBe(0);
    uart.write(CR1, UE_RE_TE, 4);
    ports.advance(character);
    expect(uart.read(RDR, 4)).toBe(0x55);
  });

  it('more than 64 KB sent to a receiver that is off → the first 64 KB arrive, the rest is lost', () => {
    const { uart, ports } = fixture();
    uart.write(CR1, 0x9, 4);
    for (let i = 0; i < 70; i += 1) uart.receiveFromOutside(new Uint8Array(1000).fill(i));
    uart.write(CR1, UE_RE_TE, 4);
    let last = 0;
    let count = 0;
    for (ports.advance(character); bits(uart, RXNE) !== 0; ports.advance(character)) {
      last = uart.read(RDR, 4);
      count += 1;
    }
    expect({ count, last }).toEqual({ count: 65_536, last: 65 });
    uart.receiveFromOutside(Uint8Array.of(99));
    ports.advance(character);
    expect(uart.read(RDR, 4)).toBe(99);
  });

  it('RXNE interrupt → request until RDR is read; IDLE follows one silent character later', () => {
    const { uart, ports } = fixture();
    uart.write(CR1, UE_RE_TE | (1 << 5), 4);
    uart.receiveFromOutside(Uint8Array.of(7));
    ports.advance(character);
    expect(ports.active.has(85)).toBe(true);
    expect(bits(uart, IDLE)).toBe(0);
    uart.read(RDR, 4);
    expect(ports.active.has(85)).toBe(false);
    ports.advance(character);
    expect(bits(uart, IDLE)).toBe(IDLE);
    uart.write(ICR, IDLE, 4);
    expect(bits(uart, IDLE)).toBe(0);
  });

  it('RQR → reads 0; RXFRQ drops the byte that waits, TXFRQ the one not yet on the line', () => {
    const { uart, ports, sent } = fixture();
    uart.receiveFromOutside(Uint8Array.of(9));
    ports.advance(character);
    expect(uart.read(RQR, 4)).toBe(0);
    uart.write(RQR, 1 << 3, 4);
    expect(bits(uart, RXNE)).toBe(0);
    uart.write(TDR, 1, 4);
    uart.write(TDR, 2, 4);
    uart.write(RQR, 1 << 4, 4);
    ports.advance(3 * character);
    expect(sent.map(({ byte }) => byte)).toEqual([1]);
  });

  it('FIFO mode → sixteen bytes wait, TXFE and RXFF tell', () => {
    const { uart, ports, sent } = fixture();
    uart.write(CR1, 0, 4);
    uart.write(CR1, UE_RE_TE | (1 << 29), 4);
    for (let i = 0; i < 17; i += 1) uart.write(TDR, i, 4);
    expect(bits(uart, TXE | (1 << 23))).toBe(0);
    uart.receiveFromOutside(Uint8Array.from({ length: 17 }, (_, i) => i));
    ports.advance(20 * character);
    expect(sent).toHaveLength(17);
    expect(bits(uart, TXE | TC | (1 << 23) | (1 << 24))).toBe((TXE | TC | (1 << 23) | (1 << 24)) >>> 0);
    expect(Array.from({ length: 16 }, () => uart.read(RDR, 4))).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });

  it('reset in the middle of a character → it never leaves, nothing from outside is left', () => {
    const { uart, ports, sent } = fixture();
    uart.write(TDR, 1, 4);
    uart.receiveFromOutside(Uint8Array.of(1, 2));
    ports.advance(100);
    uart.reset('system');
    ports.advance(10 * character);
    expect(sent).toEqual([]);
    expect(uart.busy).toBe(false);
    expect(uart.read(CR1, 4)).toBe(0);
  });

  it('half duplex → stops as unmodelled; OVRDIS → stored', () => {
    const { uart } = fixture();
    expect(() => uart.write(CR3, 1 << 3, 4)).toThrow(UnmodelledAccess);
    uart.write(CR3, 1 << 12, 4);
    expect(uart.read(CR3, 4)).toBe(1 << 12);
  });

  it('DMA enabled → the request lines follow TXE and RXNE, told when they go up', () => {
    const told = jest.fn();
    const { uart, ports } = fixture({ onDmaRequest: told });
    expect([uart.transmitRequest, uart.receiveRequest]).toEqual([false, false]);
    uart.write(CR3, (1 << 6) | (1 << 7), 4);
    expect(told).toHaveBeenCalled();
    expect([uart.transmitRequest, uart.receiveRequest]).toEqual([true, false]);
    uart.receiveFromOutside(Uint8Array.of(7));
    ports.advance(character);
    expect(uart.receiveRequest).toBe(true);
    uart.read(RDR, 4);
    expect(uart.receiveRequest).toBe(false);
  });

  it('LPUART → 256 times the kernel clock over a BRR of 20 bits', () => {
    const { uart } = fixture({ lowPower: true });
    uart.write(BRR, 0x22b8e, 4);
    expect(uart.baudRate).toBeCloseTo(115200, -1);
  });

  it('BRR for a clock that it does not have → the far end sees garbled characters; within 2 % → the right ones', () => {
    const good = fixture({ farEndBaudRate: 115200 });
    good.uart.write(TDR, 0x55, 4);
    good.ports.advance(2 * character);
    expect(good.sent.map(({ byte }) => byte)).toEqual([0x55]);
    const bad = fixture({ farEndBaudRate: 115200 });
    bad.uart.write(BRR, 0x339, 4); // for 95 MHz
    bad.uart.write(TDR, 0x55, 4);
    bad.ports.advance(2 * character);
    expect(bad.sent.map(({ byte }) => byte)).not.toEqual([0x55]);
  });

  it('far end sends at another rate → garbled, with a framing error and its interrupt', () => {
    const { uart, ports } = fixture({ farEndBaudRate: 57600 });
    uart.write(CR3, 1, 4); // EIE
    uart.receiveFromOutside(Uint8Array.of(0));
    ports.advance(3 * character);
    expect([uart.read(RDR, 4), bits(uart, 2), ports.active.has(85)]).toEqual([0, 2, true]);
    uart.write(ICR, 2, 4);
    expect(ports.active.has(85)).toBe(false);
  });

  it('even parity → sent and received with it; a far end that sends none → parity error', () => {
    const same = fixture();
    same.uart.write(CR1, UE_RE_TE | (1 << 12) | (1 << 10), 4);
    same.uart.write(TDR, 0x43, 4);
    same.uart.receiveFromOutside(Uint8Array.of(0x43));
    same.ports.advance(2 * character);
    expect([same.sent[0].byte, same.uart.read(RDR, 4), bits(same.uart, 1)]).toEqual([0x43, 0x143, 0]);
    const plain = fixture({ farEndBaudRate: 115200 });
    plain.uart.write(CR1, UE_RE_TE | (1 << 12) | (1 << 10), 4);
    plain.uart.receiveFromOutside(Uint8Array.of(0x41));
    plain.ports.advance(2 * character);
    expect(bits(plain.uart, 1)).toBe(1);
  });

  it('receiver timeout → RTOF so many bits after the last character, not before', () => {
    const { uart, ports } = fixture();
    uart.write(0x14, 100, 4);
    uart.write(0x04, 1 << 23, 4);
    uart.write(CR1, UE_RE_TE | (1 << 26), 4);
    uart.receiveFromOutside(Uint8Array.of(1));
    ports.advance(character + 99 * 556);
    expect(bits(uart, 1 << 11)).toBe(0);
    ports.advance(2 * 556);
    expect([bits(uart, 1 << 11), ports.active.has(85)]).toEqual([1 << 11, true]);
  });

  it('the character of CR2.ADD arrives → CMF and its interrupt until ICR; another one → not', () => {
    const { uart, ports } = fixture();
    uart.write(0x04, 0x0d000000, 4);
    uart.write(CR1, UE_RE_TE | (1 << 14), 4);
    uart.receiveFromOutside(Uint8Array.of(0x41));
    ports.advance(2 * character);
    expect([bits(uart, 1 << 17), ports.active.has(85)]).toEqual([0, false]);
    uart.read(RDR, 4);
    uart.receiveFromOutside(Uint8Array.of(0x0d));
    ports.advance(2 * character);
    expect([bits(uart, 1 << 17), ports.active.has(85)]).toEqual([1 << 17, true]);
    uart.write(ICR, 1 << 17, 4);
    expect([bits(uart, 1 << 17), ports.active.has(85)]).toEqual([0, false]);
  });
});
