import { describe, expect, it } from '@jest/globals';
import { Memories } from './memories.js';

const externalRam = { base: 0x70000000, size: 0x2000000 };

describe('memories', () => {
  it('the table → no overlap, sizes of the device header, nothing at 0x24072000', () => {
    const { banks } = new Memories({ seed: 1, externalRam });
    const sorted = [...banks].sort((a, b) => a.base - b.base);
    for (let i = 1; i < sorted.length; i += 1) expect(sorted[i].base).toBeGreaterThanOrEqual(sorted[i - 1].base + sorted[i - 1].size);
    const memories = new Memories({ seed: 1 });
    expect(memories.find(0x24071ffc, 4)?.name).toBe('AXI SRAM4');
    expect(memories.find(0x24072000, 1)).toBeUndefined();
    expect(memories.find(0x30007ffc, 4)?.name).toBe('AHB SRAM2');
    expect(memories.find(0x70000000, 1)).toBeUndefined();
    expect(memories.find(0x90000000, 1)).toBeUndefined();
  });

  it('only RAMs are writable', () => {
    const { banks } = new Memories({ seed: 1, externalRam, externalFlash: { base: 0x90000000, size: 0x10000 } });
    expect(banks.filter((bank) => !bank.writable).map((bank) => bank.name)).toEqual(['user flash', 'OTP and UID', 'system flash', 'external flash']);
  });

  it.each(['pin', 'system', 'watchdog'] as const)('%s reset → every RAM keeps its contents', (cause) => {
    const memories = new Memories({ seed: 1, externalRam });
    for (const bank of memories.banks) if (bank.writable) bank.bytes[5] = 0xa5;
    memories.reset(cause);
    for (const bank of memories.banks) if (bank.writable) expect(bank.bytes[5]).toBe(0xa5);
  });

  it('power-on → noise in the chip\'s RAMs, the same for the same seed; flash and UID stay', () => {
    const [first, again, other] = [1, 1, 2].map((seed) => {
      const memories = new Memories({ seed });
      memories.reset('power-on');
      return memories.bank('AHB SRAM2').bytes;
    });
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(new Set(first).size).toBe(256);
    const memories = new Memories({ seed: 1 });
    const uid = memories.bank('OTP and UID').bytes.slice(0x800, 0x80c);
    memories.bank('user flash').bytes[0] = 0x12;
    memories.reset('power-on');
    expect(memories.bank('OTP and UID').bytes.slice(0x800, 0x80c)).toEqual(uid);
    expect(memories.bank('user flash').bytes[0]).toBe(0x12);
  });

  it('power-on → what was written to the external RAM is gone', () => {
    const memories = new Memories({ seed: 1, externalRam });
    const { bytes } = memories.bank('external RAM');
    bytes[0] = 1;
    bytes[0x1ffffff] = 2;
    memories.reset('power-on');
    expect([bytes[0], bytes[0x1ffffff]]).toEqual([0, 0]);
  });
});
