import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../../board/index.js';
import type { Machine } from '../machine.js';
import { createStm32h7rs } from '../machine.js';

const rcc = { AHB1ENR: 0x58024538, APB1ENR1: 0x58024548, APB2ENR: 0x58024550, APB4ENR: 0x58024554, AHB5ENR: 0x58024534, APB1RSTR1: 0x58024490, BDCR: 0x58024470 } as const;

/** The chip with the clocks of what is looked at on. */
function chip(): Machine {
  const machine = createStm32h7rs({ kit: loadKit('stm32h7s78-dk') });
  machine.writeWord(rcc.AHB1ENR, 1 << 4);
  machine.writeWord(rcc.APB1ENR1, (1 << 19) | 1);
  machine.writeWord(rcc.APB2ENR, 1);
  machine.writeWord(rcc.APB4ENR, (1 << 16) | 2);
  return machine;
}

describe('bits whose effect the model lacks', () => {
  const machine = chip();
  it.each([
    ['UART4 CR1 bits 0x2000', 0x40004c00, 0x2000, 0x8000],
    ['UART4 RQR bits 0x2', 0x40004c18, 2, 8],
    ['TIM1 BDTR bits 0x100', 0x42000044, 0x100, 0x8000],
    ['TIM1 TISEL bits 0x100', 0x4200005c, 0x100, 0],
    ['RTC WUTR bits 0x10000', 0x58004014, 0x10000, 5],
    ['PWR APCR bits 0x1', 0x58024830, 1, 0],
    ['SBS RSSCMDR bits 0x1', 0x58000434, 1, 0],
    ['MCE1 PRIVCFGR bits 0x1', 0x5200b81c, 1, 0],
    ['UART4 CR3 bits 0x2000', 0x40004c08, 0x2000, 0x1000],
    ['TIM1 EGR bits 0x80', 0x42000014, 0x80, 0x1],
    ['TIM1 CCR5 bits 0x1', 0x42000048, 1, 0],
    ['TIM1 CCMR3 bits 0x68', 0x42000050, 0x68, 0],
    ['TIM1 ECR bits 0x1', 0x42000058, 1, 0],
    ['RTC CR bits 0x800', 0x58004018, 0x800, 0x100],
    ['RTC CALR bits 0x8000', 0x58004028, 0x8000, 0],
    ['RTC PRIVCFGR bits 0x8000', 0x5800401c, 0x8000, 0],
    ['TAMP CR1 bits 0x1', 0x58004400, 1, 1 << 24],
    ['TAMP CR2 bits 0x400000', 0x58004404, 1 << 22, 1 << 23],
    ['TAMP ATCR1 bits 0x2', 0x58004410, 2, 0x70000],
    ['TAMP ATSEEDR bits 0x12345678', 0x58004414, 0x12345678, 0],
    ['TAMP PRIVCFGR bits 0x80000000', 0x58004424, 0x80000000, 0],
    ['GPDMA1 PRIVCFGR bits 0x1', 0x40021004, 1, 0],
    ['EXTI EMR1 bits 0x2000', 0x58000084, 0x2000, 0],
    ['RCC PLLCFGR bits 0x4', 0x5802442c, 4, 0x20],
    ['RCC HSICFGR trimming', 0x58024404, 0x41000000, 0x40000000],
    ['RCC CSICFGR trimming', 0x5802440c, 0x1f000000, 0x20000000],
    ['FPU interrupt (NVIC_ISER0)', 0xe000e100, 1 << 10, 1 << 9],
  ])('%s written → the run would stop with that name; the twin without them is accepted', (what, address, refused, accepted) => {
    expect(() => {
      machine.writeWord(address, refused);
    }).toThrow(expect.objectContaining({ code: 'unmodelled', message: expect.stringMatching(new RegExp(`^${what.replace(/[()]/g, '\\$&')} at`)) }));
    machine.writeWord(address, accepted);
  });

  it('TAMP_CR2.BKERASE with the backup domain open → backup registers are 0, the bit reads 0', () => {
    machine.writeWord(0x58024800, 0x100);
    machine.writeWord(0x58004500, 0xcafe);
    machine.writeWord(0x58004404, 1 << 23);
    expect([machine.readWord(0x58004500), machine.readWord(0x58004404)]).toEqual([0, 0]);
  });
});

