import { describe, expect, it } from '@jest/globals';
import { Crs } from './crs.js';
import { Rcc } from './rcc.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';

const CR = 0x00;
const CFGR = 0x04;
const ISR = 0x08;
const ICR = 0x0c;
const crsIrq = 127;
const CEN = 1 << 5;

function recovery(): { crs: Crs; ports: TestPorts } {
  const ports = testPorts();
  const rcc = new Rcc(ports, { hse: 24e6 });
  rcc.write(0x70, 1, 4); // LSEON
  return { crs: new Crs(ports, rcc.clock), ports };
}

describe('CRS', () => {
  it('synchronised by the LSE → SYNCOK and its interrupt after a period, again after ICR', () => {
    const { crs, ports } = recovery();
    crs.write(CFGR, 1 << 28, 4);
    crs.write(CR, CEN | 1, 4);
    ports.advance(1000);
    expect(crs.read(ISR, 4)).toBe(0);
    ports.advance(1000);
    expect([crs.read(ISR, 4), ports.active.has(crsIrq)]).toEqual([9, true]);
    crs.write(ICR, 9, 4);
    expect([crs.read(ISR, 4), ports.active.has(crsIrq)]).toEqual([0, false]);
    ports.advance(2000);
    expect(crs.read(ISR, 4)).toBe(9);
  });

  it('synchronised by a pin that nobody drives → never; by software → at once', () => {
    const { crs, ports } = recovery();
    crs.write(CFGR, 0, 4);
    crs.write(CR, CEN, 4);
    ports.advance(64e6);
    expect(crs.read(ISR, 4)).toBe(0);
    crs.write(CR, CEN | (1 << 7), 4);
    expect([crs.read(ISR, 4), crs.read(CR, 4)]).toEqual([9, CEN]);
  });
});
