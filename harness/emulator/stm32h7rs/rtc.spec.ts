import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { Rcc } from './rcc.js';
import { Rtc } from './rtc.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';

const TR = 0x00;
const DR = 0x04;
const SSR = 0x08;
const ICSR = 0x0c;
const PRER = 0x10;
const WUTR = 0x14;
const CR = 0x18;
const WPR = 0x24;
const ALRMAR = 0x40;
const SR = 0x50;
const SCR = 0x5c;
const rtcIrq = 32;
const second = 64e6;

interface Fixture {
  readonly rtc: Rtc;
  readonly rcc: Rcc;
  readonly ports: TestPorts;
}

/** On the LSE, unlocked, at 2024-02-29 (Thursday) 23:59:58. */
function clock(writable = true): Fixture {
  const ports = testPorts();
  const rcc = new Rcc(ports, { hse: 24e6 });
  const rtc = new Rtc(ports, rcc.clock, () => writable);
  rcc.write(0x70, 0x8101, 4);
  rtc.write(WPR, 0xca, 4);
  rtc.write(WPR, 0x53, 4);
  rtc.write(ICSR, 1 << 7, 4);
  rtc.write(PRER, 255, 4);
  rtc.write(PRER, (127 << 16) | 255, 4);
  rtc.write(TR, 0x235958, 4);
  rtc.write(DR, (0x24 << 16) | (4 << 13) | 0x0229, 4);
  rtc.write(ICSR, 0, 4);
  return { rtc, rcc, ports };
}

describe('RTC', () => {
  it('set and left alone → counts over midnight into March of a leap year, weekday too', () => {
    const { rtc, ports } = clock();
    expect(rtc.read(ICSR, 4) & (1 << 4)).not.toBe(0);
    ports.advance(1.5 * second);
    expect([rtc.read(TR, 4), rtc.read(SSR, 4)]).toEqual([0x235959, 127]);
    ports.advance(0.5 * second);
    expect([rtc.read(TR, 4), rtc.read(DR, 4)]).toEqual([0, (0x24 << 16) | (5 << 13) | 0x0301]);
  });

  it('locked, or the backup domain closed → writes are lost', () => {
    const locked = clock();
    locked.rtc.write(WPR, 0xff, 4);
    locked.rtc.write(CR, 1 << 6, 4);
    locked.rtc.write(TR, 0, 4);
    locked.rtc.write(PRER, 0, 4);
    expect([locked.rtc.read(CR, 4), locked.rtc.read(TR, 4), locked.rtc.read(PRER, 4)]).toEqual([0, 0x235958, (127 << 16) | 255]);
    // What ST's driver writes without the key: the wake-up timer and its enables.
    locked.rtc.write(WUTR, 7, 4);
    locked.rtc.write(CR, 1 << 10, 4);
    expect([locked.rtc.read(WUTR, 4), locked.rtc.read(CR, 4)]).toEqual([7, 1 << 10]);
    const closed = clock(false);
    expect(closed.rtc.read(PRER, 4)).toBe(0x007f00ff);
    expect(closed.rtc.read(TR, 4)).toBe(0);
  });

  it('alarm A with the date masked → flag and interrupt at its second, until SCR', () => {
    const { rtc, ports } = clock();
    rtc.write(ALRMAR, 2 ** 31 + 0x000001, 4);
    rtc.write(CR, (1 << 8) | (1 << 12), 4);
    ports.advance(3 * second - 1);
    expect([rtc.read(SR, 4), ports.active.has(rtcIrq)]).toEqual([0, false]);
    ports.advance(1);
    expect([rtc.read(SR, 4), ports.active.has(rtcIrq)]).toEqual([1, true]);
    rtc.write(SCR, 1, 4);
    expect(ports.active.has(rtcIrq)).toBe(false);
  });

  it('wake-up timer on RTC/16 → a flag each period', () => {
    const { rtc, ports } = clock();
    rtc.write(WUTR, 2047, 4);
    rtc.write(CR, (1 << 10) | (1 << 14), 4);
    ports.advance(second);
    expect(ports.active.has(rtcIrq)).toBe(true);
    rtc.write(SCR, 4, 4);
    ports.advance(second - 10);
    expect(rtc.read(SR, 4)).toBe(0);
    ports.advance(10);
    expect(rtc.read(SR, 4)).toBe(4);
  });

  it('system reset → goes on; its clock switched off → stands still; reset of the backup domain → 2000-01-01', () => {
    const { rtc, rcc, ports } = clock();
    rtc.reset('system');
    ports.advance(second);
    expect(rtc.read(TR, 4)).toBe(0x235959);
    rcc.write(0x70, 0x0101, 4);
    ports.advance(10 * second);
    expect(rtc.read(TR, 4)).toBe(0x235959);
    rtc.resetBackupDomain();
    expect([rtc.read(TR, 4), rtc.read(DR, 4)]).toEqual([0, 0x2101]);
  });

  it('12-hour format → PM and twelve o’clock', () => {
    const { rtc, ports } = clock();
    rtc.write(ICSR, 1 << 7, 4);
    rtc.write(CR, 1 << 6, 4);
    rtc.write(TR, (1 << 22) | 0x115959, 4);
    rtc.write(ICSR, 0, 4);
    ports.advance(second);
    expect(rtc.read(TR, 4)).toBe(0x120000);
  });

  it('what the model lacks → stops by name', () => {
    const { rtc } = clock();
    expect(() => rtc.write(ICSR, 1 << 8, 4)).toThrow(UnmodelledAccess);
    expect(() => rtc.write(0x2c, 1, 4)).toThrow('RTC shift');
  });
});
