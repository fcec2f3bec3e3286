import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../board/index.js';
import type { Machine, MachineOptions } from './index.js';
import { createStm32h7rs } from './index.js';
import type { StopReason } from './ports.js';

const table = 0x24020000;
const entry = 0x24020200;
/** Where the programs take their arguments and leave what they found. */
const board = 0x30004000;

function machine(options: Partial<MachineOptions> = {}): Machine {
  return createStm32h7rs({ kit: loadKit('stm32h7s78-dk'), ...options });
}

/** The option byte ECC_ON_SRAM (OBW2SR bit 8), which OEMiROT_Boot asks for; beside it IWDG_HW as on a factory-fresh device. */
const eccOn = { optionRegisters: () => new Map([[0x52002260, 1 << 4], [0x52002268, 1 << 8]]) };

/** The programs leave it to their caller to switch the clocks of UART4 and AHB SRAM2 on, and to give UART4 its pins. */
const prepared = [[0x58024548, 1 << 19], [0x5802453c, 1 << 30], [0x58024540, 8], [0x58020c20, 0x88], [0x58020c00, 0xfffffffa]] as const;

/** Loads a program (bytes as hex) with a vector table in AXI SRAM2, where every exception goes to `handler`, and starts it. */

function start(m: Machine, program: string, handler = entry): void {
  const vectors = new Uint32Array(128).fill(handler | 1);
  vectors[0] = 0x24040000;
  vectors[1] = entry | 1;
  for (const [register, value] of prepared) m.writeWord(register, value);
  m.load(board, new Uint8Array(64));
  m.load(table, new Uint8Array(vectors.buffer));
  m.load(entry, Buffer.from(program, 'hex'));
  m.jump(table);
}

/** Runs until the core stops for another reason than sleeping through to the next event; at most a second of board time. */
function run(m: Machine): StopReason {
  const end = m.scheduler.now + 64e6;
  for (;;) {
    const reason = m.run(100_000);
    if (m.scheduler.now > end) return reason;
    if (reason.kind === 'idle' && reason.until !== undefined) m.advanceTo(reason.until);
    else if (reason.kind !== 'budget') return reason;
  }
}

/**
 *     ldr r0, =0xe000ed10; movs r1, #0x10; str r1, [r0]        @ SCR: SEVONPEND
 *     ldr r4, =0x40004c00; movw r1, #0x22c; str r1, [r4, #0x0c] @ UART4 BRR
 *     movs r1, #0x4d; str r1, [r4]                              @ CR1: TCIE RE TE UE
 *     ldr r5, =0xe000e288; mov r6, #(1 << 21); adr r7, text     @ NVIC_ICPR2, IRQ 85
 *   next: ldrb r1, [r7], #1; cbz r1, done; str r1, [r4, #0x28]
 *     movs r1, #0x40; str r1, [r4, #0x20]; str r6, [r5]         @ ICR: TCCF
 *   wait: ldr r1, [r4, #0x1c]; lsls r1, r1, #25; bmi next; wfe; b wait
 *   done: wfe; b done
 *   text: .asciz "Hi\n"
 */
const hello =
  '0d48102101600d4c40f22c21e1604d2121600b4d4ff400160aa717f8011b41b1a162402121622e60e1694906f5d420bffae720bffde7000010ed00e0004c004088e200e048690a00';

/**
 * Stores a doubleword with ECC, again with the bits at `board` flipped and without, loads it; the handler of RAMECC notes
 * SR, FAR, FECR at board + 8 … + 16, counts at + 20 and clears SR. What was loaded stands at + 4.
 *     ldr r7, =0x30004000; ldr r0, [r7]; ldr r4, =0x52009020; movs r1, #0x3c; str r1, [r4]
 *     ldr r2, =0xe000e100; mov r1, #0x200; str r1, [r2]         @ NVIC_ISER0: RAMECC
 *     ldr r5, =0x24000040; ldr r2, =0x9abcdeff; ldr r3, =0x12345678; strd r2, r3, [r5]
 *     ldr r6, =0x2003c; str r6, [r4]; eors r2, r0; strd r2, r3, [r5]; movs r1, #0x3c; str r1, [r4]
 *     ldr r1, [r5]; dsb; str r1, [r7, #4]
 *   done: wfe; b done
 *   handler: ldr r4, =0x52009020; ldr r7, =0x30004000
 *     ldr r1, [r4, #4]; str r1, [r7, #8]; ldr r1, [r4, #8]; str r1, [r7, #12]; ldr r1, [r4, #20]; str r1, [r7, #16]
 *     ldr r1, [r7, #20]; adds r1, #1; str r1, [r7, #20]; movs r1, #0; str r1, [r4, #4]; ldr r1, [r4, #4]; bx lr
 */
