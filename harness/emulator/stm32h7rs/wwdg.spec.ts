import { describe, expect, it } from '@jest/globals';
import { Rcc } from './rcc.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';
import { Wwdg } from './wwdg.js';

const CR = 0x00;
const CFR = 0x04;
const SR = 0x08;
const wwdg = 4;
/** 4096 clocks × 8 at 64 MHz. */
const step = 4096 * 8;

function watchdog(window = 0x7f, ewi = 0): { block: Wwdg; ports: TestPorts } {
  const ports = testPorts();
  const block = new Wwdg(ports, new Rcc(ports, { hse: 24e6 }).clock);
  block.write(CFR, (3 << 11) | window | ewi, 4);
  return { block, ports };
}

describe('WWDG', () => {
  it('started and not refreshed → bites when the counter leaves 0x40, not before', () => {
    const { block, ports } = watchdog();
    block.write(CR, 0xff, 4);
    ports.advance(64 * step - 1);
    expect([block.read(CR, 4), ports.resets]).toEqual([0xc0, []]);
    ports.advance(1);
    expect(ports.resets).toEqual(['window-watchdog']);
  });

  it('refreshed in the window → goes on; above the window → bites', () => {
    const { block, ports } = watchdog(0x50);
    block.write(CR, 0xff, 4);
    ports.advance(0x30 * step);
    block.write(CR, 0x7f, 4);
    expect([block.read(CR, 4), ports.resets]).toEqual([0xff, []]);
    ports.advance(0x2e * step);
    block.write(CR, 0x7f, 4);
    expect(ports.resets).toEqual(['window-watchdog']);
  });

  it('early wake-up enabled → interrupt at 0x40, one step before the bite; refreshed there → no bite', () => {
    const { block, ports } = watchdog(0x7f, 1 << 9);
    block.write(CR, 0xff, 4);
    ports.advance(63 * step);
    expect([ports.active.has(wwdg), block.read(SR, 4)]).toEqual([true, 1]);
    block.write(SR, 0, 4);
    block.write(CR, 0x7f, 4);
    expect(ports.active.has(wwdg)).toBe(false);
    ports.advance(2 * step);
    expect(ports.resets).toEqual([]);
  });

  it('never started → does not count; a counter value below 0x40 written → bites at once', () => {
    const { block, ports } = watchdog();
    ports.advance(1000 * step);
    expect([block.read(CR, 4), ports.resets]).toEqual([0x7f, []]);
    block.write(CR, 0xbf, 4);
    expect(ports.resets).toEqual(['window-watchdog']);
  });
});
