import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RecordEvent } from '../../record/index.js';
import { historyHtml, historyOf, nightHtml, runHtml, summarize, type NightSummary } from '../index.js';
import { escapeHtml, html } from './markup.js';

const time = '2026-01-02T03:04:05.000Z';
const started = (text: string): RecordEvent => ({
  event: 'run-started',
  schema: 2,
  time,
  run: text,
  board: { name: text, kit: text, probeSn: text, virtual: false },
  configuration: { bootPath: text, mode: text, exec: text },
  application: { path: text, sha256: 'ab'.repeat(32), version: text },
  seed: 1,
  tool: { name: text, version: text },
  harness: { version: text, node: text, platform: text },
});
/** A run in which a text stands at every place that a board, a tool or a test can write to. */
const runWith = (text: string): RecordEvent[] => [
  started(text),
  { event: 'board-opened', time, repetition: 1, probeSn: text, probeFirmware: text, probeBoard: text, toolVersion: text, consolePath: text },
  { event: 'suite-started', time, repetition: 1, suite: text },
  { event: 'step', time, name: text, detail: text },
  { event: 'test-started', time, repetition: 1, suite: text, ancestors: [text], title: text },
  { event: 'tool-called', time, arguments: [text], durationMs: 1, exitCode: 1, outcome: 'error' },
  { event: 'console', lines: [{ at: 1, text }, { at: 2, text: `[ERR] ${text}` }] },
  { event: 'fault', time, source: 'console', summary: text, report: [text] },
  { event: 'attachment', time, name: text, path: 'attachments/001-file.txt', mediaType: text, sizeBytes: 1, sha256: 'ab'.repeat(32) },
  { event: 'test-ended', time, repetition: 1, suite: text, ancestors: [text], title: text, verdict: 'failed', durationMs: 1, messages: [text] },
  { event: 'test-ended', time, repetition: 1, suite: text, ancestors: [], title: `${text}2`, verdict: 'skipped', durationMs: 1, messages: [text] },
  { event: 'suite-failed', time, repetition: 1, suite: text, kind: 'failed', message: text },
  { event: 'run-ended', time, verdict: 'failed', reason: text, durationMs: 1 },
];
const hostile = [
  '</script><script>alert(1)</script>',
  '</style><img src=x onerror=alert(1)>',
  '" onmouseover="alert(1)',
  "' onmouseover='alert(1)",
  '<!--',
  ']]>',
  '\x1b[31mred\x1b[0m\x07\x00',
  '\u202egnp.exe',
  'javascript:alert(1)',
  '&lt;b&gt;',
];

/** Everything between < and >, with the values of attributes left out: what a browser would make elements of. */
const skeleton = (page: string): string[] => page.match(/<[^<>]*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, '""'));

describe('markup', () => {
  it('values in a template → escaped, markup of its own → not, lists joined, nothing for what is not there', () => {
    expect(html`<p title="${'"<&'}">${['a<', html`<b>${1}</b>`, undefined, false]}</p>`.text).toBe('<p title="&quot;&lt;&amp;">a&lt;<b>1</b></p>');
  });

  it('controls, a turn of the text direction, a lone surrogate → spelt out; tab, line feed, letters and signs → as they are', () => {
    expect(escapeHtml('\x1b[31m\x00\x7f\x9b\u202e\ud800')).toBe('\\x1b[31m\\x00\\x7f\\x9b\\u{202e}\\u{d800}');
    expect(escapeHtml('a\tb\nµ → 😀 ü')).toBe('a\tb\nµ → 😀 ü');
  });
});

