import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Job, NightState } from '../lab/index.js';
import { NightProgress } from './night-progress.js';

const time = '2026-01-02T03:04:05.000Z';
const job = (bench: string, exec: 'xip' | 'ext-ram' = 'xip'): Job => ({ id: bench, bench, suites: [], configuration: { bootPath: 'oemirot', mode: 'overwrite', exec } });
const stateOf = (jobs: readonly Job[]): NightState => ({ night: 'n', lab: 'l', jobs: new Map(jobs.map((one) => [one.id, { job: one, verdict: undefined, reason: '', attempts: [] }])), quarantined: new Map(), current: new Map(), ended: false });
const visible = (text: string): string => text.replace(/\x1b\[[0-9;]*m/g, '');

/** A screen that keeps what was written, a write apart. */
const screenOf = (columns: number) => ({ columns, rows: 24, written: [] as string[], write(text: string) { this.written.push(text); return true; } });

let progress: NightProgress | undefined;
afterEach(() => {
  progress?.stop();
  progress = undefined;
  jest.useRealTimers();
});

function view(columns: number, jobs: readonly Job[]): ReturnType<typeof screenOf> {
  jest.useFakeTimers();
  const screen = screenOf(columns);
  progress = new NightProgress('screen', screen, '/nowhere', stateOf(jobs));
  for (const { id } of jobs) progress.tell({ event: 'job-started', time, job: id, attempt: 1 });
  jest.advanceTimersByTime(600);
  return screen;
}

describe('the view of a night', () => {
  it.each([[120], [80], [40]])('on %d columns → no line wraps, columns stand below each other, the counts are never cut off', (columns) => {
    const screen = view(columns, [job('first'), job('a-board-whose-name-is-longer-than-others', 'ext-ram')]);
    const lines = visible(screen.written.at(-1)!).split('\n');
    expect(lines.every((line) => line.length < columns)).toBe(true);
    const rows = lines.filter((line) => line.startsWith('  '));
    expect(rows).toHaveLength(2);
    for (const column of ['oemirot', '✓ 0']) expect(new Set(rows.map((row) => row.indexOf(column))).size).toBe(1);
    for (const row of rows) expect(row).toContain('✓ 0');
  });

  it('made narrower while it stands → as many rows are taken back as the terminal made of it', () => {
    const screen = view(120, [job('first'), job('second')]);
    const rows = visible(screen.written.at(-1)!).split('\n').slice(0, -1);
    screen.columns = 20;
    screen.written.length = 0;
    jest.advanceTimersByTime(500);
    const wrapped = rows.reduce((sum, row) => sum + Math.max(1, Math.ceil(row.length / 20)), 0);
    expect(wrapped).toBeGreaterThan(rows.length);
    expect(screen.written[0]).toBe(`\x1b[${wrapped}A`);
  });

  it('the end of a run with a long reason → one line, cut at the edge; in a log → all of it', () => {
    const reason = 'why '.repeat(60).trim();
    const screen = view(80, [job('first')]);
    screen.written.length = 0;
    progress!.tell({ event: 'job-ended', time, job: 'first', verdict: 'failed', reason });
    const line = visible(screen.written.find((text) => text.includes('FAILED'))!);
    expect([line.length, line.endsWith('…\n')]).toEqual([80, true]);
    const log = screenOf(80);
    const plain = new NightProgress('lines', log, '/nowhere', stateOf([job('first')]));
    plain.tell({ event: 'job-ended', time, job: 'first', verdict: 'failed', reason });
    plain.stop();
    expect(log.written.join('')).toContain(reason);
  });
});