const eccError =
  '144f3868144c3c212160144a4ff400711160134d134a144bc5e90023134e26604240c5e900233c2121602968bff34f8f796020bffde7084c064f6168b960a168f960616939617969013179610021616061687047004000302090005200e100e040000024ffdebc9a785634123c000200';
const eccHandler = 0x24020236;

/**
 * Takes bytes from UART4 by interrupt: their number at `board`, the bytes behind board + 8.
 *     ldr r4, =0x40004c00; movw r1, #0x22c; str r1, [r4, #0x0c]; movs r1, #0x2d; str r1, [r4]   @ RXNEIE RE TE UE
 *     ldr r2, =0xe000e108; mov r1, #(1 << 21); str r1, [r2]                                     @ NVIC_ISER2: UART4
 *   done: wfi; b done
 *   handler: ldr r4, =0x40004c00; ldr r7, =0x30004000; ldr r1, [r4, #0x24]; ldr r2, [r7]; adds r2, #1; str r2, [r7]
 *     adds r3, r7, r2; strb r1, [r3, #7]; bx lr
 */
const receive = '0a4c40f22c21e1602d212160084a4ff40011116030bffde7044c064f616a3a6801323a60bb18d97170470000004c004008e100e000400030';
const receiveHandler = 0x24020218;

/** ldr r4, =0x58004800; movw r1, #0x5555; str r1, [r4]; movs r1, #31; str r1, [r4, #8]; movw r1, #0xcccc; str r1, [r4]; here: b here */
const watchdog = '044c45f2555121601f21a1604cf6cc412160fee700480058';

/** ldr r0, =0x30004000; ldr r1, [r0]; adds r1, #1; str r1, [r0]; dsb; ldr r0, =0xe000ed0c; ldr r1, =0x05fa0004; str r1, [r0]; here: b here */
const systemReset = '0448016801310160bff34f8f024803490160fee7004000300ced00e00400fa05';

/**
 * Loads a word from the address at `board`; its value stands at board + 4, after a fault CFSR and BFAR at + 8 and + 12.
 *     ldr r0, =0x30004000; ldr r1, [r0]; ldr r2, [r1]; str r2, [r0, #4]
 *   done: wfe; b done
 *   handler: ldr r0, =0xe000ed28; ldr r1, =0x30004000; ldr r2, [r0]; str r2, [r1, #8]; ldr r2, [r0, #16]; str r2, [r1, #12]
 *   stay: wfe; b stay
 */
const loadWord = '064801680a68426020bffde70448034902688a600269ca6020bffde70040003028ed00e0';
const loadHandler = 0x2402020c;

