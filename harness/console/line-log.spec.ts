import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConsoleLine } from './line-log.js';
import { LineLog } from './line-log.js';

const collect = (limits?: ConstructorParameters<typeof LineLog>[1]): { log: LineLog; lines: ConsoleLine[] } => {
  const lines: ConsoleLine[] = [];
  return { log: new LineLog((line) => lines.push(line), limits), lines };
};

describe('lines of a console', () => {
  it('pieces of lines with their arrival times → whole lines, stamped with their first byte', () => {
    const { log, lines } = collect();
    log.add(Buffer.from('[INF] Start'), 10);
    log.add(Buffer.from('ing\r\n\r\nsecond\nthi'), 20);
    expect(lines).toEqual([
      { number: 0, at: 10, text: '[INF] Starting' },
      { number: 1, at: 20, text: '' },
      { number: 2, at: 20, text: 'second' },
    ]);
    expect(log.partial).toBe('thi');
  });

  it('bytes that are no text → escaped, tabs kept', () => {
    const { log, lines } = collect();
    log.add(Buffer.from([0x00, 0x1b, 0x41, 0x09, 0xff, 0x0d, 0x0d, 0x0a]), 0);
    expect(lines[0]!.text).toBe('\\x00\\x1bA\t\\xff\\x0d');
  });

  it('an unfinished line before a cut → a line of its own', () => {
    const { log, lines } = collect();
    log.add(Buffer.from('half'), 1);
    log.cut(2);
    log.cut(3);
    log.add(Buffer.from('whole\n'), 4);
    expect(lines.map(({ text }) => text)).toEqual(['half', 'whole']);
  });

  it('a line that never ends → cut at the limit', () => {
    const { log, lines } = collect({ lineBytes: 10 });
    log.add(Buffer.from('x'.repeat(25) + '\n'), 0);
    expect(lines.map(({ text }) => text.length)).toEqual([10, 10, 5]);
  });

  it('a line as long as the limit, its line end in a piece of its own → one line, none empty', () => {
    const { log, lines } = collect({ lineBytes: 10 });
    log.add(Buffer.from('x'.repeat(10)), 0);
    log.add(Buffer.from('\ny\n'), 1);
    expect(lines.map(({ text }) => text)).toEqual(['xxxxxxxxxx', 'y']);
  });

  it('more lines than are kept → the oldest are dropped and counted, numbers go on', () => {
    const { log } = collect({ lines: 100 });
    for (let n = 0; n < 1000; n++) log.add(Buffer.from(`${n}\n`), n);
    const kept = log.since();
    expect(kept.length).toBeLessThan(126);
    expect(kept.at(-1)).toEqual({ number: 999, at: 999, text: '999' });
    expect(log.dropped).toBe(1000 - kept.length);
    expect(log.since(998).map(({ text }) => text)).toEqual(['998', '999']);
    expect(log.since(3)).toEqual(kept);
  });

  it('any bytes in any pieces → the same lines as in one piece', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (pieces) => {
        const [whole, cut] = [collect({ lineBytes: 16 }), collect({ lineBytes: 16 })];
        whole.log.add(Buffer.concat(pieces), 0);
        for (const piece of pieces) cut.log.add(Buffer.from(piece), 0);
        expect(cut.lines).toEqual(whole.lines);
        expect(cut.log.partial).toBe(whole.log.partial);
      }),
      { numRuns: 2000, examples: [[[new Uint8Array(16), Uint8Array.of(10)]]] },
    );
  });
});
