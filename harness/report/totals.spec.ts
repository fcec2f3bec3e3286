import { describe, expect, it } from '@jest/globals';
import type { RecordEvent, TestVerdict } from '../record/index.js';
import { summarize, totalsByBoard } from './index.js';

const time = '2026-01-02T03:04:05.000Z';
const run = (board: string, mode: string, verdicts: readonly (readonly [TestVerdict, string])[]): RecordEvent[] => [
  {
    event: 'run-started',
    schema: 2,
    time,
    run: `run-${board}-${mode}`,
    board: { name: board, kit: 'stm32h7s78-dk', probeSn: '00', virtual: false },
    configuration: { bootPath: 'oemirot', mode, exec: 'xip' },
    application: { path: 'a', sha256: 'ab'.repeat(32), version: '1.0.0' },
    seed: 1,
    tool: { name: 't', version: '1' },
    harness: { version: '0', node: 'v20' },
  },
  ...verdicts.map(([verdict, message], index): RecordEvent => ({ event: 'test-ended', time, repetition: 1, suite: 's', ancestors: [], title: `t${index}`, verdict, durationMs: 1, messages: message === '' ? [] : [message] })),
  { event: 'run-ended', time, verdict: verdicts.some(([one]) => one === 'bench') ? 'bench' : verdicts.some(([one]) => one === 'failed') ? 'failed' : 'passed', reason: '', durationMs: 100 },
];

describe('totals per board', () => {
  it('runs of two boards, one twice → summed per board and configuration, firmware and bench apart, a repeated bench fault once', () => {
    const totals = totalsByBoard(
      [
        run('desk', 'swap', [['passed', ''], ['failed', 'wrong']]),
        run('lab', 'swap', [['bench', 'port gone'], ['bench', 'port gone'], ['failed', 'bad']]),
        run('desk', 'swap', [['passed', ''], ['skipped', 'no switch']]),
        run('desk', 'overwrite', [['passed', '']]),
      ].map((events) => summarize(events)),
    );
    expect(totals).toMatchObject([
      { board: 'desk', configuration: { mode: 'swap' }, counts: { passed: 2, failed: 1, bench: 0, skipped: 1 }, verdict: 'failed', durationMs: 200, firmware: [{ title: 't1', message: 'wrong' }], bench: [] },
      { board: 'lab', verdict: 'bench', firmware: [{ message: 'bad' }], bench: [{ message: 'port gone' }] },
      { board: 'desk', configuration: { mode: 'overwrite' }, verdict: 'passed', firmware: [], bench: [] },
    ]);
    expect(totals[1].bench).toHaveLength(1);
  });
});
