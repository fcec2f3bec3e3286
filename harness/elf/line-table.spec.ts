import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lineName, readLines } from './line-table.js';

const folder = join(import.meta.dirname, 'testing');
// testing/lines.c, built by arm-none-eabi-gcc 12.2 -O1 -g -gdwarf-<n> -ffile-prefix-map=…=src -nostdlib; addresses and lines as arm-none-eabi-addr2line gives them.
const known = JSON.parse(readFileSync(join(folder, 'lines.json'), 'utf8')) as Record<string, string>;
const file = (version: number): Buffer => readFileSync(join(folder, `lines-dwarf${String(version)}.elf`));

describe('source lines', () => {
  it.each([2, 3, 4, 5])('DWARF %i → the lines that addr2line finds, at every instruction', (version) => {
    const table = readLines(file(version));
    expect(table.count).toBeGreaterThan(20);
    const found = Object.fromEntries(Object.keys(known).map((address) => {
      const line = table.at(Number(address));
      return [address, line === undefined ? '?' : lineName(line)];
    }));
    expect(found).toEqual(known);
    expect(table.at(0x7fffffff)).toBeUndefined();
  });

  it('a program without lines, or no program → none', () => {
    expect(readLines(new Uint8Array(10)).count).toBe(0);
    expect(readLines(Buffer.alloc(4096, 0xff)).count).toBe(0);
  });

  it('bytes changed at random, also cut short → lines or none, within a second', () => {
    const started = performance.now();
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    for (const version of [2, 5]) {
      const whole = file(version);
      for (let round = 0; round < 400; round += 1) {
        const bytes = Buffer.from(whole);
        for (let change = 0; change < 1 + random(20); change += 1) bytes[random(bytes.length)] = random(256);
        const table = readLines(round % 4 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
        table.at(0x8000 + random(200));
      }
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
