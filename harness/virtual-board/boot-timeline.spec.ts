import { describe, expect, it } from '@jest/globals';
import { BootTimeline } from './boot-timeline.js';

describe('time line of a boot', () => {
  it('operations and lines, then the application → steps in ascending time with the operations between them; behind the hand-over by the clock of the core', () => {
    const timeline = new BootTimeline('pin');
    timeline.operation({ kind: 'erase', offset: 0, length: 4096 });
    timeline.operation({ kind: 'program', offset: 0, length: 4096 });
    timeline.line('[INF] Jumping to the first image slot');
    timeline.operation({ kind: 'obk', what: 'counter', value: 1 });
    timeline.handOver('1.0.0', '0x70000400', 1000, 380_000_000);
    timeline.spoke(1000 + 380_000);
    timeline.spoke(5_000_000);
    const { steps } = timeline;
    expect(steps.map(({ kind }) => kind)).toEqual(['reset', 'root-of-trust', 'hand-over', 'first-instruction', 'first-console-byte']);
    expect(steps.map(({ operations: { erase, program, obk } }) => [erase, program, obk])).toEqual([[0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]);
    expect(steps.every(({ ms }, i) => i === 0 || ms >= steps[i - 1]!.ms)).toBe(true);
    expect(steps[1]!.ms).toBeCloseTo(25 + 16 * 0.15);
    expect(steps[4]!.ms - steps[3]!.ms).toBeCloseTo(1);
  });
});
