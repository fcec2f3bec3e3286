import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readElf } from '../elf-file.js';
import { placeName, readSymbols, SymbolTable } from '../symbols.js';
import type { FaultFacts, Protection } from './index.js';
import { explainFault, faultText, memoryRule } from './index.js';

const file = Uint8Array.from(readFileSync(new URL('../../../firmware-fixtures/prebuilt/app-1.0.0.elf', import.meta.url)));
const symbols = readSymbols(file);
const code = readElf(file).segments[0]!;
const read = (address: number, size: number): Uint8Array | undefined =>
  address >= code.virtualAddress && address + size <= code.virtualAddress + code.bytes.length ? code.bytes.subarray(address - code.virtualAddress, address - code.virtualAddress + size) : undefined;

/** Region 5 of the root of trust, and the application's. */
const protection: Protection = {
  control: 3,
  setBy: 'OEMiRoT',
  regions: [
    { number: 5, base: 0x20000000, rasr: 0x110b0039, what: 'internal RAM' },
    { number: 14, base: 0x70000000, rasr: 0x050f0029, what: 'application' },
  ],
};
const places = [{ name: 'AXI_SRAM1', base: 0x24000000, size: 0x20000 }];
const explain = (facts: Partial<FaultFacts>) => explainFault({ cfsr: 0, hfsr: 0, pc: 0x70000f10, ...facts }, { symbols, read, disassemble: () => [], protection, places });

describe('symbols of an ELF file', () => {
  it('an address inside a function → its name and offset; behind everything → none', () => {
    const main = symbols.named('main')!;
    expect(main).toMatchObject({ kind: 'function' });
    expect(placeName(symbols.at(main.address + 4)!)).toBe('main+0x4');
    expect(placeName(symbols.at(main.address)!)).toBe('main');
    expect(symbols.at(0xf0000000)).toBeUndefined();
  });

  it('a file without a section table, or cut anywhere → no symbols and no crash', () => {
    const stripped = file.slice();
    new DataView(stripped.buffer).setUint32(32, 0, true);
    expect(readSymbols(stripped).count).toBe(0);
    expect(symbols.count).toBeGreaterThan(100);
    for (const size of [0, 10, 51, 52, 1000, file.length - 1]) expect(readSymbols(file.slice(0, size)).count).toBe(0);
  });

  it('a label without a size → holds what follows up to the next symbol', () => {
    const table = new SymbolTable([
      { name: 'label', address: 0x100, size: 0, kind: 'label' },
      { name: 'sized', address: 0x200, size: 0x10, kind: 'function' },
    ]);
    expect([0x110, 0x20c, 0x210].map((at) => table.at(at)?.symbol.name)).toEqual(['label', 'sized', undefined]);
  });
});

describe('the rule behind a fault', () => {
  it('a fetch from internal RAM → the memory, what may be done there, who said so, and the region', () => {
    expect(explain({ cfsr: 1, pc: 0x24001000 }).rule).toBe('0x24001000 is in AXI_SRAM1: readable and writable for privileged code, never executable after OEMiRoT, region 5 (internal RAM)');
  });

  it('the same for unprivileged code → nothing is allowed', () => {
    expect(explain({ cfsr: 0x82, mmfar: 0x24001000, privileged: false }).rule).toBe('0x24001000 is in AXI_SRAM1: neither readable nor writable nor executable for unprivileged code after OEMiRoT, region 5 (internal RAM)');
  });

  it('an address outside every region → no region decides; with a background map → the default map', () => {
    expect(memoryRule(0x90000000, protection, places, true)).toMatchObject({ decidedBy: null, sentence: expect.stringContaining('no MPU region covers it after OEMiRoT, so nothing') });
    expect(memoryRule(0x90000000, { ...protection, control: 7 }, places, true).sentence).toContain('PRIVDEFENA');
    expect(memoryRule(0x90000000, { ...protection, control: 0 }, places, true).sentence).toContain('the MPU is off');
  });

  it('a subregion that is off → the region below decides; the next subregion → the region itself', () => {
    const regions = [...protection.regions, { number: 6, base: 0x24000000, rasr: 0x11000000 | (1 << 8) | (16 << 1) | 1 }];
    const decided = (address: number) => memoryRule(address, { control: 1, regions }, places, true).decidedBy;
    expect([decided(0x24000000), decided(0x24004000), decided(0x24020000)]).toEqual([5, 6, 5]);
  });
});

