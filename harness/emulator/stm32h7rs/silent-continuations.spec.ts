import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../../board/index.js';
import type { Machine } from '../machine.js';
import { createStm32h7rs } from '../machine.js';

const rcc = { AHB1ENR: 0x58024538, APB1ENR1: 0x58024548, APB2ENR: 0x58024550, APB4ENR: 0x58024554 } as const;

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
    ['UART4 CR1 bits 0x4000', 0x40004c00, 0x4000, 0x8000],
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