describe('page of a run', () => {
  it.each(hostile)('%j at every place → the elements of the page are the same, the text is there to be read', (text) => {
    const page = runHtml(summarize(runWith(text)));
    expect(skeleton(page)).toEqual(skeleton(runHtml(summarize(runWith('x')))));
    expect(page).toContain(`<pre class="message">${escapeHtml(text)}</pre>`);
    expect(page).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
  });

  it('any text → the same elements', () => {
    const elements = skeleton(runHtml(summarize(runWith('x'))));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        // A text may be a line that is marked, or all blanks.
        fc.pre(!/^\s|^[[!@$…]/.test(text));
        expect(skeleton(runHtml(summarize(runWith(text))))).toEqual(elements);
      }),
      { numRuns: 100 },
    );
  });

  it('the page → loads nothing from anywhere, and its policy lets its own script run and no other', () => {
    const page = runHtml(summarize(runWith('x')));
    expect(page).not.toMatch(/(src|href)="(https?:|\/\/)/);
    expect(page.match(/@import|url\(/g)).toBeNull();
    const [, script] = /<script>([^]*?)<\/script>/.exec(page)!;
    expect(page).toContain(`script-src &#39;sha256-${createHash('sha256').update(script).digest('base64')}&#39;`.replaceAll('&#39;', "'"));
    expect(page.match(/<script/g)).toHaveLength(1);
  });

  it('a run → verdict, counts, configuration, each test with its console, fault, steps and files', () => {
    const page = runHtml(
      summarize([
        started('desk'),
        { event: 'test-started', time, repetition: 1, suite: 's', ancestors: ['a'], title: 't' },
        { event: 'console', lines: [{ at: 1234, text: '[ERR] bad' }], omitted: 7 },
        { event: 'booted', time, durationMs: 420, version: '1.0.0', starts: 1, jumped: true },
        { event: 'fault', time, source: 'board', summary: 'BusFault in main', report: ['BusFault in main', '  CFSR 0x8200'] },
        { event: 'test-ended', time, repetition: 1, suite: 's', ancestors: ['a'], title: 't', verdict: 'failed', durationMs: 1500, messages: ['Expected 1', 'and more'] },
        { event: 'run-ended', time, verdict: 'failed', reason: '1 test failed', durationMs: 2000 },
      ]),
    );
    for (const part of ['FAILED', '1 test failed', 'desk, desk, desk', '<span class="err">[   1.234] [ERR] bad</span>', '… 7 lines left out …', 'BusFault in main\n  CFSR 0x8200', 'version 1.0.0', '1.50 s', '<pre class="message">and more</pre>']) {
      expect(page).toContain(part);
    }
  });

  it('a fault that a suite provoked → tagged as such, not as a failure; another one beside it → as a failure', () => {
    const fault = (expected: boolean): RecordEvent => ({ event: 'fault', time, source: 'console', expected, summary: 'BusFault in main', report: ['BusFault in main'] });
    const page = (...faults: readonly RecordEvent[]): string => runHtml(summarize([started('desk'), { event: 'test-started', time, repetition: 1, suite: 's', ancestors: [], title: 't' }, ...faults, { event: 'test-ended', time, repetition: 1, suite: 's', ancestors: [], title: 't', verdict: 'passed', durationMs: 1, messages: [] }]));
    expect(page(fault(true), fault(true))).toContain('<span class="tag">2 provoked faults</span>');
    expect(page(fault(true))).not.toMatch(/<[^>]* class="[^"]*failed"[^>]*>[^<]*(?:fault|BusFault)/);
    expect(page(fault(true), fault(false))).toMatch(/<span class="tag failed">fault<\/span><span class="tag">provoked fault<\/span>/);
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'javascript:alert(1)', 'https://example.com/x', 'attachments/../../x', 'attachments/a"b', 'attachments/.', ''])('a file that a record places at %j → named without a link; where the writer keeps files → with one', (path) => {
    const page = (at: string): string => runHtml(summarize([started('desk'), { event: 'suite-started', time, repetition: 1, suite: 's' }, { event: 'attachment', time, name: 'dump.bin', path: at, mediaType: 'text/plain', sizeBytes: 1, sha256: 'ab'.repeat(32) }]));
    expect(page(path)).toContain('<li>dump.bin <span');
    expect(page('attachments/001-dump.bin')).toContain('<li><a href="attachments/001-dump.bin">dump.bin</a>');
  });

  it('lines of the record that cannot be read → bench, with each line and what is wrong with it', () => {
    const page = runHtml(summarize([started('desk'), { event: 'run-ended', time, verdict: 'passed', reason: '', durationMs: 1 }], [{ line: 3, message: 'not JSON' }]));
    expect(page).toContain('<span class="badge">BENCH</span>');
    expect(page).toContain('line 3: not JSON');
  });

  it('a run in which everything was skipped → no strip of times; one with a test that ran → a strip', () => {
    const page = (verdict: 'passed' | 'skipped'): string => runHtml(summarize([started('desk'), { event: 'test-ended', time, repetition: 1, suite: 's', ancestors: [], title: 't', verdict, durationMs: 1, messages: [] }]));
    expect(page('skipped')).not.toContain('class="strip"');
    expect(page('passed')).toContain('class="strip"');
  });

  it('a record that breaks off → said at the top, never green', () => {
    const page = runHtml(summarize([started('desk'), { event: 'test-ended', time, repetition: 1, suite: 's', ancestors: [], title: 't', verdict: 'passed', durationMs: 1, messages: [] }]));
    expect(page).toContain('<span class="badge">BENCH</span>');
    expect(page).toContain('the run was not finished');
  });

  it('more console than a page bears → what passed is shortened and says so, what failed is whole', () => {
    const lines = Array.from({ length: 1000 }, (_, at) => ({ at, text: `line ${at}` }));
    const many: RecordEvent[] = Array.from({ length: 210 }, (_, n): RecordEvent[] => [
      { event: 'test-started', time, repetition: 1, suite: 's', ancestors: [], title: `t${n}` },
      { event: 'console', lines },
      { event: 'test-ended', time, repetition: 1, suite: 's', ancestors: [], title: `t${n}`, verdict: n === 7 ? 'failed' : 'passed', durationMs: 1, messages: [] },
    ]).flat();
    const page = runHtml(summarize([started('desk'), ...many]));
    expect(page.length).toBeLessThan(4_000_000);
    expect(page.match(/line 500$/gm)).toHaveLength(1);
    expect(page.match(/940 lines left out/g)).toHaveLength(209);
  });
});