describe('fault explanation', () => {
  it('status registers → their bits by name; the address by MMFAR only while it is valid', () => {
    const valid = explain({ cfsr: 0x82, mmfar: 0x24001000, hfsr: 0x40000000 });
    expect(valid.cfsr.bits.map(({ name }) => name)).toEqual(['DACCVIOL', 'MMARVALID']);
    expect(valid.hfsr.bits.map(({ name }) => name)).toEqual(['FORCED']);
    expect([valid.exception, valid.address]).toEqual(['HardFault', { value: '0x24001000', from: 'MMFAR', symbol: null }]);
    expect(explain({ cfsr: 0x02, mmfar: 0x24001000 }).address).toBeNull();
    expect(explain({ cfsr: 0x8200, bfar: 0x60000000 }).address).toMatchObject({ from: 'BFAR' });
    expect(explain({ cfsr: 0x10000 }).exception).toBe('UsageFault');
  });

  it('a frame that could not be stored (PC 0xffffffff) → no code, no calls, and the summary says so', () => {
    const report = explain({ cfsr: 0x10, pc: 0xffffffff });
    expect([report.disassembly, report.backtrace]).toEqual([[], []]);
    expect(report.summary).toContain('could not be stored');
  });

  const callee = symbols.named('line_field')!.address + 2;
  const main = symbols.named('main')!;
  /** Return addresses in main behind a call of a function of the fixture. */
  const callsOf = (name: string): number[] =>
    Array.from({ length: main.size / 2 }, (_, i) => main.address + 2 * i).filter((address) => explain({ pc: symbols.named(name)!.address + 2, lr: address | 1, sp: 0x30004000 }).backtrace.length === 2);
  const behindCall = callsOf('line_field')[0]!;
  const behindOther = callsOf('line_open')[0]!;
  const inMain = `main+0x${(behindCall - main.address).toString(16)}`;

  it('LR behind a call of the function → the caller; LR behind a call of another function → not a caller', () => {
    expect(explain({ pc: callee, lr: behindCall | 1 }).backtrace.map(({ symbol }) => symbol)).toEqual(['line_field+0x2', inMain]);
    expect(explain({ pc: symbols.named('line_open')!.address + 2, lr: behindCall | 1, sp: 0x30004000 }).backtrace).toHaveLength(1);
  });

  it('return addresses on the stack → the calls that fit each other; others are passed over', () => {
    const stack = new DataView(new ArrayBuffer(4096));
    // A stale return address behind a call of line_open, then the true one behind a call of line_field.
    [0x12345678, behindOther | 1, behindCall | 1].forEach((word, index) => stack.setUint32(4 * index, word, true));
    const report = explainFault(
      { cfsr: 2, hfsr: 0, pc: callee, sp: 0x30004000 },
      { symbols, read: (address, size) => (address === 0x30004000 ? new Uint8Array(stack.buffer, 0, size) : read(address, size)), disassemble: () => [], places },
    );
    expect(report.backtrace.map(({ symbol, from }) => [symbol, from])).toEqual([['line_field+0x2', 'pc'], [inMain, 'stack']]);
  });

  it('as text → the summary first, every set bit with its meaning, the rule and the deciding region', () => {
    const lines = faultText(explain({ cfsr: 1, pc: 0x24001000 }));
    expect(lines[0]).toMatch(/^MemManage, IACCVIOL at 0x24001000/);
    expect(lines.join('\n')).toMatch(/region 5 .*\(decides\)/);
  });
});