describe('bus clocks', () => {
  it('UART4 without its clock → writes are lost, reads give 0; with it → registers; switched off again → 0, on again → what was written', () => {
    const machine = createStm32h7rs({ kit: loadKit('stm32h7s78-dk') });
    machine.writeWord(0x40004c0c, 0x34);
    expect(machine.readWord(0x40004c0c)).toBe(0);
    machine.writeWord(rcc.APB1ENR1, 1 << 19);
    expect(machine.readWord(0x40004c0c)).toBe(0);
    machine.writeWord(0x40004c0c, 0x34);
    expect(machine.readWord(0x40004c0c)).toBe(0x34);
    machine.writeWord(rcc.APB1ENR1, 0);
    expect(machine.readWord(0x40004c0c)).toBe(0);
    machine.writeWord(rcc.APB1ENR1, 1 << 19);
    expect(machine.readWord(0x40004c0c)).toBe(0x34);
  });

  it('blocks without an enable bit → always there; RTC and WWDG have their own bits', () => {
    const machine = createStm32h7rs({ kit: loadKit('stm32h7s78-dk') });
    expect(machine.readWord(0x58024814)).toBe(2);
    expect([machine.readWord(0x58004004), machine.readWord(0x40002c00)]).toEqual([0, 0]);
    machine.writeWord(rcc.APB4ENR, 1 << 16);
    machine.writeWord(rcc.APB1ENR1, 1 << 11);
    expect([machine.readWord(0x58004004), machine.readWord(0x40002c00)]).toEqual([0x2101, 0x7f]);
  });

  it('a block that is held in reset → reset values, writes are lost; let go → registers', () => {
    const machine = chip();
    machine.writeWord(0x40004c0c, 0x34);
    machine.writeWord(rcc.APB1RSTR1, 1 << 19);
    machine.writeWord(0x40004c0c, 0x35);
    expect(machine.readWord(0x40004c0c)).toBe(0);
    machine.writeWord(rcc.APB1RSTR1, 0);
    machine.writeWord(0x40004c0c, 0x36);
    expect(machine.readWord(0x40004c0c)).toBe(0x36);
  });

  it('RCC_BDCR without PWR_CR1.DBP → kept; with it, LSE and RTC clock, which is chosen once', () => {
    const machine = chip();
    machine.writeWord(rcc.BDCR, 1);
    expect(machine.readWord(rcc.BDCR)).toBe(0);
    machine.writeWord(0x58024800, 0x100);
    machine.writeWord(rcc.BDCR, 0x101);
    machine.writeWord(rcc.BDCR, 0x201);
    expect(machine.readWord(rcc.BDCR)).toBe(0x103);
  });

  it('RNG without the HSI48 → no number; with it, numbers', () => {
    const machine = chip();
    machine.writeWord(0x58024558, 1);
    machine.writeWord(0x48020000, 0x00800d04);
    expect([machine.readWord(0x48020004), machine.readWord(0x48020008)]).toEqual([0, 0]);
    machine.writeWord(0x58024400, 0x1025);
    expect([machine.readWord(0x48020004), machine.readWord(0x48020008)]).toEqual([1, expect.any(Number)]);
  });

  it('XSPI2 set up otherwise than mapped, or without its clock → the external RAM answers with bus errors; mapped again → its contents', () => {
    const machine = chip();
    const gone = expect.objectContaining({ code: 'bus-error' });
    machine.writeWord(0x70000000, 0x1234);
    machine.writeWord(rcc.AHB5ENR, 1 << 12);
    machine.writeWord(0x5200a000, 1);
    expect(() => machine.readWord(0x70000000)).toThrow(gone);
    machine.writeWord(0x5200a000, 0x30000001);
    expect(machine.readWord(0x70000000)).toBe(0x1234);
    machine.writeWord(rcc.AHB5ENR, 0);
    expect(() => machine.readWord(0x70000000)).toThrow(gone);
    machine.writeWord(rcc.AHB5ENR, 1 << 12);
    expect(machine.readWord(0x70000000)).toBe(0x1234);
    machine.writeWord(0x5802447c, 1 << 12); // AHB5RSTR
    machine.writeWord(0x5802447c, 0);
    expect(() => machine.readWord(0x70000000)).toThrow(gone);
  });

  it('open-drain output let go → reads what pulls it; driven low → 0', () => {
    const machine = chip();
    machine.writeWord(0x58024540, 4);
    for (const [offset, value] of [[0x00, 0xfffffffd], [0x04, 1], [0x0c, 1], [0x18, 1]]) machine.writeWord(0x58020800 + offset, value);
    expect(machine.readWord(0x58020810) & 1).toBe(1);
    machine.writeWord(0x58020818, 1 << 16);
    expect(machine.readWord(0x58020810) & 1).toBe(0);
    machine.writeWord(0x58020818, 1);
    machine.gpio('C').drive(0, false);
    expect(machine.readWord(0x58020810) & 1).toBe(0);
  });

  it('SBS: debug configuration after its lock → kept', () => {
    const machine = chip();
    machine.writeWord(0x58000420, 0xb4b4);
    machine.writeWord(0x58000424, 0xc3);
    machine.writeWord(0x58000420, 0);
    expect(machine.readWord(0x58000420)).toBe(0xb4b4);
    machine.writeWord(0x58000424, 0xb4);
    machine.writeWord(0x58000420, 0);
    expect(machine.readWord(0x58000420)).toBe(0);
  });
});
