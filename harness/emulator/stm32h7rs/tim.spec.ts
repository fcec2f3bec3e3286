import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { Rcc } from './rcc.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';
import { Tim, timers } from './tim.js';

const CR1 = 0x00;
const DIER = 0x0c;
const SR = 0x10;
const EGR = 0x14;
const CNT = 0x24;
const PSC = 0x28;
const ARR = 0x2c;
const RCR = 0x30;
const CCR1 = 0x34;
const irq = { TIM6: 55, TIM2: 51, TIM1_UP: 48, TIM1_CC: 50 } as const;

function timer(name: string): { tim: Tim; ports: TestPorts; rcc: Rcc } {
  const ports = testPorts();
  const rcc = new Rcc(ports, { hse: 24e6 });
  const options = timers.find((found) => found.name === name);
  if (options === undefined) throw new Error(name);
  return { tim: new Tim(ports, rcc.clock, options), ports, rcc };
}

/** A 1 MHz counter with this period, as HAL_TIM_Base_Init sets it up (UG loads the shadows). */
function base(tim: Tim, period: number): void {
  tim.write(PSC, 63, 4);
  tim.write(ARR, period - 1, 4);
  tim.write(EGR, 1, 4);
  tim.write(SR, 0, 4);
}

describe('timer', () => {
  it('base of 1 ms with its interrupt → one each 64 000 cycles, raised until the flag is cleared', () => {
    const { tim, ports } = timer('TIM6');
    base(tim, 1000);
    tim.write(DIER, 1, 4);
    tim.write(CR1, 1, 4);
    ports.advance(63_999);
    expect([tim.read(SR, 4), ports.active.has(irq.TIM6)]).toEqual([0, false]);
    ports.advance(1);
    expect([tim.read(SR, 4) & 1, ports.active.has(irq.TIM6)]).toEqual([1, true]);
    tim.write(SR, ~1 >>> 0, 4);
    expect(ports.active.has(irq.TIM6)).toBe(false);
    ports.advance(64_000);
    expect(ports.active.has(irq.TIM6)).toBe(true);
  });

  it('polled without interrupt → counter and flag as time passes, however long nobody looked', () => {
    const { tim, ports } = timer('TIM2');
    base(tim, 1000);
    tim.write(CR1, 1, 4);
    ports.advance(64 * 123);
    expect([tim.read(CNT, 4), tim.read(SR, 4) & 1]).toEqual([123, 0]);
    ports.advance(64 * (1000 * 1_000_000 + 1));
    expect([tim.read(CNT, 4), tim.read(SR, 4) & 1]).toEqual([124, 1]);
  });

  it('channel that captures, period of two steps, a minute unobserved → the counter, without walking through every period', () => {
    const { tim, ports } = timer('TIM2');
    tim.write(ARR, 1, 4);
    tim.write(0x18, 1, 4); // CC1S: input
    tim.write(CR1, 1, 4);
    ports.advance(64e6 * 60 + 1);
    expect([tim.read(CNT, 4), tim.read(SR, 4) & 3]).toEqual([1, 1]);
  });

  it('compare value with preload (OC1PE) → in effect with the next update; without it, at once; preload taken back → at once', () => {
    const { tim, ports } = timer('TIM2');
    base(tim, 1000);
    tim.write(0x18, 1 << 3, 4);
    tim.write(CCR1, 500, 4);
    tim.write(EGR, 1, 4);
    tim.write(SR, 0, 4);
    tim.write(CR1, 1, 4);
    ports.advance(64 * 100);
    tim.write(CCR1, 200, 4);
    ports.advance(64 * 300);
    expect([tim.read(CCR1, 4), tim.read(SR, 4) & 2]).toEqual([200, 0]);
    ports.advance(64 * 100);
    expect(tim.read(SR, 4) & 2).toBe(2);
    ports.advance(64 * 500);
    tim.write(SR, 0, 4);
    ports.advance(64 * 200);
    expect(tim.read(SR, 4) & 2).toBe(2);
    tim.write(SR, 0, 4);
    tim.write(CCR1, 300, 4);
    tim.write(0x18, 0, 4);
    ports.advance(64 * 100);
    expect(tim.read(SR, 4) & 2).toBe(2);
  });

  it('one-pulse mode → stops with the update', () => {
    const { tim, ports } = timer('TIM6');
    base(tim, 10);
    tim.write(CR1, 9, 4);
    ports.advance(64 * 25);
    expect([tim.read(SR, 4), tim.read(CR1, 4) & 1, tim.read(CNT, 4)]).toEqual([1, 0, 0]);
  });

  it('counting down from the reload value → update when it passes 0', () => {
    const { tim, ports } = timer('TIM2');
    base(tim, 10);
    tim.write(CR1, 1 << 4, 4);
    tim.write(EGR, 1, 4);
    tim.write(SR, 0, 4);
    tim.write(CR1, (1 << 4) | 1, 4);
    ports.advance(64 * 9);
    expect([tim.read(CNT, 4), tim.read(SR, 4) & 1]).toEqual([0, 0]);
    ports.advance(64);
    expect([tim.read(CNT, 4), tim.read(SR, 4) & 1]).toEqual([9, 1]);
  });

  it('new reload value with ARPE → from the next period on; without → at once', () => {
    const preloaded = timer('TIM6');
    base(preloaded.tim, 10);
    preloaded.tim.write(CR1, (1 << 7) | 1, 4);
    preloaded.tim.write(ARR, 4, 4);
    preloaded.ports.advance(64 * 8);
    expect(preloaded.tim.read(CNT, 4)).toBe(8);
    preloaded.ports.advance(64 * 7);
    expect(preloaded.tim.read(CNT, 4)).toBe(0);
    const direct = timer('TIM6');
    base(direct.tim, 10);
    direct.tim.write(CR1, 1, 4);
    direct.tim.write(ARR, 4, 4);
    direct.ports.advance(64 * 8);
    expect(direct.tim.read(CNT, 4)).toBe(3);
  });

  it('compare of TIM1 → its own interrupt line at the value; the update comes on the other', () => {
    const { tim, ports } = timer('TIM1');
    base(tim, 100);
    tim.write(CCR1, 40, 4);
    tim.write(SR, 0, 4);
    tim.write(DIER, 3, 4);
    tim.write(CR1, 1, 4);
    ports.advance(64 * 40);
    expect([tim.read(SR, 4) & 3, ports.active.has(irq.TIM1_CC), ports.active.has(irq.TIM1_UP)]).toEqual([2, true, false]);
    ports.advance(64 * 60);
    expect(ports.active.has(irq.TIM1_UP)).toBe(true);
  });

  it('repetition counter 2 → an update in every third period', () => {
    const { tim, ports } = timer('TIM1');
    tim.write(RCR, 2, 4);
    base(tim, 10);
    tim.write(CR1, 1, 4);
    ports.advance(64 * 29);
    expect(tim.read(SR, 4) & 1).toBe(0);
    ports.advance(64);
    expect(tim.read(SR, 4) & 1).toBe(1);
  });

  it('clock of the bus divided while it counts → goes on from where it was, at the new rate', () => {
    const { tim, ports, rcc } = timer('TIM6');
    base(tim, 1000);
    tim.write(CR1, 1, 4);
    ports.advance(64 * 100);
    rcc.write(0x20, 5, 4); // APB1 / 4: the timers at 32 MHz
    ports.advance(128 * 50);
    expect(tim.read(CNT, 4)).toBe(150);
  });

  it('LSI on MCO2 captured by TIM15 with prescaler 8, as ST measures it → one capture each 250 µs, their distance in the counter', () => {
    const { tim, ports, rcc } = timer('TIM15');
    rcc.write(0x74, 1, 4);
    rcc.write(0x10, (5 << 29) | (1 << 25), 4); // MCO2: LSI / 1
    tim.write(0x5c, 5, 4);
    tim.write(0x18, 1 | (3 << 2), 4);
    tim.write(0x20, 1, 4);
    tim.write(DIER, 2, 4);
    tim.write(CR1, 1, 4);
    ports.advance(15_999);
    expect(ports.active.has(116)).toBe(false);
    ports.advance(1);
    expect(ports.active.has(116)).toBe(true);
    const first = tim.read(CCR1, 4); // reading it takes the flag back
    expect(ports.active.has(116)).toBe(false);
    ports.advance(16_000);
    expect([tim.read(SR, 4) & 0x202, tim.read(CCR1, 4) - first]).toEqual([2, 16_000]);
    ports.advance(32_000);
    expect(tim.read(SR, 4) & 0x202).toBe(0x202);
    expect(() => tim.write(0x5c, 1, 4)).toThrow('TIM15 input 1');
  });

  it('what the model lacks → stops by name; a reset → registers and interrupt as after power-on', () => {
    const { tim, ports } = timer('TIM2');
    expect(() => tim.write(DIER, 1 << 8, 4)).toThrow(new UnmodelledAccess('TIM2 DIER bits 0x100', 0x4000000c));
    expect(() => tim.write(CR1, 1 << 5, 4)).toThrow(UnmodelledAccess);
    expect(() => tim.write(0x08, 7, 4)).toThrow(UnmodelledAccess);
    base(tim, 10);
    tim.write(DIER, 1, 4);
    tim.write(EGR, 1, 4);
    expect(ports.active.has(irq.TIM2)).toBe(true);
    tim.reset('system');
    expect([ports.active.has(irq.TIM2), tim.read(ARR, 4), tim.read(CNT, 4)]).toEqual([false, 0xffffffff, 0]);
  });
});
