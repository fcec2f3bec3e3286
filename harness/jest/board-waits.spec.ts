import { describe, expect, it } from '@jest/globals';
import { BoardWaits } from './board-waits.js';

describe('the time that a test waits for its board', () => {
  const after = (from: number, ...waits: (readonly [endedAt: number, durationMs: number])[]): number => {
    let now = 0;
    const all = new BoardWaits(() => now);
    for (const [endedAt, durationMs] of waits) {
      now = endedAt;
      all.ended(durationMs);
    }
    return all.since(from);
  };

  it.each([
    ['none', 0, [], 0],
    ['one after the other', 100, [[120, 10], [150, 20]], 30],
    ['one within the other: a reset by the tool while its first line is awaited', 100, [[130, 10], [140, 40]], 40],
    ['overlapping', 100, [[120, 15], [130, 20]], 25],
    ['one that began before the test', 100, [[110, 50]], 10],
    ['one that ended before it', 100, [[90, 50]], 0],
  ] as const)('%s', (_what, from, waits, expected) => expect(after(from, ...waits)).toBe(expected));

  it('asked again → what was counted does not count twice', () => {
    let now = 10;
    const waits = new BoardWaits(() => now);
    waits.ended(5);
    expect(waits.since(0)).toBe(5);
    now = 20;
    waits.ended(3);
    expect(waits.since(0)).toBe(3);
  });
});
