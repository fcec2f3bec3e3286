import { describe, expect, it } from '@jest/globals';
import type { AccessWidth, BankWatcher, MemoryBank } from '../ports.js';
import { Memories } from './memories.js';
import { Ramecc } from './ramecc.js';
import type { RegisterBlock } from './register-block.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';

const ECCSEIE = 0x04;
const ECCDEIE = 0x08;
const ECCDEBWIE = 0x10;
const ECCELEN = 0x20;
const BYPASS = 0x20000;
const monitor = (n: number): Record<'CR' | 'SR' | 'FAR' | 'FDRL' | 'FDRH' | 'FECR', number> => ({
  CR: 0x20 + 0x20 * n, SR: 0x24 + 0x20 * n, FAR: 0x28 + 0x20 * n, FDRL: 0x2c + 0x20 * n, FDRH: 0x30 + 0x20 * n, FECR: 0x34 + 0x20 * n,
});

/** Memories and RAMECC with the part of a bus that asks watchers. */
class Chip {
  readonly ports: TestPorts = testPorts();
  readonly memories = new Memories({ seed: 1 });
  readonly watchers = new Map<string, BankWatcher>();
  eccOnSram = true;
  readonly ramecc = new Ramecc(this.ports, {
    bank: (name) => this.memories.bank(name),
    watch: (bank, watcher) => (watcher === undefined ? this.watchers.delete(bank.name) : this.watchers.set(bank.name, watcher)),
    eccOnSram: () => this.eccOnSram,
  });
  readonly unit1 = this.ramecc.blocks[0];
  readonly unit2 = this.ramecc.blocks[1];

  load(address: number, width: AccessWidth = 4): number {
    const bank = this.#bank(address);
    const offset = address - bank.base;
    const watcher = this.watchers.get(bank.name);
    if (watcher !== undefined) return watcher.load(offset, width);
    return bank.bytes.slice(offset, offset + width).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  store(address: number, value: number, width: AccessWidth = 4): void {
    const bank = this.#bank(address);
    const offset = address - bank.base;
    const watcher = this.watchers.get(bank.name);
    if (watcher !== undefined) return watcher.store(offset, value, width);
    for (let i = 0; i < width; i += 1) bank.bytes[offset + i] = value >>> (8 * i);
  }

  /** Stores a doubleword, then stores it again without renewing the check bits and with other bits. */
  inject(unit: RegisterBlock, n: number, address: number, low: number, high: number, flipLow: number, flipHigh = 0): void {
    const { CR } = monitor(n);
    this.store(address, low);
    this.store(address + 4, high);
    unit.write(CR, unit.read(CR, 4) | BYPASS, 4);
    this.store(address, low ^ flipLow);
    this.store(address + 4, high ^ flipHigh);
    unit.write(CR, unit.read(CR, 4) & ~0x30000, 4);
  }

  #bank(address: number): MemoryBank {
    const bank = this.memories.find(address, 1);
    if (bank === undefined) throw new Error('no bank');
    return bank;
  }
}

const sram1 = 0x24000000;
const m0 = monitor(0);

function withSingleError(): Chip {
  const chip = new Chip();
  chip.unit1.write(m0.CR, ECCSEIE | ECCDEIE | ECCDEBWIE | ECCELEN, 4);
  chip.inject(chip.unit1, 0, sram1 + 0x40, 0x9abcdeff, 0x12345678, 1 << 12);
  return chip;
}

function withDoubleError(): Chip {
  const chip = new Chip();
  chip.unit1.write(m0.CR, ECCSEIE | ECCDEIE | ECCDEBWIE | ECCELEN, 4);
  chip.inject(chip.unit1, 0, sram1 + 0x40, 0x9abcdeff, 0x12345678, 1 << 12, 1);
  return chip;
}

