import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readElfDetail } from './elf-detail.js';
import { readWithoutDebug } from './read-without-debug.js';

const whole = readFileSync(new URL('testing/lines-dwarf5.elf', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-elf-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (bytes: Uint8Array, limit = 1 << 20): Uint8Array => {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  return readWithoutDebug(path, limit);
};

/** Offsets of section headers whose type and flags fit. */
const sections = (type: number, flags: number): readonly number[] => {
  const [table, pitch, count] = [whole.readUInt32LE(32), whole.readUInt16LE(46), whole.readUInt16LE(48)];
  return Array.from({ length: count }, (_, index) => table + index * pitch).filter((at) => whole.readUInt32LE(at + 4) === type && (whole.readUInt32LE(at + 8) & 3) === flags);
};

describe('a linked file without its debug information', () => {
  it('sections, symbols, segments → as in the whole file; what only a debugger reads → zeros', () => {
    const file = read(whole);
    expect(readElfDetail(file)).toEqual(readElfDetail(whole));
    const debug = sections(1, 0).map((at) => [whole.readUInt32LE(at + 16), whole.readUInt32LE(at + 20)] as const).filter(([, size]) => size > 0);
    expect(debug.length).toBeGreaterThan(0);
    for (const [offset, size] of debug) expect(Buffer.from(file.subarray(offset, offset + size)).equals(Buffer.alloc(size))).toBe(true);
  });

  it.each([
    ['no ELF file', Buffer.from('a text of some length, longer than a header of an ELF file has bytes')],
    ['a header alone', whole.subarray(0, 52)],
    ['cut in its section table', whole.subarray(0, whole.length - 8)],
    ['empty', Buffer.alloc(0)],
  ])('%s → every byte', (_, bytes) => {
    expect(Buffer.from(read(bytes)).equals(bytes)).toBe(true);
  });

  it('sections that name bytes outside the file, or the same ones again → read within the file', () => {
    const copy = Buffer.from(whole);
    for (const at of sections(1, 2)) copy.writeUInt32LE(0xfffffff0, at + 20);
    expect(read(copy).length).toBe(copy.length);
  });

  it('larger than allowed, a folder, nothing → refused', () => {
    expect(() => read(whole, 100)).toThrow(/more than 100/);
    expect(() => readWithoutDebug(folder, 100)).toThrow(/no file/);
    expect(() => readWithoutDebug(join(folder, 'absent'), 100)).toThrow(/ENOENT/);
  });
});