describe('machine', () => {
  it('program that prints with WFE and SEVONPEND → the text, a character time apart, then sleep without an event', () => {
    const m = machine();
    const sent: { byte: number; cycle: number }[] = [];
    m.uart('UART4').onTransmit((byte, cycle) => sent.push({ byte, cycle }));
    start(m, hello);
    expect(run(m)).toEqual({ kind: 'idle', until: undefined });
    expect(String.fromCharCode(...sent.map(({ byte }) => byte))).toBe('Hi\n');
    expect(sent[1].cycle - sent[0].cycle).toBeGreaterThanOrEqual(5560);
    expect(sent[1].cycle - sent[0].cycle).toBeLessThan(5700);
    // Nearly all of that time was slept.
    expect(m.activeCycles).toBeLessThan(200);
    expect(m.uart('UART4').busy).toBe(false);
  });

  it('bytes from outside to a sleeping program with a receive interrupt → one interrupt each, in order', () => {
    const m = machine();
    start(m, receive, receiveHandler);
    expect(m.run(1000)).toEqual({ kind: 'idle', until: undefined });
    m.uart('UART4').receive(Buffer.from('abc'));
    expect(run(m)).toEqual({ kind: 'idle', until: undefined });
    expect(m.readWord(board)).toBe(3);
    expect(Buffer.from(m.dump(board + 8, 4)).toString('latin1')).toBe('abc\0');
  });

  it('single ECC error provoked by firmware → corrected value, one interrupt, failing address and code as ST prints them', () => {
    const m = machine(eccOn);
    start(m, eccError, eccHandler);
    m.load(board, new Uint8Array(Uint32Array.of(1 << 12).buffer));
    expect(run(m).kind).toBe('idle');
    const found = [4, 8, 12, 16, 20].map((offset) => m.readWord(board + offset));
    expect(found).toEqual([0x9abcdeff, 1, 8, 0x41, 1]);
  });

  it('double ECC error provoked by firmware → the value as stored, DEDF, one interrupt', () => {
    const m = machine(eccOn);
    start(m, eccError, eccHandler);
    m.load(board, new Uint8Array(Uint32Array.of((1 << 12) | (1 << 13)).buffer));
    expect(run(m).kind).toBe('idle');
    expect([4, 8, 12, 20].map((offset) => m.readWord(board + offset))).toEqual([0x9abceeff, 2, 8, 1]);
  });

  it('ECC_ON_SRAM off → the flipped bit is read as stored, no error', () => {
    const m = machine();
    start(m, eccError, eccHandler);
    m.load(board, new Uint8Array(Uint32Array.of(1 << 12).buffer));
    expect(run(m).kind).toBe('idle');
    expect([4, 8, 20].map((offset) => m.readWord(board + offset))).toEqual([0x9abcceff, 0, 0]);
  });

  it('no bit flipped → no error, no interrupt', () => {
    const m = machine(eccOn);
    start(m, eccError, eccHandler);
    expect(run(m).kind).toBe('idle');
    expect([4, 8, 20].map((offset) => m.readWord(board + offset))).toEqual([0x9abcdeff, 0, 0]);
  });

  it('watchdog started and not refreshed → the run ends with a watchdog reset after 4 ms; after the reset it is off', () => {
    const m = machine();
    start(m, watchdog);
    const before = m.scheduler.now;
    expect(run(m)).toEqual({ kind: 'reset', cause: 'watchdog' });
    expect((m.scheduler.now - before) / 64e6).toBeCloseTo(0.004, 5);
    m.reset('watchdog');
    expect(m.readWord(0x58024530) & (1 << 26)).not.toBe(0);
    start(m, loadWord, loadHandler);
    m.load(board, new Uint8Array(Uint32Array.of(board + 0x20).buffer));
    expect(run(m)).toEqual({ kind: 'idle', until: undefined });
  });

  it('SYSRESETREQ → the run ends; memory keeps what was written, registers do not', () => {
    const m = machine();
    start(m, systemReset);
    m.load(board, new Uint8Array(Uint32Array.of(41).buffer));
    m.writeWord(0x40004c0c, 0x22c);
    expect(run(m)).toEqual({ kind: 'reset', cause: 'system' });
    m.reset('system');
    const counted = (): number => Buffer.from(m.dump(board, 4)).readUInt32LE();
    expect([counted(), m.readWord(0x40004c0c)]).toEqual([42, 0]);
    m.reset('power-on');
    expect(counted()).not.toBe(42);
  });

  it.each([
    ['behind the 72 KB of SRAM4', 0x24072000],
    ['external flash while XSPI1 is off', 0x90000000],
    ['between two peripherals', 0x40003000],
    ['FMC window', 0x60000000],
  ])('load from %s → BusFault with that address', (_name, address) => {
    const m = machine();
    start(m, loadWord, loadHandler);
    m.load(board, new Uint8Array(Uint32Array.of(address).buffer));
    expect(run(m)).toEqual({ kind: 'idle', until: undefined });
    expect(m.readWord(board + 8)).toBe(0x8200);
    expect(m.readWord(board + 12)).toBe(address);
  });

  it('load from a block that is not modelled → the run stops with its name, address and PC', () => {
    const m = machine();
    start(m, loadWord, loadHandler);
    m.load(board, new Uint8Array(Uint32Array.of(0x42005824).buffer));
    expect(run(m)).toEqual({ kind: 'unmodelled', what: 'SAI1 +0x24', address: 0x42005824, pc: entry + 4 });
  });

  it('the same block allowed as storage → the run goes on, told once with its PC and listed', () => {
    const told: unknown[] = [];
    const m = machine({ allowUnmodelled: ['sai1', 'I3C1'], onTolerated: (touched) => told.push(touched) });
    start(m, loadWord, loadHandler);
    m.load(board, new Uint8Array(Uint32Array.of(0x42005824).buffer));
    expect(run(m)).toEqual({ kind: 'idle', until: undefined });
    const first = { what: 'SAI1 +0x24', address: 0x42005824 };
    expect(told).toEqual([{ name: 'SAI1', reads: 1, writes: 0, first, pc: entry + 4 }]);
    expect(m.tolerated).toEqual([{ name: 'SAI1', reads: 1, writes: 0, first }, { name: 'I2C1', reads: 0, writes: 0, first: undefined }]);
  });

  it('sleep with SLEEPDEEP → stops as Stop or Standby mode, which the model lacks; PWR allowed → a plain sleep, listed', () => {
    // ldr r0, =0xe000ed10; movs r1, #4; str r1, [r0]; wfi; here: b here
    const deep = '024804210160 30bf fee7 0000 10ed00e0'.replaceAll(' ', '');
    const stopped = machine();
    start(stopped, deep);
    expect(run(stopped)).toMatchObject({ kind: 'unmodelled', what: 'PWR Stop mode (sleep with SLEEPDEEP)', address: 0x58024800 });
    const standby = machine();
    start(standby, deep);
    standby.writeWord(0x58024810, 1);
    expect(run(standby)).toMatchObject({ kind: 'unmodelled', what: expect.stringContaining('Standby') });
    const allowed = machine({ allowUnmodelled: ['PWR'] });
    start(allowed, deep);
    expect(run(allowed)).toEqual({ kind: 'idle', until: undefined });
    expect(allowed.tolerated).toMatchObject([{ name: 'PWR', first: { what: 'PWR Stop mode (sleep with SLEEPDEEP)' } }]);
  });

  it('a block that the chip does not have allowed → refused with the nearest name', () => {
    expect(() => machine({ allowUnmodelled: ['SPI33'] })).toThrow(expect.objectContaining({ code: 'unknown-block', kind: 'usage', nextStep: expect.stringContaining('SPI3') }));
    expect(() => createStm32h7rs({ kit: loadKit('nucleo-h7s3l8'), allowUnmodelled: ['LTDC'] })).toThrow('no block LTDC');
  });

  it('load from memory → the value', () => {
    const m = machine();
    start(m, loadWord, loadHandler);
    m.load(0x70000000, Uint8Array.of(1, 2, 3, 4));
    m.load(board, new Uint8Array(Uint32Array.of(0x70000000).buffer));
    expect(run(m)).toEqual({ kind: 'idle', until: undefined });
    expect(m.readWord(board + 4)).toBe(0x04030201);
  });

  it('external flash mapped → loads see what was put in front and what the chip holds behind it, stores are lost', () => {
    const asked: unknown[] = [];
    const m = machine({
      externalFlash: {
        plain: 0x200000,
        read: (offset, width) => {
          asked.push([offset, width]);
          return 0xcafe;
        },
      },
    });
    expect([m.readWord(0x90200000), m.readWord(0x97fffffc)]).toEqual([0xcafe, 0xcafe]);
    expect(asked).toEqual([[0x200000, 4], [0x7fffffc, 4]]);
    m.writeWord(0x90200000, 0);
    m.load(0x90000000, Uint8Array.of(0x3d, 0xb8, 0xf3, 0x96));
    expect(m.readWord(0x90000000)).toBe(0x96f3b83d);
    m.writeWord(0x90000000, 0);
    expect(m.readWord(0x90000000)).toBe(0x96f3b83d);
  });

  it('debug access over a border of two banks → both; beyond memory → refused, nothing written', () => {
    const m = machine();
    m.load(0x2401fffe, Uint8Array.of(1, 2, 3, 4));
    expect([...m.dump(0x2401fffe, 4)]).toEqual([1, 2, 3, 4]);
    const before = m.dump(0x24071ffe, 2);
    expect(() => m.load(0x24071ffe, Uint8Array.of(9, 9, 9))).toThrow('there is no memory at 0x24072000');
    expect(m.dump(0x24071ffe, 2)).toEqual(before);
    expect(() => m.dump(0x40004c00, 4)).toThrow('there is no memory at 0x40004c00');
  });

  it('word access from outside → private peripherals too; where nothing is or nothing is modelled → refused by name', () => {
    const m = machine();
    expect(m.readWord(0xe000ed00) >>> 4).toBe(0x411fc27);
    m.writeWord(0xe000ed08, 0x24020000);
    expect(m.readWord(0xe000ed08)).toBe(0x24020000);
    expect(() => m.readWord(0x24072000)).toThrow(expect.objectContaining({ code: 'bus-error' }));
    expect(() => m.readWord(0x42005800)).toThrow(expect.objectContaining({ code: 'unmodelled' }));
    expect(() => m.readWord(0x24000001)).toThrow(expect.objectContaining({ code: 'bus-error' }));
  });

  it('UART of another chip → refused with those there are', () => {
    expect(() => machine().uart('UART9')).toThrow(expect.objectContaining({ code: 'unknown-uart' }));
    expect(machine().uart('USART3').busy).toBe(false);
  });

  it('same seed and input → same console, cycle for cycle, and same noise in RAM; another seed → other noise', () => {
    const trace = (seed: number): unknown => {
      const m = machine({ seed });
      const sent: unknown[] = [];
      m.uart('UART4').onTransmit((byte, cycle) => sent.push([byte, cycle]));
      start(m, hello);
      run(m);
      return { sent, noise: m.dump(0x24060000, 64) };
    };
    expect(trace(5)).toEqual(trace(5));
    expect(trace(5)).not.toEqual(trace(6));
  });

  it('clock as the secure boot sets it → board time in seconds follows', () => {
    const m = machine();
    for (const [address, value] of [[0x5802442c, 0x20], [0x58024428, 0x200], [0x58024430, 0x0101037b], [0x58024400, 0x01000025], [0x58024410, 3]]) m.writeWord(address, value);
    expect(m.frequencies.cpu).toBe(380e6);
    const before = m.seconds;
    m.advanceTo(m.scheduler.now + 38e6);
    expect(m.seconds - before).toBeCloseTo(0.1, 9);
  });

  it('XSPI2 clocked by PLL2 and PLL2 switched off → the external RAM answers with bus errors; on again → its contents are there', () => {
    const m = machine();
    // PLL2S from HSI / 4 x 25 / 2; XSPI1 stays on HCLK, XSPI2 on PLL2S.
    for (const [address, value] of [[0x5802442c, 0x80000], [0x58024428, 4 << 12], [0x58024438, 24], [0x580244c4, 1], [0x58024400, 0x04000025], [0x5802444c, 1 << 6]]) m.writeWord(address, value);
    expect(m.frequencies).toMatchObject({ xspi1: 64e6, xspi2: 200e6 });
    m.writeWord(0x70000040, 0x600dda7a);
    m.writeWord(0x58024400, 0x25);
    expect(() => m.readWord(0x70000040)).toThrow(expect.objectContaining({ code: 'bus-error' }));
    expect(() => m.readWord(0x71fffffc)).toThrow(expect.objectContaining({ code: 'bus-error' }));
    expect(m.readWord(0x24060000)).toEqual(expect.any(Number));
    m.writeWord(0x58024400, 0x04000025);
    expect(m.readWord(0x70000040)).toBe(0x600dda7a);
  });

  it.each([
    ['cacheable memory, data cache on', 0x24010000, 1 << 16, 0, ['DMA wrote to cacheable memory (0x24010000) while the data cache was on']],
    ['cacheable memory, data cache off', 0x24010000, 0, 0, []],
    ['DTCM, data cache on', 0x20001000, 1 << 16, 0, []],
    ['memory that the MPU makes non-cacheable, data cache on', 0x24010000, 1 << 16, (3 << 24) | (1 << 19) | (31 << 1) | 1, []],
  ])('DMA writes to %s → said at the end of a run, or not', (_title, destination, cache, attributes, said) => {
    const m = machine();
    m.load(0x24000000, new Uint8Array(Uint32Array.of(0x24001000, 0x24000009, 0xe7fdbf30).buffer)); // wfi; b .-2
    m.jump(0x24000000);
    const dma = 0x40021000;
    for (const [address, value] of [
      [0xe000ed14, 0x40200 | cache], [0xe000ed98, 0], [0xe000ed9c, 0], [0xe000eda0, attributes], [0xe000ed94, attributes === 0 ? 0 : 1],
      [0x58024538, 1 << 4], [dma + 0x90, 2 | (1 << 3) | (2 << 16) | (1 << 19)], [dma + 0x94, 1 << 9], [dma + 0x98, 16], [dma + 0x9c, 0x24000000], [dma + 0xa0, destination], [dma + 0x64, 1],
    ]) m.writeWord(address, value);
    run(m);
    expect(m.dump(destination, 16)).toEqual(m.dump(0x24000000, 16));
    expect(m.remarks).toEqual(said.map((text) => expect.stringContaining(text)));
  });
});
