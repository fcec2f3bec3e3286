import { describe, expect, it } from '@jest/globals';
import { loadDevice, loadKit } from '../../board/index.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral, peripherals, peripheralsOf } from './peripherals.js';

describe('the chip as data', () => {
  it('the table of peripherals → no two overlap, all are 1 KB aligned', () => {
    const sorted = [...peripherals].sort((a, b) => a.base - b.base);
    const overlaps = sorted.slice(1).filter((found, i) => found.base < sorted[i].base + sorted[i].size);
    expect(overlaps).toEqual([]);
    expect(sorted.filter(({ base, size }) => (base | size) & 0x3ff)).toEqual([]);
  });

  it('the table of interrupts → every number once, within the 156 lines of the NVIC', () => {
    const numbers = Object.values(interruptNumbers);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect([Math.min(...numbers), Math.max(...numbers)]).toEqual([0, 155]);
  });

  it("the kits' device data → the same UARTs and interrupt numbers", () => {
    for (const { uarts } of [loadKit('stm32h7s78-dk').device, loadKit('nucleo-h7s3l8').device]) {
      for (const { name, base, irq } of uarts) {
        expect({ name, base: peripheral(name).base, irq: (interruptNumbers as Record<string, number>)[name] }).toEqual({ name, base, irq });
      }
    }
  });

  it('STM32H7S3 → without LTDC, GPU2D and ICACHE; STM32H7S7 → with them', () => {
    const names = (id: string): string[] => peripheralsOf(loadDevice(id)).map(({ name }) => name);
    expect(names('stm32h7s7').filter((name) => !names('stm32h7s3').includes(name))).toEqual(['LTDC', 'GPU2D', 'ICACHE']);
  });

  it('a name that shares an address → the block there; a name of no peripheral → refused', () => {
    expect(peripheral('I3C1')).toBe(peripheral('I2C1'));
    expect(() => peripheral('UART9')).toThrow(RangeError);
  });
});
