import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../../board/index.js';
import { Chip } from './chip.js';
import { factoryOptionRegisters } from './flash.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';

const factory = factoryOptionRegisters(loadKit('stm32h7s78-dk').device);

function chip(optionRegisters = factory): { chip: Chip; ports: TestPorts } {
  const ports = testPorts();
  const options = { kit: loadKit('stm32h7s78-dk'), seed: 1, optionRegisters: () => optionRegisters, bus: { load: () => 0, store: () => undefined }, watch: () => undefined, onMemoryAccess: () => undefined };
  return { chip: new Chip(ports, options), ports };
}

describe('chip', () => {
  it('all blocks and memories → none overlaps another', () => {
    const { chip: c } = chip();
    const areas = [...c.blocks, ...c.memories.banks].sort((a, b) => a.base - b.base);
    const overlaps = areas.slice(1).filter((area, i) => area.base < areas[i].base + areas[i].size);
    expect(overlaps.map((area) => area.name)).toEqual([]);
  });

  it("the kit's device data → the same UARTs, interrupt numbers and memories", () => {
    const { chip: c } = chip();
    const { device, externalRam } = loadKit('stm32h7s78-dk');
    for (const uart of device.uarts) expect(c.usarts.get(uart.name)?.base).toBe(uart.base);
    for (const memory of device.memories) {
      expect({ name: memory.name, inOneBank: c.memories.find(memory.base, memory.size) !== undefined }).toEqual({ name: memory.name, inOneBank: true });
    }
    expect(c.memories.find(externalRam?.base ?? 0, externalRam?.size ?? 0)?.name).toBe('external RAM');
  });

  it('UART4 reset through APB1RSTR1 → its registers; the other UARTs keep theirs', () => {
    const { chip: c } = chip();
    for (const uart of c.usarts.values()) uart.write(0x0c, 0x100, 4);
    c.rcc.write(0x90, 1 << 19, 4);
    expect([...c.usarts.values()].filter((uart) => uart.read(0x0c, 4) === 0).map((uart) => uart.name)).toEqual(['UART4']);
  });

  it('GPIO O reset through AHB4RSTR bit 14 → its registers', () => {
    const { chip: c } = chip();
    c.gpio.get('O')?.write(0x14, 0xff, 4);
    c.rcc.write(0x88, 1 << 14, 4);
    expect(c.gpio.get('O')?.read(0x14, 4)).toBe(0);
  });

  it('IWDG_HW option byte 0 → the watchdog bites after reset without firmware; factory value → it does not', () => {
    const hard = chip(new Map([[0x52002260, 0]]));
    hard.chip.reset('power-on');
    hard.ports.advance(64e6);
    expect(hard.ports.resets).toEqual(['watchdog']);
    const soft = chip();
    soft.chip.reset('power-on');
    soft.ports.advance(64e6);
    expect(soft.ports.resets).toEqual([]);
  });
});