describe('RAMECC', () => {
  it("single error as in ST's RAMECC_ErrorCount → corrected on read, FAR 8, failing data, FECR 0x41, interrupt 9", () => {
    const chip = withSingleError();
    expect(chip.unit1.read(m0.SR, 4)).toBe(0);
    expect(chip.load(sram1 + 0x40)).toBe(0x9abcdeff);
    expect([m0.SR, m0.FAR, m0.FDRL, m0.FDRH, m0.FECR].map((register) => chip.unit1.read(register, 4))).toEqual([
      1, 8, 0x9abcceff, 0x12345678, 0x41,
    ]);
    expect(chip.ports.active.has(9)).toBe(true);
  });

  it('single error read by bytes, and through the other half of the word → corrected and flagged too', () => {
    const chip = withSingleError();
    expect(chip.load(sram1 + 0x41, 1)).toBe(0xde);
    const other = withSingleError();
    expect(other.load(sram1 + 0x44)).toBe(0x12345678);
    expect(other.unit1.read(m0.SR, 4)).toBe(1);
  });

  it('reading does not repair the RAM → the next read is flagged again', () => {
    const chip = withSingleError();
    chip.load(sram1 + 0x40);
    chip.unit1.write(m0.SR, 0, 4);
    expect(chip.ports.active.has(9)).toBe(false);
    expect(chip.load(sram1 + 0x40)).toBe(0x9abcdeff);
    expect(chip.unit1.read(m0.SR, 4)).toBe(1);
  });

  it('SR written with 1 → keeps the flag; with 0 → clears it', () => {
    const chip = withSingleError();
    chip.load(sram1 + 0x40);
    chip.unit1.write(m0.SR, 7, 4);
    expect(chip.unit1.read(m0.SR, 4)).toBe(1);
    chip.unit1.write(m0.SR, 6, 4);
    expect(chip.unit1.read(m0.SR, 4)).toBe(0);
  });

  it('double error → the data as stored, DEDF, failing address, interrupt', () => {
    const chip = withDoubleError();
    expect(chip.load(sram1 + 0x40)).toBe(0x9abcceff);
    expect(chip.unit1.read(m0.SR, 4)).toBe(2);
    expect(chip.unit1.read(m0.FAR, 4)).toBe(8);
    expect(chip.ports.active.has(9)).toBe(true);
  });

  it('byte written into a word with a double error → DEBWDF', () => {
    const chip = withDoubleError();
    chip.store(sram1 + 0x46, 0xaa, 1);
    expect(chip.unit1.read(m0.SR, 4)).toBe(4);
    expect(chip.ports.active.has(9)).toBe(true);
  });

  it('byte written into a word with a single error → the rest is corrected for good, SEDCF', () => {
    const chip = withSingleError();
    chip.store(sram1 + 0x46, 0xaa, 1);
    expect(chip.unit1.read(m0.SR, 4)).toBe(1);
    chip.unit1.write(m0.SR, 0, 4);
    expect([chip.load(sram1 + 0x40), chip.load(sram1 + 0x44)]).toEqual([0x9abcdeff, 0x12aa5678]);
    expect(chip.unit1.read(m0.SR, 4)).toBe(0);
  });

  it('both halves of the word rewritten → no error; only one half → as a partial write', () => {
    const whole = withDoubleError();
    whole.store(sram1 + 0x40, 1);
    whole.store(sram1 + 0x44, 2);
    expect(whole.unit1.read(m0.SR, 4)).toBe(0);
    expect(whole.load(sram1 + 0x40)).toBe(1);
    expect(whole.unit1.read(m0.SR, 4)).toBe(0);
    expect(whole.watchers.size).toBe(0);
    const half = withDoubleError();
    half.store(sram1 + 0x44, 2);
    expect(half.unit1.read(m0.SR, 4)).toBe(4);
    const corrected = withSingleError();
    corrected.store(sram1 + 0x44, 2);
    expect(corrected.load(sram1 + 0x40)).toBe(0x9abcdeff);
    expect(corrected.load(sram1 + 0x44)).toBe(2);
  });

  it('no latch enable → flags only; latch enabled → the first error stays until SR is cleared', () => {
    const chip = withSingleError();
    chip.unit1.write(m0.CR, ECCSEIE, 4);
    chip.load(sram1 + 0x40);
    expect(chip.unit1.read(m0.FAR, 4)).toBe(0);
    chip.unit1.write(m0.SR, 0, 4);
    chip.unit1.write(m0.CR, ECCELEN, 4);
    chip.inject(chip.unit1, 0, sram1 + 0x80, 0, 0, 1);
    chip.load(sram1 + 0x40);
    chip.load(sram1 + 0x80);
    expect(chip.unit1.read(m0.FAR, 4)).toBe(8);
    chip.unit1.write(m0.SR, 0, 4);
    chip.load(sram1 + 0x80);
    expect(chip.unit1.read(m0.FAR, 4)).toBe(16);
  });

  it('enables decide the request: none, another kind, the global ones with GIE', () => {
    const chip = withSingleError();
    chip.unit1.write(m0.CR, ECCDEIE, 4);
    chip.load(sram1 + 0x40);
    expect(chip.ports.active.has(9)).toBe(false);
    chip.unit1.write(0, 2, 4);
    expect(chip.ports.active.has(9)).toBe(false);
    chip.unit1.write(0, 3, 4);
    expect(chip.ports.active.has(9)).toBe(true);
  });

  it.each([
    ['AXI SRAM3', 0x24040100, 4, 0x20],
    ['ITCM', 0x00000100, 1, 0x20],
    ['DTCM, even word', 0x20000100, 2, 0x20],
    ['DTCM, odd word', 0x20000104, 3, 0x20],
  ])('%s → its own monitor, word index from the start of its RAM', (_name, address, n, index) => {
    const chip = new Chip();
    chip.unit1.write(monitor(n).CR, ECCELEN, 4);
    chip.inject(chip.unit1, n, address, 5, 6, 1);
    expect(chip.load(address)).toBe(5);
    expect(chip.unit1.read(monitor(n).SR, 4)).toBe(1);
    expect(chip.unit1.read(monitor(n).FAR, 4)).toBe(index);
    for (const other of [0, 1, 2, 3, 4].filter((m) => m !== n)) expect(chip.unit1.read(monitor(other).SR, 4)).toBe(0);
  });

  it('backup RAM → RAMECC2 monitor 1', () => {
    const chip = new Chip();
    chip.unit2.write(monitor(1).CR, ECCDEIE, 4);
    chip.inject(chip.unit2, 1, 0x38800010, 5, 6, 3);
    expect(chip.load(0x38800010)).toBe(6);
    expect(chip.unit2.read(monitor(1).SR, 4)).toBe(2);
    expect(chip.ports.active.has(9)).toBe(true);
  });

  it('ECC_ON_SRAM off → the AXI RAMs have no ECC, the TCMs keep it', () => {
    const chip = new Chip();
    chip.eccOnSram = false;
    chip.inject(chip.unit1, 0, sram1, 5, 6, 1);
    expect(chip.load(sram1)).toBe(4);
    expect(chip.unit1.read(m0.SR, 4)).toBe(0);
    chip.inject(chip.unit1, 2, 0x20000000, 5, 6, 1);
    expect(chip.load(0x20000000)).toBe(5);
    expect(chip.unit1.read(monitor(2).SR, 4)).toBe(1);
  });

  it('nothing injected → no bank is watched; a debug write renews the check bits', () => {
    const chip = withDoubleError();
    expect([...chip.watchers.keys()]).toEqual(['AXI SRAM1']);
    chip.ramecc.renew('AXI SRAM1', 0x44, 4);
    expect(chip.watchers.size).toBe(0);
    expect(chip.load(sram1 + 0x40)).toBe(0x9abcceff);
    expect(chip.unit1.read(m0.SR, 4)).toBe(0);
  });

  it('reset of the unit → injection off, request gone; the RAM still holds its error', () => {
    const chip = withSingleError();
    chip.load(sram1 + 0x40);
    chip.unit1.write(m0.CR, BYPASS, 4);
    chip.unit1.reset('system');
    expect(chip.ports.active.has(9)).toBe(false);
    chip.store(sram1, 1);
    chip.store(sram1 + 4, 1);
    expect(chip.load(sram1)).toBe(1);
    expect(chip.unit1.read(m0.SR, 4)).toBe(0);
    chip.load(sram1 + 0x40);
    expect(chip.unit1.read(m0.SR, 4)).toBe(1);
  });
});
