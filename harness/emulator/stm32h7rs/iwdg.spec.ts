import { describe, expect, it } from '@jest/globals';
import { Iwdg } from './iwdg.js';
import { Rcc } from './rcc.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';

const KR = 0x00;
const cpu = 64_000_000;

function watchdog(startsAtReset = false): { iwdg: Iwdg; ports: TestPorts; rcc: Rcc } {
  const ports = testPorts();
  const rcc = new Rcc(ports, { hse: 24_000_000 });
  return { ports, rcc, iwdg: new Iwdg(ports, rcc.clock, () => startsAtReset) };
}

/** 100 ms: prescaler 4, reload 799. */
function set100ms(iwdg: Iwdg): void {
  iwdg.write(KR, 0x5555, 4);
  iwdg.write(0x04, 0, 4);
  iwdg.write(0x08, 799, 4);
}

describe('IWDG', () => {
  it('started and never refreshed → bites after (reload + 1) × prescaler of the LSI, not before', () => {
    const { iwdg, ports } = watchdog();
    set100ms(iwdg);
    iwdg.write(KR, 0xcccc, 4);
    ports.advance(cpu / 10 - 1);
    expect(ports.resets).toEqual([]);
    ports.advance(2);
    expect(ports.resets).toEqual(['watchdog']);
  });

  it('refreshed in time → does not bite; never started → neither', () => {
    const { iwdg, ports } = watchdog();
    ports.advance(cpu * 100);
    set100ms(iwdg);
    iwdg.write(KR, 0xcccc, 4);
    for (let i = 0; i < 20; i += 1) {
      ports.advance(cpu / 11);
      iwdg.write(KR, 0xaaaa, 4);
    }
    expect(ports.resets).toEqual([]);
    ports.advance(cpu / 9);
    expect(ports.resets).toEqual(['watchdog']);
  });

  it('registers written without the access key → unchanged', () => {
    const { iwdg } = watchdog();
    iwdg.write(0x08, 5, 4);
    expect(iwdg.read(0x08, 4)).toBe(0xfff);
    iwdg.write(KR, 0x5555, 4);
    iwdg.write(0x08, 5, 4);
    expect(iwdg.read(0x08, 4)).toBe(5);
    iwdg.write(KR, 0xaaaa, 4);
    iwdg.write(0x08, 6, 4);
    expect(iwdg.read(0x08, 4)).toBe(5);
  });

  it('refreshed before the window opens → bites at once; inside the window → does not', () => {
    const { iwdg, ports } = watchdog();
    iwdg.write(KR, 0xcccc, 4);
    set100ms(iwdg);
    iwdg.write(0x10, 400, 4);
    ports.advance(cpu * 0.06);
    iwdg.write(KR, 0xaaaa, 4);
    expect(ports.resets).toEqual([]);
    ports.advance(cpu * 0.04);
    iwdg.write(KR, 0xaaaa, 4);
    expect(ports.resets).toEqual(['watchdog']);
  });

  it('early wake-up enabled → interrupt 3 before the bite, acknowledged by EWIC', () => {
    const { iwdg, ports } = watchdog();
    iwdg.write(KR, 0xcccc, 4);
    set100ms(iwdg);
    iwdg.write(0x14, (1 << 15) | 100, 4);
    iwdg.write(KR, 0xaaaa, 4);
    ports.advance(cpu * 0.08);
    expect([...ports.active]).toEqual([]);
    ports.advance(cpu * 0.015);
    expect([...ports.active]).toEqual([3]);
    expect(ports.resets).toEqual([]);
    iwdg.write(0x14, 1 << 14, 4);
    expect([...ports.active]).toEqual([]);
  });

  it('core clock raised while it counts → still 100 ms', () => {
    const { iwdg, ports, rcc } = watchdog();
    set100ms(iwdg);
    iwdg.write(KR, 0xcccc, 4);
    ports.advance(cpu * 0.05);
    rcc.write(0x2c, 1 << 5, 4); // PLL1PEN
    rcc.write(0x28, 32 << 4, 4);
    rcc.write(0x30, 379 | (1 << 9), 4);
    rcc.write(0x00, rcc.read(0x00, 4) | (1 << 24), 4);
    rcc.write(0x10, 3, 4);
    ports.advance(380e6 * 0.0499);
    expect(ports.resets).toEqual([]);
    ports.advance(380e6 * 0.0002);
    expect(ports.resets).toEqual(['watchdog']);
  });

  it('any reset → off again, unless the option byte starts it', () => {
    const soft = watchdog(false);
    soft.iwdg.write(KR, 0xcccc, 4);
    soft.iwdg.reset('system');
    soft.ports.advance(cpu * 10);
    expect(soft.ports.resets).toEqual([]);
    expect(soft.iwdg.read(0x0c, 4)).toBe(0);
    const hard = watchdog(true);
    hard.iwdg.reset('system');
    expect(hard.iwdg.read(0x0c, 4)).toBe(1 << 8);
    hard.ports.advance(cpu * 0.52);
    expect(hard.ports.resets).toEqual(['watchdog']);
  });
});
