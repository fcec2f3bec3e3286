import { readFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { isHarnessError } from '../errors/index.js';
import { checkApplication } from './check-application.js';
import { applicationFromElf } from './from-elf.js';
import { surroundings } from './testing/surroundings.js';

const good = readFileSync(new URL('../../firmware-fixtures/prebuilt/app-1.0.0.elf', import.meta.url));
const boot = surroundings();
const changed = (at: number, ...bytes: readonly number[]): Uint8Array => {
  const copy = Uint8Array.from(good);
  copy.set(bytes, at);
  return copy;
};

/** `findings`, or the code of a typed error; anything else is thrown on. */
function judge(file: Uint8Array): string {
  try {
    checkApplication(applicationFromElf(file, 'app.elf'), boot);
    return 'findings';
  } catch (error) {
    if (!isHarnessError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe('a file that is no ELF of this core', () => {
  it('the file itself → findings', () => {
    expect(judge(good)).toBe('findings');
  });

  it.each([
    ['empty', new Uint8Array(0), /empty/],
    ['without the magic', changed(0, 0), /magic is missing/],
    ['cut behind the magic', good.subarray(0, 20), /cut short/],
    ['cut in its segments', good.subarray(0, 0x200), /outside the file/],
    ['big-endian', changed(5, 2), /big-endian/],
    ['AArch64', changed(4, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 183, 0), /64-bit file for AArch64/],
    ['for RISC-V', changed(18, 243, 0), /for RISC-V/],
    ['relocatable', changed(16, 1, 0), /relocatable/],
  ])('%s → elf-format', (_, file, message) => {
    const verdict = judge(file);
    expect(verdict).toMatch(/^elf-format: /);
    expect(verdict).toMatch(message);
  });

  it('stripped: no section, no symbol → findings from the segments alone, the vector table among them', () => {
    const stripped = Buffer.from(good);
    stripped.writeUInt32LE(0, 32);
    stripped.writeUInt16LE(0, 48);
    const application = applicationFromElf(stripped, 'app.elf');
    expect([application.named, application.symbols.size, application.vectors?.address]).toEqual([false, 0, 0x70000400]);
    expect(judge(stripped)).toBe('findings');
  });

  it.each([
    ['100 segments of the same bytes', { segments: 100, sections: 0, type: 1 }, /^elf-format: .*lie over each other/],
    ['20000 sections of code of the same bytes', { segments: 1, sections: 20_000, type: 1 }, /^findings/],
    ['20000 sections over all memories', { segments: 1, sections: 20_000, type: 8 }, /^findings/],
    ['20000 symbol tables that are one', { segments: 1, sections: 20_000, type: 2 }, /^findings/],
  ])('%s → judged in no time', (_, { segments, sections, type }, verdict) => {
    const file = Buffer.alloc(0x1000 + (1 << 20) + sections * 40);
    file.set(good.subarray(0, 52));
    const table = file.length - sections * 40;
    for (const [at, value] of [[28, 52], [32, table]] as const) file.writeUInt32LE(value, at);
    for (const [at, value] of [[42, 32], [44, segments], [46, 40], [48, sections], [50, 0]] as const) file.writeUInt16LE(value, at);
    for (let index = 0; index < segments; index++) [1, 0x1000, 0x70000400, 0x70000400, segments > 1 ? 1 << 20 : 0x100, 1 << 20, 5, 4].forEach((value, field) => file.writeUInt32LE(value, 52 + index * 32 + field * 4));
    for (let index = 0; index < sections; index++) [0, type, 7, type === 8 ? index : 0x70000400, 0x1000, type === 8 ? 0xffffffff : 1 << 20, 0, 0, 4, 16].forEach((value, field) => file.writeUInt32LE(value, table + index * 40 + field * 4));
    const started = process.cpuUsage();
    expect(judge(file)).toMatch(verdict);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(4);
  });

  it('60 files with damaged headers, tables and code → findings or elf-format, nothing else', () => {
    let state = 0x2545f491;
    const random = (below: number): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % below;
    };
    const sections = good.readUInt32LE(32);
    const verdicts = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const file = Uint8Array.from(good);
      const [from, size] = [[0, 52], [good.readUInt32LE(28), 96], [sections, Math.min(good.length - sections, 1000)], [0, good.length]][round % 4]!;
      for (let count = 0; count < 1 + random(8); count++) file[from! + random(size!)] = [0, 0xff, 0x7f, random(256)][random(4)]!;
      verdicts.add(judge(round % 7 === 0 ? file.subarray(0, random(file.length)) : file).split(':')[0]!);
    }
    expect([...verdicts].sort()).toEqual(['elf-format', 'findings']);
  });
});
