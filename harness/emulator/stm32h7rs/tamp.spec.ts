import { describe, expect, it } from '@jest/globals';
import { Tamp } from './tamp.js';
import { testPorts } from './testing/ports.js';

const IER = 0x2c;
const SR = 0x30;
const MISR = 0x34;
const SCR = 0x3c;
const COUNT1R = 0x40;
const BKP3R = 0x10c;
const tamp = 13;

describe('TAMP', () => {
  it('backup register written → kept over a system reset, lost with power; with DBP clear → not written', () => {
    const block = new Tamp(testPorts(), () => true);
    block.write(BKP3R, 0x32f2, 4);
    block.reset('system');
    expect(block.read(BKP3R, 4)).toBe(0x32f2);
    block.reset('power-on');
    expect(block.read(BKP3R, 4)).toBe(0);
    const closed = new Tamp(testPorts(), () => false);
    closed.write(BKP3R, 1, 4);
    expect(closed.read(BKP3R, 4)).toBe(0);
  });

  it('tamper event with its interrupt enabled → flag, interrupt, backup registers erased; SCR ends it', () => {
    const ports = testPorts();
    const block = new Tamp(ports, () => true);
    block.write(BKP3R, 1, 4);
    block.write(IER, 1 << 1, 4);
    block.raise(1);
    expect([block.read(SR, 4), block.read(MISR, 4), block.read(BKP3R, 4), ports.active.has(tamp)]).toEqual([2, 2, 0, true]);
    block.write(SCR, 2, 4);
    expect([block.read(SR, 4), ports.active.has(tamp)]).toEqual([0, false]);
  });

  it('monotonic counter written → one more, whatever was written', () => {
    const block = new Tamp(testPorts(), () => true);
    block.write(COUNT1R, 100, 4);
    block.write(COUNT1R, 0, 4);
    expect(block.read(COUNT1R, 4)).toBe(2);
  });
});
