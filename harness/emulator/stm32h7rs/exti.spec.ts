import { describe, expect, it } from '@jest/globals';
import { Exti } from './exti.js';
import { GpioPort } from './gpio.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';

const RTSR1 = 0x00;
const FTSR1 = 0x04;
const SWIER1 = 0x08;
const IMR1 = 0x80;
const PR1 = 0x88;
const portC = 2;
const exti13 = 29;

/** PC13 with its pull-down selected for line 13, as the buttons of both kits are. */
function button(): { exti: Exti; gpio: GpioPort; ports: TestPorts } {
  const ports = testPorts();
  const exti = new Exti(ports, () => portC);
  const gpio = new GpioPort('C', { listening: () => exti.listeningPins(portC), configured: () => undefined, changed: (rising, falling) => exti.pinEdges(portC, rising, falling) });
  gpio.write(0x00, 0xffffffff & ~(3 << 26), 4);
  return { exti, gpio, ports };
}

describe('EXTI', () => {
  it('rising edge on a pin that its line selects → pending, interrupt until PR1 is written with 1', () => {
    const { exti, gpio, ports } = button();
    exti.write(RTSR1, 1 << 13, 4);
    exti.write(IMR1, 1 << 13, 4);
    gpio.drive(13, true);
    expect([exti.read(PR1, 4), ports.active.has(exti13)]).toEqual([1 << 13, true]);
    exti.write(PR1, 1 << 13, 4);
    expect([exti.read(PR1, 4), ports.active.has(exti13)]).toEqual([0, false]);
    gpio.drive(13, false);
    expect(exti.read(PR1, 4)).toBe(0);
  });

  it('falling edge asked for → only the release counts; masked → pending without interrupt, which comes with the mask', () => {
    const { exti, gpio, ports } = button();
    exti.write(FTSR1, 1 << 13, 4);
    exti.write(IMR1, 0, 4);
    gpio.drive(13, true);
    expect(exti.read(PR1, 4)).toBe(0);
    gpio.drive(13, false);
    expect([exti.read(PR1, 4), ports.active.has(exti13)]).toEqual([1 << 13, false]);
    exti.write(IMR1, 1 << 13, 4);
    expect(ports.active.has(exti13)).toBe(true);
  });

  it('the same pin of another port → nothing; a pin driven by the program itself → an edge', () => {
    const { exti, gpio } = button();
    exti.write(RTSR1, 0xffff, 4);
    exti.pinEdges(3, 1 << 13, 0);
    expect(exti.read(PR1, 4)).toBe(0);
    gpio.write(0x00, 0xffffffff & ~(2 << 8), 4); // PC4 output
    gpio.write(0x18, 1 << 4, 4);
    expect(exti.read(PR1, 4)).toBe(1 << 4);
  });

  it('software trigger → as an edge; a reset forgets it', () => {
    const { exti, ports } = button();
    exti.write(IMR1, 1 << 2, 4);
    exti.write(SWIER1, 1 << 2, 4);
    expect([exti.read(PR1, 4), ports.active.has(18)]).toEqual([1 << 2, true]);
    exti.reset('system');
    expect([exti.read(PR1, 4), ports.active.has(18)]).toEqual([0, false]);
  });
});
