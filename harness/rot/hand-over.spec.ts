import { describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import { applyHandOver, buildHandOver, buildStirotHandOver } from './hand-over.js';
import type { HandOver } from './hand-over.js';

const kit = loadKit('stm32h7s78-dk');
const configuration = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' });
const image = Uint8Array.from({ length: 0x500 }, (_, i) => i);
const handOver = buildHandOver({ kit, configuration, release: 'current', devMode: true, image, headerSize: 0x400 });

/** A target that only remembers: what every register and byte holds at the end, starting from all ones in the registers. */
function apply(what: HandOver, resetValue = 0) {
  const registers = new Map<number, number>();
  const written: number[] = [];
  const memory = new Map<number, number>();
  let jumped: number | undefined;
  const mpu: { base: number; rasr: number }[] = [];
  let selected = 0;
  applyHandOver(what, {
    load: (address, bytes) => {
      bytes.forEach((byte, i) => memory.set(address + i, byte));
    },
    readWord: (address) => registers.get(address) ?? resetValue,
    writeWord: (address, value) => {
      registers.set(address, value);
      written.push(address);
      if (address === 0xe000ed98) selected = value;
      if (address === 0xe000ed9c) mpu[selected] = { base: value, rasr: 0 };
      if (address === 0xe000eda0) mpu[selected].rasr = value;
    },
    jump: (vectorTable) => {
      jumped = vectorTable;
    },
  });
  return { registers, written, memory, jumped, mpu };
}

describe('hand-over of OEMiRoT, load and run in external RAM', () => {
  const { registers, written, memory, jumped, mpu } = apply(handOver);
  const register = (address: number): number => registers.get(address) ?? 0;

  it('the image stands in the run slot, the application starts behind its header', () => {
    expect(handOver.copies[0]).toMatchObject({ address: 0x70000000 });
    expect([...Array(image.length).keys()].every((i) => memory.get(0x70000000 + i) === image[i])).toBe(true);
    expect(memory.has(0x70000000 + image.length)).toBe(false);
    expect(jumped).toBe(0x70000400);
  });

  it('DTCM, AXI SRAM1, AXI SRAM3 and the DMA buffer are cleared; AXI SRAM2 and the confirmation flag are left alone', () => {
    for (const [from, to] of [[0x20000000, 0x20010000], [0x24000000, 0x24020000], [0x24040000, 0x24060000], [0x30007e00, 0x30007f00]]) {
      expect([memory.get(from), memory.get(to - 1)]).toEqual([0, 0]);
    }
    for (const address of [0x24020000, 0x2405ffff + 1, 0x30007dff, 0x30007f00, 0x30007fa0]) expect(memory.has(address)).toBe(false);
  });

  it('five RAMECC handles stand at 0x30007FC0: instance, ready, no error', () => {
    const word = (address: number): number => [3, 2, 1, 0].reduce((value, i) => value * 256 + memory.get(address + i)!, 0);
    const handles = [...Array(5).keys()].map((i) => [0, 4, 8].map((offset) => word(0x30007fc0 + 12 * i + offset)));
    expect(handles).toEqual([
      [0x52009020, 1, 0],
      [0x52009060, 1, 0],
      [0x52009080, 1, 0],
      [0x520090a0, 1, 0],
      [0x58027040, 1, 0],
    ]);
    for (const [instance] of handles) expect([register(instance), register(instance + 4)]).toEqual([0x38, 0]);
    expect((register(0xe000e100) >>> 9) & 1).toBe(1);
  });

  it('the clock registers spell 380 MHz for the core, 190 MHz for the AHB, 95 MHz for the APBs, 200 MHz for the XSPIs', () => {
    const hsi = 64e6;
    const pllckselr = register(0x58024428);
    const pll = (source: number, divr1: number) => (hsi / source) * ((divr1 & 0x1ff) + 1);
    const core = pll((pllckselr >>> 4) & 0x3f, register(0x58024430)) / (((register(0x58024430) >>> 9) & 0x7f) + 1);
    expect(core).toBe(380e6);
    expect(register(0x58024410) & 7).toBe(3);
    expect(pll((pllckselr >>> 12) & 0x3f, register(0x58024438)) / ((register(0x580244c4) & 7) + 1)).toBe(200e6);
    // 8 and 4 are the codes for a division by two (RCC_HCLK_DIV2, RCC_APBx_DIV2).
    expect(register(0x5802441c) & 0xf).toBe(8);
    expect([0, 4, 8, 12].map((low) => (register(0x58024420) >>> low) & 7)).toEqual([4, 4, 4, 4]);
    expect(register(0x52002000) & 0x3f).toBe(0x25);
    // Oscillators and PLLs on: HSI 0, CSI 7, HSI48 12, PLL1 24, PLL2 26.
    for (const bit of [0, 7, 12, 24, 26]) expect((register(0x58024400) >>> bit) & 1).toBe(1);
    // PLL1 must run before it becomes the system clock, its dividers must stand before it runs.
    const order = [0x58024430, 0x58024410].map((address) => written.indexOf(address));
    expect(order[0]).toBeGreaterThan(-1);
    expect(order[0]).toBeLessThan(order[1]);
  });

  it('MPU: control 3, memory management fault on, region 14 enabled on the run slot', () => {
    expect([register(0xe000ed94), (register(0xe000ed24) >>> 16) & 1]).toEqual([3, 1]);
    expect(mpu[14]).toEqual({ base: 0x70000000, rasr: 0x050f0029 });
    expect(written.lastIndexOf(0xe000ed94)).toBeGreaterThan(written.lastIndexOf(0xe000eda0));
    expect(mpu.flatMap((region, number) => ((region.rasr & 1) === 1 ? [number] : []))).toEqual([0, 1, 2, 5, 6, 8, 10, 11, 12, 13, 14]);
  });

  it('the cycle counter and the tick run, the tick without an interrupt; ITCM is off', () => {
    expect([register(0xe0001000) & 1, register(0xe000e010), register(0xe000ef90) & 1]).toEqual([1, 5, 0]);
  });

  it('XSPI1 is off, XSPI2 is on', () => {
    expect([(register(0x58024534) >>> 5) & 1, (register(0x58024534) >>> 12) & 1]).toEqual([0, 1]);
  });
});

describe('hand-over of the other configurations', () => {
  const of = (id: string, bootPath: 'oemirot' | 'stirot-oemurot', exec: 'xip' | 'int-ram') => {
    const board = loadKit(id);
    return apply(buildHandOver({ kit: board, configuration: rotConfiguration(board, { bootPath, mode: 'swap', exec }), release: 'current', devMode: true, image, headerSize: 0x400 }));
  };

  it('execution in place → nothing is copied but the RAMECC handles, XSPI1 stays on, the application starts in its slot', () => {
    const { memory, registers, jumped } = of('stm32h7s78-dk', 'oemirot', 'xip');
    expect([memory.has(0x70000000), memory.has(0x90000000), memory.get(0x30007fc0)]).toEqual([false, false, 0x20]);
    expect(((registers.get(0x58024534) ?? 0) >>> 5) & 1).toBe(1);
    expect(jumped).toBe(0x90000400);
  });

  it('internal RAM → the image stands in AXI SRAM3 over the zeros, both XSPIs are off', () => {
    const { memory, registers, jumped } = of('stm32h7s78-dk', 'oemirot', 'int-ram');
    expect([...Array(image.length).keys()].every((i) => memory.get(0x24040000 + i) === image[i])).toBe(true);
    expect([memory.get(0x24040000 + image.length), memory.get(0x24000000)]).toEqual([0, 0]);
    expect((registers.get(0x58024534) ?? 0) & 0x5020).toBe(0);
    expect(jumped).toBe(0x24040400);
  });

  it('OEMuRoT → AXI SRAM1, where it runs, is not cleared; hide-protection level 3 all the same', () => {
    const { memory, written } = of('stm32h7s78-dk', 'stirot-oemurot', 'int-ram');
    expect([memory.has(0x24000000), memory.get(0x20000000)]).toEqual([false, 0]);
    expect(written.filter((address) => address === 0x58000410)).toHaveLength(3);
  });

  it('NUCLEO-H7S3L8 → its console is USART3 on PD8 and PD9, that of the other board stays off', () => {
    const { registers } = of('nucleo-h7s3l8', 'oemirot', 'xip');
    expect([registers.get(0x40004800), registers.get(0x4000480c)]).toEqual([0x800d, 0x670]);
    expect([(registers.get(0x58020c00) ?? 0) >>> 16, registers.get(0x58020c24)]).toEqual([0xa, 0x77]);
    expect((registers.get(0x58024548) ?? 0) & 0xc0000).toBe(0x40000);
    expect(registers.has(0x40004c00)).toBe(false);
  });

  it('STiRoT → image in its RAM area, level 3, MPU on, no console, no RAMECC handles', () => {
    const stirot = rotConfiguration(kit, { bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram' });
    const { memory, written, registers, jumped } = apply(buildStirotHandOver({ kit, configuration: stirot, image, runBase: 0x24000000, headerSize: 0x400 }));
    expect([...Array(image.length).keys()].every((i) => memory.get(0x24000000 + i) === image[i])).toBe(true);
    expect([memory.has(0x30007fc0), written.filter((address) => address === 0x58000410).length, registers.get(0xe000ed94)]).toEqual([false, 3, 3]);
    expect([registers.has(0x40004c00), jumped]).toEqual([false, 0x24000400]);
  });
});

describe('register writes', () => {
  it('bits outside the mask keep their value; a register written whole is not read', () => {
    const { registers } = apply(handOver, 0xffffffff);
    expect(registers.get(0x58024814)).toBe(0xfffffffe);
    expect(registers.get(0x58024430)).toBe(0x0101037b);
    expect(registers.get(0xe000ed0c)).toBe(0x05fa0300);
  });

  it('every value lies inside its mask', () => {
    for (const { mask, value, what } of handOver.registers) expect([what, (value & ~mask) >>> 0]).toEqual([what, 0]);
  });

  it('a production build leaves no console behind', () => {
    const production = buildHandOver({ kit, configuration, release: 'current', devMode: false, image, headerSize: 0x400 });
    const uart = (what: HandOver): number => what.registers.filter(({ address }) => address >= 0x40004c00 && address < 0x40005000).length;
    expect([uart(handOver), uart(production)]).toEqual([2, 0]);
  });
});
