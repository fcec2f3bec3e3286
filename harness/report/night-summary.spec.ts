import { describe, expect, it } from '@jest/globals';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { summarize } from './index.js';
import { junitXml } from './junit.js';
import { MergedJunit } from './merged-junit.js';
import { artefactLink, nightHeadline, nightSummary, type NightRow, type NightSummary } from './night-summary.js';

const row = (board: string, verdict: NightRow['verdict'], more: Partial<NightRow> = {}): NightRow => ({ board, kit: 'stm32h7s78-dk', virtual: false, configuration: 'oemirot, swap, xip', verdict, reason: '', passed: 3, failed: 0, skipped: 1, attempts: 1, durationMs: 61_000, folder: `night-1/${board}/run-1`, ...more });
const night = (rows: readonly NightRow[], more: Partial<NightSummary> = {}): NightSummary => ({ night: 'night-1', lab: 'attic', verdict: 'failed', rows, benches: [{ board: 'a', runs: 2, faults: 1, quarantined: null }, { board: 'b', runs: 3, faults: 3, quarantined: 'no probe' }], durationMs: 3_700_000, junit: 'reports/junit.xml', ...more });

describe('the summary of a night', () => {
  it('a failure, a bench fault and a pass → told apart in the headline', () => {
    expect(nightHeadline(night([row('a', 'passed'), row('a', 'failed'), row('b', 'bench'), row('b', 'not-run')]))).toBe('FAILED: 1 of 4 runs passed, 1 failed, 2 without a verdict about the firmware, 1 bench quarantined');
  });

  it('as text → firmware and benches apart, the reason of each row that did not pass', () => {
    const text = nightSummary(night([row('a', 'passed'), row('b', 'bench', { reason: 'the probe was lost\u001b[2J\nnow', attempts: 2 })]), 'text');
    expect(text).toMatch(/^a +oemirot, swap, xip +passed +3 passed, 0 failed, 1 skipped +1:01 min$/m);
    expect(text).toContain('bench fault  b, oemirot, swap, xip: the probe was lost now  (night-1/b/run-1/)');
    expect(text).toContain('  b: 3 of 3 attempts without a result; quarantined: no probe');
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/^FAILED: 1 of 2 runs passed/);
  });

  it.each(['github', 'gitlab'] as const)('as %s → tables whose rows hold whatever a board said, without effect', (format) => {
    const text = nightSummary(night([row('a', 'failed', { reason: 'a | b <script>x</script> `c` @everyone [x](http://y) ![i](j)\n| d' })], { lab: 'x`|y' }), format);
    const firmware = text.split('\n').filter((line) => line.startsWith('| a '));
    expect(firmware).toHaveLength(2);
    expect(text).not.toMatch(/<script>|@everyone|[^\\]`c|(?<!\\)!\[i/);
    expect(text).toContain('- **a**, oemirot, swap, xip: FAILED: a \\| b &lt;script\\&gt;'.replace('\\&gt;', '&gt;'));
    expect(text.split('\n').some((line) => line.startsWith('| d'))).toBe(false);
  });

  it('inside of a CI → links to what it kept; a hostile URL → none', () => {
    const gitlab = artefactLink('gitlab', { CI_JOB_URL: 'https://gitlab.example/x/-/jobs/7' });
    expect(gitlab?.('night-1/a b/run')).toBe('https://gitlab.example/x/-/jobs/7/artifacts/browse/night-1/a%20b/run/');
    const github = artefactLink('github', { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'o/r', GITHUB_RUN_ID: '9' });
    expect(github?.('x')).toBe('https://github.com/o/r/actions/runs/9#artifacts');
    expect(artefactLink('github', {})).toBeUndefined();
    expect(artefactLink('gitlab', { CI_JOB_URL: 'javascript:alert(1)' })?.('x')).toBeUndefined();
    expect(nightSummary(night([row('a', 'passed')]), 'gitlab', gitlab === undefined ? {} : { link: gitlab })).toContain('[run-1](https://gitlab.example/x/-/jobs/7/artifacts/browse/night-1/a/run-1/)');
  });
});

describe('merged JUnit', () => {
  const time = '2026-01-02T03:04:05.000Z';
  const run = (suite: string, kind: 'failed' | 'bench') => junitXml([summarize([{ event: 'suite-failed', time, repetition: 1, suite, kind, message: 'why & <how>' }])]);

  it('three documents, one without a suite → one document with every suite and the sums', () => {
    const merged = new MergedJunit();
    const body = [run('s/a.hil.ts', 'failed'), junitXml([]), run('s/b.hil.ts', 'bench')].map((document) => merged.suitesOf(document)).join('');
    const text = merged.start + body + merged.end;
    expect(XMLValidator.validate(text)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray: (name) => name === 'testsuite' }).parse(text) as { testsuites: Record<string, unknown> & { testsuite: { name: string }[] } };
    expect(testsuites).toMatchObject({ name: 'rot-hil', tests: '2', failures: '1', errors: '1' });
    expect(testsuites.testsuite.map(({ name }) => name)).toEqual(['s/a.hil.ts', 's/b.hil.ts']);
  });

  it.each(['', 'nonsense', '<testsuites name="x">'])('a document that is none (%j) → refused', (text) => expect(() => new MergedJunit().suitesOf(text)).toThrow(/JUnit document/));
});
