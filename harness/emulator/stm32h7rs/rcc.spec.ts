import { describe, expect, it } from '@jest/globals';
import { Rcc } from './rcc.js';
import { testPorts } from './testing/ports.js';

const CR = 0x00;
const CFGR = 0x10;
const RSR = 0x130;

function rcc(): Rcc {
  return new Rcc(testPorts(), { hse: 24_000_000 });
}

/** What OEMiROT_Boot's SystemInit leaves: PLL1 = 64 MHz / 32 × 380 / 2, every bus divided by 2. */
function startPll(block: Rcc): void {
  block.write(0x28, (32 << 4) | 0, 4);
  block.write(0x30, (379 << 0) | (1 << 9), 4);
  block.write(0x1c, 8, 4);
  block.write(0x20, 0x4444, 4);
  block.write(0x2c, 1 << 5, 4); // PLL1PEN
  block.write(CR, block.read(CR, 4) | (1 << 24), 4);
  block.write(CFGR, 3, 4);
}

describe('RCC', () => {
  it('after reset → the core runs on the HSI at 64 MHz, undivided', () => {
    expect(rcc().clock.frequencies).toMatchObject({ sysclk: 64e6, cpu: 64e6, hclk: 64e6, pclk1: 64e6, usart234578: 64e6 });
    expect(rcc().read(CR, 4)).toBe(0x25);
  });

  it.each([
    ['CSI', 7, 8],
    ['HSI48', 12, 13],
    ['HSE', 16, 17],
    ['PLL2', 26, 27],
    ['PLL3', 28, 29],
  ])('%s switched on and off → its ready flag follows', (_name, on, ready) => {
    const block = rcc();
    block.write(CR, block.read(CR, 4) | (1 << on), 4);
    expect((block.read(CR, 4) >>> ready) & 1).toBe(1);
    block.write(CR, block.read(CR, 4) & ~(1 << on), 4);
    expect((block.read(CR, 4) >>> ready) & 1).toBe(0);
  });

  it("PLL1 as the secure boot sets it → 380 MHz core, 190 MHz HCLK, 95 MHz UART kernel clock, SWS follows SW", () => {
    const block = rcc();
    startPll(block);
    expect((block.read(CFGR, 4) >>> 3) & 7).toBe(3);
    expect(block.clock.frequencies).toMatchObject({ sysclk: 380e6, cpu: 380e6, hclk: 190e6, pclk1: 95e6, usart234578: 95e6 });
  });

  it('PLL1 without input divider → never ready, and the system clock does not switch to it', () => {
    const block = rcc();
    block.write(0x28, 0, 4);
    block.write(CR, block.read(CR, 4) | (1 << 24), 4);
    block.write(CFGR, 3, 4);
    expect((block.read(CR, 4) >>> 25) & 1).toBe(0);
    expect((block.read(CFGR, 4) >>> 3) & 7).toBe(0);
    expect(block.clock.frequencies.cpu).toBe(64e6);
  });

  it('UART kernel clock selected from HSI → 64 MHz while the buses run from PLL1', () => {
    const block = rcc();
    startPll(block);
    block.write(0x50, 3, 4);
    expect(block.clock.frequencies.usart234578).toBe(64e6);
    block.write(0x50, 5, 4);
    expect(block.clock.frequencies.usart234578).toBe(0);
    block.write(0x70, 1, 4);
    expect(block.clock.frequencies.usart234578).toBe(32768);
  });

  it('core clock changed on the way → board time in seconds is the sum of both stretches', () => {
    const ports = testPorts();
    const block = new Rcc(ports, { hse: 24_000_000 });
    ports.advance(64e6);
    startPll(block);
    ports.advance(380e6);
    expect(block.clock.seconds).toBeCloseTo(2, 9);
    expect(block.clock.cycleAt(3)).toBe(64e6 + 2 * 380e6);
  });

  it('resets → the flags of each cause add up until RMVF', () => {
    const block = rcc();
    block.reset('power-on');
    expect(block.read(RSR, 4)).toBe((1 << 21) | (1 << 22) | (1 << 23));
    block.write(RSR, 1 << 16, 4);
    expect(block.read(RSR, 4)).toBe(0);
    block.reset('watchdog');
    expect(block.read(RSR, 4)).toBe((1 << 22) | (1 << 26));
    block.reset('system');
    expect(block.read(RSR, 4)).toBe((1 << 22) | (1 << 24) | (1 << 26));
  });

  it('system reset → HSI again; the backup domain keeps its register', () => {
    const block = rcc();
    startPll(block);
    block.write(0x70, 1, 4);
    block.reset('system');
    expect(block.clock.frequencies.cpu).toBe(64e6);
    expect(block.read(0x70, 4)).toBe(3);
    block.reset('power-on');
    expect(block.read(0x70, 4)).toBe(0);
  });

  it('a bit of a peripheral reset register set → told once, not again while it stays set', () => {
    const told: string[] = [];
    const block = new Rcc(testPorts(), { hse: 24e6, onPeripheralReset: (register, bit) => told.push(`${register}.${bit}`) });
    block.write(0x90, 1 << 19, 4);
    block.write(0x90, (1 << 19) | (1 << 31), 4);
    expect(told).toEqual(['APB1RSTR1.19', 'APB1RSTR1.31']);
  });

  it('ready interrupt enabled and the oscillator switched on → flag and interrupt until CICR; not enabled → neither', () => {
    const ports = testPorts();
    const block = new Rcc(ports, { hse: 24_000_000 });
    block.write(0x74, 1, 4); // LSION
    expect([block.read(0x64, 4), ports.active.has(5)]).toEqual([0, false]);
    block.write(0x60, (1 << 3) | (1 << 1), 4);
    block.write(CR, block.read(CR, 4) | (1 << 16), 4);
    block.write(0x70, 1, 4);
    expect([block.read(0x64, 4), ports.active.has(5)]).toEqual([(1 << 3) | (1 << 1), true]);
    block.write(0x68, (1 << 3) | (1 << 1), 4);
    expect([block.read(0x64, 4), ports.active.has(5)]).toEqual([0, false]);
  });

  it('the oscillator that the system clock comes from switched off → it stays on', () => {
    const block = rcc();
    block.write(CR, 0, 4);
    expect(block.read(CR, 4) & 5).toBe(5);
    block.write(CR, block.read(CR, 4) | (1 << 7), 4);
    block.write(CFGR, 1, 4);
    block.write(CR, block.read(CR, 4) & ~1, 4);
    expect(block.read(CR, 4) & 5).toBe(0);
    expect(block.clock.frequencies).toMatchObject({ cpu: 4e6, hsi: 0, csi: 4e6 });
  });

  it('PLL2 from the crystal with a fraction, outputs S and T → their frequencies, those not enabled 0', () => {
    const block = rcc();
    block.write(CR, block.read(CR, 4) | (1 << 16), 4);
    block.write(0x28, (6 << 12) | 2, 4); // HSE / 6 = 4 MHz
    block.write(0x38, (100 - 1) | (1 << 9), 4);
    block.write(0x3c, 0x1000 << 3, 4); // half
    block.write(0xc4, 1 | (3 << 8), 4); // S / 2, T / 4
    block.write(0x2c, (1 << 11) | (1 << 19) | (1 << 20), 4);
    block.write(CR, block.read(CR, 4) | (1 << 26), 4);
    expect(block.clock.frequencies).toMatchObject({ pll2s: 201e6, pll2t: 100.5e6, pll2p: 0, pll2q: 0 });
    block.write(0x4c, 2 << 6, 4);
    expect(block.clock.frequencies).toMatchObject({ xspi2: 100.5e6, xspi1: 64e6, sdmmc12: 201e6 });
  });

  it('input and dividers of a PLL that is on written → they stay; switched off → they change', () => {
    const block = rcc();
    startPll(block);
    block.write(0x28, 0x203 | (5 << 12), 4);
    block.write(0x30, 0, 4);
    expect([block.read(0x28, 4), block.read(0x30, 4)]).toEqual([0x200 | (5 << 12), 379 | (1 << 9)]);
    expect(block.clock.frequencies.cpu).toBe(380e6);
    block.write(CFGR, 0, 4);
    block.write(CR, block.read(CR, 4) & ~(1 << 24), 4);
    block.write(0x28, 0x203, 4);
    block.write(0x30, 0, 4);
    expect([block.read(0x28, 4), block.read(0x30, 4)]).toEqual([0x203, 0]);
  });

  it('buses divided → timers at twice their bus, with TIMPRE at four times, never above HCLK', () => {
    const block = rcc();
    block.write(0x20, 0x46, 4); // APB1 / 8, APB2 / 2
    expect(block.clock.frequencies).toMatchObject({ pclk1: 8e6, pclk2: 32e6, timers1: 16e6, timers2: 64e6 });
    block.write(CFGR, 1 << 15, 4);
    expect(block.clock.frequencies).toMatchObject({ timers1: 32e6, timers2: 64e6 });
  });

  it.each([
    ['LSE', 1, 0x8101, 32768],
    ['LSI', 2, 0x8200, 32000],
    ['HSE / 24', 3, 0x8300, 1e6],
  ])('RTC from %s → its clock while RTCEN is set', (_name, _select, bdcr, frequency) => {
    const block = rcc();
    block.write(CR, block.read(CR, 4) | (1 << 16), 4);
    block.write(0x74, 1, 4);
    block.write(CFGR, 24 << 8, 4);
    block.write(0x70, bdcr, 4);
    expect(block.clock.frequencies.rtc).toBe(frequency);
    block.write(0x70, bdcr & ~0x8000, 4);
    expect(block.clock.frequencies.rtc).toBe(0);
  });
});
