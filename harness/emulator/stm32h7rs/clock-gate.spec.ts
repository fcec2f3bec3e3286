import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../../board/index.js';
import { createStm32h7rs } from '../machine.js';
import type { WholeChip } from './testing/whole-chip.js';
import { wholeChip } from './testing/whole-chip.js';

const rcc = { AHB1ENR: 0x58024538, AHB2ENR: 0x5802453c, AHB4ENR: 0x58024540, APB1ENR1: 0x58024548, APB1LPENR1: 0x58024570, AHB5LPENR: 0x5802455c } as const;
const tim6 = 0x40001000;
const uart4 = 0x40004c00;
const dma = 0x40021000;
const character = 5560;

/** TIM6 at 1 MHz, period of 1 ms, with its interrupt. */
function withTimer(): WholeChip {
  const board = wholeChip();
  board.write(rcc.APB1ENR1, 1 << 4);
  for (const [offset, value] of [[0x28, 63], [0x2c, 999], [0x14, 1], [0x10, 0], [0x0c, 1], [0x00, 1]]) board.write(tim6 + offset, value);
  return board;
}

describe('a block whose bus clock is switched off', () => {
  it('timer → the counter stands, its interrupt comes later by that time', () => {
    const board = withTimer();
    board.ports.advance(64 * 300);
    board.write(rcc.APB1ENR1, 0);
    board.ports.advance(64 * 5000);
    expect(board.ports.active.has(55)).toBe(false);
    board.write(rcc.APB1ENR1, 1 << 4);
    expect(board.read(tim6 + 0x24)).toBe(300);
    board.ports.advance(64 * 699);
    expect(board.ports.active.has(55)).toBe(false);
    board.ports.advance(64);
    expect(board.ports.active.has(55)).toBe(true);
  });

  it('UART → the characters on the line stand still in both directions', () => {
    const board = wholeChip();
    const usart = board.chip.usarts.get('UART4')!;
    const sent: number[] = [];
    usart.onTransmit((byte) => sent.push(byte));
    for (const [address, value] of [[rcc.APB1ENR1, 1 << 19], [rcc.AHB4ENR, 8], [0x58020c20, 0x88], [0x58020c00, 0xfffffffa], [uart4 + 0x0c, 0x22c], [uart4, 0xd], [uart4 + 0x28, 0x41]]) board.write(address, value);
    usart.receiveFromOutside(Uint8Array.of(0x61));
    board.ports.advance(character - 20);
    board.write(rcc.APB1ENR1, 0);
    board.ports.advance(100 * character);
    expect(sent).toEqual([]);
    board.write(rcc.APB1ENR1, 1 << 19);
    board.ports.advance(15); // the far end sends at exactly 115200 baud: four cycles earlier
    expect([sent, board.read(uart4 + 0x1c) & 0x20]).toEqual([[], 0]);
    board.ports.advance(5);
    expect([sent, board.read(uart4 + 0x24)]).toEqual([[0x41], 0x61]);
  });

  it('DMA → a transfer that is under way is done later by that time', () => {
    const board = wholeChip();
    board.write(rcc.AHB1ENR, 1 << 4);
    for (const [offset, value] of [[0x90, (2 << 0) | (2 << 16) | (1 << 3) | (1 << 19)], [0x94, 1 << 9], [0x98, 400], [0x9c, 0x24000000], [0xa0, 0x24010000], [0x64, 1]]) board.write(dma + offset, value);
    board.ports.advance(150);
    board.write(rcc.AHB1ENR, 0);
    board.ports.advance(10_000);
    board.write(rcc.AHB1ENR, 1 << 4);
    board.ports.advance(49);
    expect(board.read(dma + 0x60) & 0x100).toBe(0);
    board.ports.advance(1);
    expect(board.read(dma + 0x60) & 0x100).toBe(0x100);
  });

  it('the clock of the window watchdog, once on → stays on', () => {
    const board = wholeChip();
    board.write(rcc.APB1ENR1, 1 << 11);
    board.write(rcc.APB1ENR1, 0);
    expect(board.read(rcc.APB1ENR1)).toBe(1 << 11);
  });
});