describe('history', () => {
  const run = (n: number, verdict: 'passed' | 'failed' | 'bench', app: string, text = 'desk'): RecordEvent[] => [
    { ...started(text), run: `run-${n}`, time: `2026-01-0${n}T00:00:00.000Z`, application: { path: 'a', sha256: app.repeat(64), version: '1.0.0' } } as RecordEvent,
    { event: 'test-started', time, repetition: 1, suite: 's', ancestors: [], title: 't' },
    { event: 'booted', time, durationMs: 100 * n, version: null, starts: 1, jumped: true },
    { event: 'test-ended', time, repetition: 1, suite: 's', ancestors: [], title: 't', verdict, durationMs: 10 * n, messages: [] },
    { event: 'run-ended', time, verdict, reason: '', durationMs: 1000 },
  ];
  const history = (...runs: RecordEvent[][]) => historyOf(runs.map((events) => ({ summary: summarize(events) })));
  const onlyTest = (...runs: RecordEvent[][]) => history(...runs).boards[0].tests[0];

  it('a pass and a failure with one application → flaky; with two applications → a change, not flaky', () => {
    expect(onlyTest(run(1, 'passed', 'a'), run(2, 'failed', 'a'))).toMatchObject({ flaky: true, changes: 1, passRate: 0.5, last: 'failed', since: 1 });
    expect(onlyTest(run(1, 'passed', 'a'), run(2, 'failed', 'b'))).toMatchObject({ flaky: false, changes: 1 });
  });

  it('a bench fault between passes → neither a change nor a failure', () => {
    expect(onlyTest(run(1, 'passed', 'a'), run(2, 'bench', 'a'), run(3, 'passed', 'a'))).toMatchObject({ flaky: false, changes: 0, passRate: 1, last: 'passed', since: 2 });
  });

  it('runs in any order → by time; boot times per board and per run', () => {
    const { runs, boards } = history(run(3, 'passed', 'a'), run(1, 'passed', 'a'), run(2, 'passed', 'a'));
    expect(runs.map((one) => one.run)).toEqual(['run-1', 'run-2', 'run-3']);
    expect(boards[0].boots).toMatchObject({ count: 3, min: 100, median: 200, p95: 300, max: 300, perRun: [{ run: 0, median: 100 }, { run: 1, median: 200 }, { run: 2, median: 300 }] });
    expect(boards[0].tests[0].duration).toMatchObject({ count: 3, median: 20 });
  });

  it('two boards → apart', () => {
    expect(history(run(1, 'passed', 'a'), run(2, 'failed', 'a', 'other')).boards.map(({ board, tests }) => [board, tests[0].last, tests[0].flaky])).toEqual([['desk', 'passed', false], ['other', 'failed', false]]);
  });

  it.each(hostile)('%j at every place → the elements of the page are the same', (text) => {
    const page = (of: string): string => historyHtml(historyOf([{ summary: summarize(runWith(of)), page: `runs/${of}.html` }]));
    expect(skeleton(page(text))).toEqual(skeleton(page('x')));
  });

  it('no run at all → a page that is not green', () => {
    expect(historyHtml(history())).toContain('FAILED');
  });
});

describe('page of a night', () => {
  const row = { board: 'a', kit: 'stm32h7s78-dk', virtual: true, configuration: 'oemirot, swap, xip', reason: '', passed: 3, failed: 0, skipped: 1, attempts: 1, durationMs: 61_000 } as const;
  const night = (text: string): NightSummary => ({
    night: text,
    lab: text,
    verdict: 'failed',
    rows: [
      { ...row, verdict: 'passed', folder: 'night-1/a b/run-1' },
      { ...row, board: text, kit: text, configuration: text, verdict: 'failed', reason: text, folder: `night-1/${text}` },
      { ...row, verdict: 'bench', folder: 'night-1/gone' },
      { ...row, verdict: 'not-run', folder: null },
    ],
    benches: [{ board: text, runs: 2, faults: 1, quarantined: text }],
    durationMs: 3_700_000,
    junit: 'reports/junit.xml',
  });

  it('runs with a page, without one and without a folder → links only to pages that are there', () => {
    const page = nightHtml(night('attic'), (folder) => (folder === 'night-1/gone' ? undefined : `${folder}/report.html`));
    expect([...page.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['night-1/a%20b/run-1/report.html', 'night-1/attic/report.html']);
    for (const part of ['<span class="badge">FAILED</span><h1>1 of 4 runs passed, 1 failed', 'quarantined: attic', '1 h 01 min', 'class="failed"><span class="sign">✗</span> FAILED']) expect(page).toContain(part);
  });

  it.each(hostile)('hostile text %j → shown as text', (text) => {
    const page = nightHtml(night(text), (folder) => folder);
    expect(page).toContain(`quarantined: ${escapeHtml(text)}`);
    expect(page.match(/<script/g)).toHaveLength(1);
  });
});
