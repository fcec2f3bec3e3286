import { describe, expect, it } from '@jest/globals';
import type { RecordEvent } from '../record/index.js';
import { runMarkdown, summarize } from './index.js';

const time = '2026-01-02T03:04:05.000Z';
const started = {
  event: 'run-started', schema: 1, time, run: 'r',
  board: { name: 'desk', kit: 'stm32h7s78-dk', probeSn: 'AB', virtual: false },
  configuration: { bootPath: 'oemirot', mode: 'swap', exec: 'xip' },
  application: { path: 'a.elf', sha256: 'ab'.repeat(32), version: '1.0.0' },
  update: { path: 'b.elf', sha256: 'cd'.repeat(32), version: '1.1.0' },
  seed: 1, tool: { name: 'STM32CubeProgrammer', version: '2.21.0' }, harness: { version: '0', node: 'v20', platform: 'linux x64' },
} as unknown as RecordEvent;
const test = (title: string, verdict: 'passed' | 'failed' | 'bench' | 'skipped', message = ''): RecordEvent => ({ event: 'test-ended', time, repetition: 1, suite: 'suites/boot.hil.ts', ancestors: [], title, verdict, durationMs: 1500, messages: message === '' ? [] : [message] });

describe('a run as Markdown', () => {
  it('passed → a table of its suites, and no trouble', () => {
    const text = runMarkdown(summarize([started, test('starts', 'passed')]), { folder: 'reports/r' });
    expect(text).toContain('desk (stm32h7s78-dk), oemirot, swap, xip, application 1.0.0 (`abababababab`)');
    expect(text).toContain('| suites/boot.hil.ts | ✅ | 1 | 0 | 0 | 1.5 s |');
    expect(text).toContain('reports: `reports/r`');
    expect(text).not.toMatch(/### (Firmware|Bench)/);
  });

  it('a suite in which everything was skipped → not green, whatever the others are', () => {
    const skipped = { ...test('closed', 'skipped', 'the board is open'), suite: 'suites/stirot.hil.ts' } as RecordEvent;
    const text = runMarkdown(summarize([started, test('starts', 'passed'), skipped]), { folder: 'reports/r' });
    expect(text).toContain('| suites/stirot.hil.ts | ⏸️ | 0 | 0 | 1 | 1.5 s |');
  });

  it('a failure and a bench fault → apart, what a board said without effect, a link where a CI has one', () => {
    const text = runMarkdown(summarize([started, test('starts', 'failed', 'a | b <script> @everyone\nsecond line'), test('stops', 'bench', 'the probe was lost')]), { folder: 'reports/r', link: 'https://ci.example/r/' });
    expect(text).toContain('[reports](https://ci.example/r/)');
    expect(text).toMatch(/### Firmware\n\n- \*\*FAILED\*\* suites\/boot.hil.ts › starts: a \\\| b &lt;script&gt; &#64;everyone\n/);
    expect(text).toMatch(/### Bench\n\n- \*\*bench fault\*\* suites\/boot.hil.ts › stops: the probe was lost\n/);
    expect(text).not.toContain('second line');
  });
});