describe('a machine that sleeps', () => {
  /** Sleeps with UART4's receiver on. */
  function sleeping(...writes: readonly (readonly [number, number])[]): unknown {
    const machine = createStm32h7rs({ kit: loadKit('stm32h7s78-dk') });
    machine.load(0x24000000, new Uint8Array(Uint32Array.of(0x24001000, 0x24000009, 0xe7fdbf30).buffer)); // wfi; b .-2
    for (const [address, value] of [[rcc.APB1ENR1, 1 << 19], [uart4 + 0x0c, 0x22c], ...writes] as const) machine.writeWord(address, value);
    machine.jump(0x24000000);
    const stop = machine.run(10);
    return stop.kind === 'unmodelled' ? stop.what : stop.kind;
  }

  it('the clock of a UART that receives stops in Sleep → the run stops by name; its receiver is off, or its clock goes on → sleeps', () => {
    const stopped = [rcc.APB1LPENR1, ~(1 << 19) >>> 0] as const;
    expect(sleeping([uart4, 5], stopped)).toBe('Sleep without the clock of UART4 (RCC LPENR)');
    expect(sleeping([uart4, 0], stopped)).toBe('idle');
    expect(sleeping([uart4, 5])).toBe('idle');
  });

  it('the clock of a RAM stops in Sleep → matters where a DMA controller works', () => {
    const stopped = [rcc.AHB5LPENR, 0x7018513f] as const;
    expect(sleeping(stopped)).toBe('idle');
    expect(sleeping(stopped, [rcc.AHB1ENR, 1 << 4], [dma + 0x98, 4], [dma + 0x94, 79], [dma + 0x64, 1])).toBe('Sleep without the clock of a memory under GPDMA1 (RCC LPENR)');
  });
});

describe('RAMs behind a clock', () => {
  it.each([
    ['AHB SRAM1', 0x30000000, rcc.AHB2ENR, 29, 'RCC_AHB2ENR.SRAM1EN'],
    ['AHB SRAM2', 0x30007ffc, rcc.AHB2ENR, 30, 'RCC_AHB2ENR.SRAM2EN'],
    ['BKPSRAM', 0x38800ffc, rcc.AHB4ENR, 28, 'RCC_AHB4ENR.BKPRAMEN'],
  ])('%s without it → an access stops the run with the bit it wants; with it, memory; off and on again → its contents', (name, address, register, bit, wanted) => {
    const machine = createStm32h7rs({ kit: loadKit('stm32h7s78-dk') });
    machine.writeWord(0x58024800, 0x100); // PWR_CR1.DBP
    const refused = expect.objectContaining({ code: 'unmodelled', message: expect.stringContaining(`${name} without its clock (${wanted})`) });
    expect(() => machine.readWord(address)).toThrow(refused);
    expect(() => machine.writeWord(address, 1)).toThrow(refused);
    machine.writeWord(register, 2 ** bit);
    machine.writeWord(address, 0xcafe1234);
    expect(machine.readWord(address)).toBe(0xcafe1234);
    machine.writeWord(register, 0);
    expect(() => machine.readWord(address)).toThrow(refused);
    machine.writeWord(register, 2 ** bit);
    expect(machine.readWord(address)).toBe(0xcafe1234);
  });

  it('backup RAM without PWR_CR1.DBP → stores are lost, loads are not', () => {
    const machine = createStm32h7rs({ kit: loadKit('stm32h7s78-dk') });
    machine.writeWord(rcc.AHB4ENR, 1 << 28);
    machine.writeWord(0x58024800, 0x100);
    machine.writeWord(0x38800010, 5);
    machine.writeWord(0x58024800, 0);
    machine.writeWord(0x38800010, 6);
    expect(machine.readWord(0x38800010)).toBe(5);
  });
});
