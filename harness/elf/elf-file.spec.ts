import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHarnessError } from '../errors/index.js';
import { flattenElf, isElf, readElf } from './elf-file.js';

const fixture = (): Uint8Array => Uint8Array.from(readFileSync(new URL('../../firmware-fixtures/prebuilt/app-1.0.0.elf', import.meta.url)));
const changed = (change: (view: DataView) => void): Uint8Array => {
  const bytes = fixture();
  change(new DataView(bytes.buffer));
  return bytes;
};

describe('ELF files', () => {
  it('a fixture → its code at the run address, its .bss without bytes', () => {
    const elf = readElf(fixture());
    expect(isElf(fixture())).toBe(true);
    expect(elf.entry & ~1).toBeGreaterThanOrEqual(0x70000400);
    expect(elf.segments[0]).toMatchObject({ address: 0x70000400, virtualAddress: 0x70000400 });
    expect(elf.segments[1]!.bytes).toHaveLength(0);
    const flat = flattenElf(elf, 0x200000);
    expect(flat.base).toBe(0x70000400);
    expect([...flat.bytes]).toEqual([...elf.segments[0]!.bytes]);
    // The second word of the vector table is the entry.
    expect(new DataView(flat.bytes.buffer).getUint32(4, true)).toBe(elf.entry);
  });

  it('a segment that begins with the headers of the file, as GNU ld lays them out → starts at the first section', () => {
    const whole = fixture();
    const view = new DataView(whole.buffer);
    const [offset, size] = [view.getUint32(52 + 4, true), view.getUint32(52 + 16, true)];
    const moved = changed((edit) => {
      for (const [field, value] of [[4, 0], [8, 0x70000400 - offset], [12, 0x70000400 - offset], [16, size + offset], [20, size + offset]] as const) edit.setUint32(52 + field, value, true);
    });
    expect(readElf(moved).segments[0]).toEqual(readElf(whole).segments[0]);
    // Without a section table only the headers themselves can be told from content.
    const stripped = moved.slice();
    new DataView(stripped.buffer).setUint32(32, 0, true);
    expect(readElf(stripped).segments[0]!.address).toBe(0x70000400 - offset + 52 + 32 * view.getUint16(44, true));
  });

  it.each([
    ['no magic', changed((view) => view.setUint8(0, 0))],
    ['64 bits', changed((view) => view.setUint8(4, 2))],
    ['big-endian', changed((view) => view.setUint8(5, 2))],
    ['another machine', changed((view) => view.setUint16(18, 62, true))],
    ['an object file', changed((view) => view.setUint16(16, 1, true))],
    ['a table outside the file', changed((view) => view.setUint32(28, 0xfffffff0, true))],
    ['a table without end', changed((view) => view.setUint16(44, 0xffff, true))],
    ['a segment outside the file', changed((view) => view.setUint32(52 + 16, 0x7fffffff, true))],
    ['a segment larger than its memory', changed((view) => view.setUint32(52 + 20, 1, true))],
    ['four bytes', fixture().slice(0, 4)],
  ])('%s → refused', (_, bytes) => expect(() => readElf(bytes)).toThrow(expect.objectContaining({ code: 'elf-format', kind: 'usage' })));

  it('two segments with a gap → zeros between; too far apart → refused', () => {
    const elf = {
      entry: 0,
      segments: [
        { address: 0x1008, virtualAddress: 0x1008, bytes: Uint8Array.of(3), memorySize: 1 },
        { address: 0x1000, virtualAddress: 0x1000, bytes: Uint8Array.of(1, 2), memorySize: 2 },
      ],
    };
    expect(flattenElf(elf, 9)).toEqual({ base: 0x1000, bytes: Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0, 3) });
    expect(() => flattenElf(elf, 8)).toThrow(expect.objectContaining({ code: 'elf-spread' }));
  });

  it('any damage to a real file → a file or a HarnessError, nothing else', () => {
    const whole = fixture();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(whole.length), (edits, length) => {
        const bytes = whole.slice(0, Math.max(length, 60));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        try {
          readElf(bytes);
        } catch (error) {
          if (!isHarnessError(error)) throw error;
        }
      }),
    );
  });
});
