import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../../board/index.js';
import { createStm32h7rs } from '../machine.js';
import { gpioPorts } from './gpio.js';
import type { WholeChip } from './testing/whole-chip.js';
import { wholeChip } from './testing/whole-chip.js';
import { uartPins } from './uart-pins.js';

const character = 5560;
const RXNE = 1 << 5;
const gpio = (port: string): number => 0x58020000 + (port.charCodeAt(0) - 'A'.charCodeAt(0)) * 0x400;

/** Gives a pin a mode (2: alternate function) and a function. */
function configure({ read, write }: WholeChip, pin: string, mode: number, alternate = 0): void {
  const number = Number(pin.slice(2));
  const base = gpio(pin[1]);
  const set = (address: number, shift: number, field: number, value: number): void => write(address, (read(address) & ~(field << shift)) | (value << shift));
  set(base + 0x20 + (number >>> 3) * 4, 4 * (number & 7), 0xf, alternate);
  set(base, 2 * number, 3, mode);
}

/** A UART at 115200 baud with its clock on and that of every port. */
function uart(name: 'UART4' | 'USART2' | 'USART3', kit?: string): { board: WholeChip; sent: number[]; base: number; send(byte: number): void } {
  const board = wholeChip(kit);
  const { base } = board.chip.usarts.get(name)!;
  board.write(0x58024548, 7 << 17);
  board.write(0x58024540, 0xf0ff);
  board.write(base + 0x0c, 0x22c);
  board.write(base, 0xd);
  const sent: number[] = [];
  board.chip.usarts.get(name)!.onTransmit((byte) => sent.push(byte));
  return {
    board,
    sent,
    base,
    send(byte) {
      board.write(base + 0x28, byte);
      board.ports.advance(2 * character);
    },
  };
}

describe('pins of a UART', () => {
  it('every pin of the table → a pin of the chip, and only one signal per pin and function', () => {
    const all = ['USART1', 'USART2', 'USART3', 'UART4', 'UART5', 'UART7', 'UART8', 'LPUART1'].flatMap((name) => (['TX', 'RX'] as const).flatMap((signal) => uartPins(name, signal)));
    expect(all.filter(({ pin }) => !/^P[A-HM-P](\d|1[0-5])$/.test(pin) || !gpioPorts.includes(pin[1] as (typeof gpioPorts)[number]))).toEqual([]);
    expect(new Set(all.map((one) => `${one.pin}:${String(one.function)}`)).size).toBe(all.length);
  });

  it('the console at another rate than its far end → says both; at that rate, off, or another UART → says nothing', () => {
    const { board, base } = uart('UART4');
    expect(board.chip.remarks).toEqual([]);
    board.write(base + 0x0c, 0x22c / 4);
    expect(board.chip.remarks).toEqual(['UART4 is set to 460432 baud and its far end to 115200: what it sends is garbled there']);
    board.write(base, 0);
    expect(board.chip.remarks).toEqual([]);
    const other = uart('USART2');
    other.board.write(other.base + 0x0c, 0x22c / 4);
    expect(other.board.chip.remarks).toEqual([]);
  });

  it('UART4 without a pin → sends into nothing, says so; PD1 with AF8 → heard', () => {
    const { board, sent, send } = uart('UART4');
    send(0x41);
    send(0x42);
    expect([sent, board.chip.remarks]).toEqual([[], ['UART4 sent 2 characters while no pin had its TX as alternate function (the console is at PD1)']]);
    configure(board, 'PD1', 2, 8);
    send(0x43);
    expect([sent, board.chip.remarks.length]).toEqual([[0x43], 1]);
  });

  it.each([
    ['another function on PD1', 'PD1', 2, 7],
    ['PD1 as output', 'PD1', 1, 8],
    ['PA0, which is UART4’s TX but not where the console is', 'PA0', 2, 8],
  ])('%s → nothing on the console', (_title, pin, mode, alternate) => {
    const { board, sent, send } = uart('UART4');
    configure(board, pin, mode, alternate);
    send(0x41);
    expect(sent).toEqual([]);
  });

  it('a UART that is not the console, a UART of the other kit → any of its pins, the kit’s own pin', () => {
    const free = uart('USART2');
    configure(free.board, 'PD5', 2, 7);
    free.send(1);
    const nucleo = uart('USART3', 'nucleo-h7s3l8');
    configure(nucleo.board, 'PB10', 2, 7);
    nucleo.send(2);
    configure(nucleo.board, 'PD8', 2, 7);
    nucleo.send(3);
    expect([free.sent, nucleo.sent]).toEqual([[1], [3]]);
  });

  it('RX: bytes wait for the pin as for the receiver; taken away in the middle of a character → that one is lost', () => {
    const { board, base } = uart('UART4');
    board.chip.usarts.get('UART4')!.receiveFromOutside(Uint8Array.of(0x61, 0x62));
    board.ports.advance(10 * character);
    expect(board.read(base + 0x1c) & RXNE).toBe(0);
    configure(board, 'PD0', 2, 8);
    board.ports.advance(character / 2);
    configure(board, 'PD0', 0);
    board.ports.advance(character);
    expect(board.read(base + 0x1c) & RXNE).toBe(0);
    configure(board, 'PD0', 2, 8);
    board.ports.advance(character);
    expect([board.read(base + 0x1c) & RXNE, board.read(base + 0x24)]).toEqual([RXNE, 0x62]);
  });

  it('a kit whose console is at a pin that cannot carry it → refused by name', () => {
    const kit = loadKit('stm32h7s78-dk');
    expect(() => createStm32h7rs({ kit: { ...kit, console: { ...kit.console, tx: 'PD0' } } })).toThrow(expect.objectContaining({ code: 'console-pin', message: "PD0 cannot be UART4's TX" }));
  });
});
