import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { RecordEvent, RunStarted, TestEnded } from '../record/index.js';
import { judge, junitXml, summarize, textSummary, verdictOf } from './index.js';
import { junitObjections } from './testing/junit-rules.js';

const time = '2026-01-02T03:04:05.000Z';
const started: RunStarted = {
  event: 'run-started',
  schema: 1,
  time,
  run: '20260102-030405',
  board: { name: 'desk & co', kit: 'stm32h7s78-dk', probeSn: '004200233133510937363734', virtual: false },
  configuration: { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' },
  application: { path: 'app.elf', sha256: 'ab'.repeat(32), version: '1.0.0' },
  seed: 7,
  tool: { name: 'STM32CubeProgrammer', version: '2.18.0' },
  harness: { version: '0.1.0', node: 'v20.19.0' },
};
const test = (more: Partial<TestEnded>): TestEnded => ({
  event: 'test-ended',
  time,
  repetition: 1,
  suite: 'suites/boot.hil.ts',
  ancestors: ['reset'],
  title: 'reset → banner',
  verdict: 'passed',
  durationMs: 1500,
  messages: [],
  ...more,
});
const suiteStarted = (suite: string): RecordEvent => ({ event: 'suite-started', time, repetition: 1, suite });

interface Parsed {
  testsuites: Record<string, string> & { testsuite: Suite[] };
}
type Suite = Record<string, string> & { properties: { property: { name: string; value: string }[] }; testcase: (Record<string, string> & { failure?: unknown; error?: unknown; skipped?: unknown })[] };

function parse(xml: string): Parsed['testsuites'] {
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', trimValues: false, parseTagValue: false, parseAttributeValue: false, isArray: (name) => ['testsuite', 'testcase', 'property'].includes(name), htmlEntities: true });
  return (parser.parse(xml) as Parsed).testsuites;
}

/** What Jenkins' and GitLab's readers rely on. */
function expectConsumable(xml: string): void {
  expect(junitObjections(xml)).toEqual([]);
}

describe('JUnit', () => {
  const events: RecordEvent[] = [
    started,
    suiteStarted('suites/boot.hil.ts'),
    test({ console: [{ at: 1234.5, text: 'hello <world> & ]]> \x07' }] }),
    test({ title: 'wrong VTOR', verdict: 'failed', messages: ['Expected: 1\nReceived: 2', 'afterEach failed'] }),
    test({ title: 'port gone', verdict: 'bench', messages: ['the console was lost'] }),
    test({ title: 'no RAM', verdict: 'skipped', messages: ['this kit has no external RAM'] }),
    suiteStarted('suites/broken.hil.ts'),
    { event: 'suite-failed', time, repetition: 1, suite: 'suites/broken.hil.ts', kind: 'failed', message: 'SyntaxError: x' },
  ];
  const xml = junitXml([summarize(events)]);

  it('a run with every verdict → counts, names and outcomes that consumers can rely on', () => {
    expectConsumable(xml);
    const [boot, broken] = parse(xml).testsuite;
    expect(boot).toMatchObject({ name: 'suites/boot.hil.ts', tests: '4', failures: '1', errors: '1', skipped: '1' });
    expect(boot.testcase.map((one) => one.name)).toEqual(['reset › reset → banner', 'reset › wrong VTOR', 'reset › port gone', 'reset › no RAM']);
    expect(new Set(boot.testcase.map((one) => one.classname))).toEqual(new Set(['suites/boot.hil.ts']));
    expect(boot.testcase[0].time).toBe('1.5');
    expect(broken.testcase).toHaveLength(1);
    expect(broken.testcase[0]).toMatchObject({ name: 'the suite runs to its end', failure: { message: 'SyntaxError: x' } });
  });

  it('assertion, bench fault, skip → <failure>, <error>, <skipped>, each with its message', () => {
    const [, failed, bench, skipped] = parse(xml).testsuite[0].testcase;
    expect(failed.failure).toEqual({ '#text': expect.stringContaining('Received: 2\n\nafterEach failed'), message: 'Expected: 1', type: 'failure' });
    expect(bench.error).toMatchObject({ message: 'the console was lost', type: 'bench' });
    expect(skipped.skipped).toEqual({ message: 'this kit has no external RAM' });
  });

  it('the configuration of the run → properties of each suite', () => {
    for (const suite of parse(xml).testsuite) {
      expect(Object.fromEntries(suite.properties.property.map(({ name, value }) => [name, value]))).toMatchObject({
        'board.kit': 'stm32h7s78-dk',
        'board.name': 'desk & co',
        'probe.sn': '004200233133510937363734',
        'boot.path': 'oemirot',
        'boot.mode': 'overwrite',
        'boot.exec': 'ext-ram',
        virtual: 'false',
        'app.sha256': 'ab'.repeat(32),
        'tool.version': 'STM32CubeProgrammer 2.18.0',
      });
    }
  });

  it('console with markup and a control character → the same text in <system-out>, the character spelt out', () => {
    expect(parse(xml).testsuite[0].testcase[0]['system-out']).toContain('[   1.234] hello <world> & ]]> \\x07');
  });

  it('two tests of one title, and a repetition → names stay unique', () => {
    const twice = junitXml([summarize([started, test({}), test({}), test({ repetition: 2 }), { event: 'run-ended', time, verdict: 'passed', reason: '', durationMs: 1 }])]);
    expectConsumable(twice);
    expect(parse(twice).testsuite.map((suite) => [suite.name, ...suite.testcase.map((one) => one.name)])).toEqual([
      ['suites/boot.hil.ts', 'reset › reset → banner', 'reset › reset → banner (2)'],
      ['suites/boot.hil.ts (repetition 2)', 'reset › reset → banner'],
    ]);
  });

  it('titles that look like templates of jest-junit → unchanged', () => {
    const [suite] = parse(junitXml([summarize([started, test({ ancestors: [], title: "{title} $& $' {classname}" })])])).testsuite;
    expect(suite.testcase[0].name).toBe("{title} $& $' {classname}");
  });

  it('any text in any place → a well-formed document', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const document = junitXml([summarize([started, test({ title: `t${a}`, suite: `s${b}`, verdict: 'failed', messages: [b], console: [{ at: 0, text: a }] })])]);
        expectConsumable(document);
      }),
      { numRuns: 200 },
    );
  });

  it('a record without its first line → still a document', () => {
    expectConsumable(junitXml([summarize([test({})])]));
  });
});

describe('rules for JUnit files', () => {
  const good = junitXml([summarize([started, test({ verdict: 'failed', messages: ['m'] }), test({ title: 'two' })])]);

  it.each([
    ['a missing name', 'name="reset › two"', '', '<testcase> without name'],
    ['an attribute that is not in the schema', '<testsuites ', '<testsuites skipped="0" ', '<testsuites> with skipped'],
    ['a wrong sum', 'tests="2"', 'tests="3"', 'tests is 3, counted 2'],
    ['two tests of one name', 'reset › two', 'reset › reset → banner', 'two tests of one name'],
    ['an outcome at the wrong place', '<properties>', '<failure/><properties>', '<failure> in <testsuite>'],
    ['a time that is none', 'time="1.5"', 'time="1,5 s"', 'with the time 1,5 s'],
    ['a second outcome', '</failure>', '</failure><skipped/>', 'more than one outcome'],
    ['a broken tag', '</failure>', '', 'not well-formed'],
  ])('%s → named; without it → no objection', (_what, from, to, objection) => {
    expect(junitObjections(good)).toEqual([]);
    const bad = good.replace(from, to);
    expect(bad).not.toBe(good);
    expect(junitObjections(bad).join('\n')).toContain(objection);
  });
});

describe('a run as its record tells it', () => {
  const began = (title: string): RecordEvent => ({ event: 'test-started', time, repetition: 1, suite: 'suites/boot.hil.ts', ancestors: ['reset'], title });
  const printed = (...texts: string[]): RecordEvent => ({ event: 'console', lines: texts.map((text, at) => ({ at, text })) });
  const step: RecordEvent = { event: 'step', time, name: 'provision', detail: 'd' };

  it('events before, in and between tests → each with its test, the others with the suite', () => {
    const { suites, counts } = summarize([started, suiteStarted('suites/boot.hil.ts'), step, printed('set-up'), began('one'), printed('in one'), test({ title: 'one' }), printed('between'), began('two'), step, test({ title: 'two' })]);
    const [{ tests, around }] = suites;
    expect(around.console.map(({ text }) => text)).toEqual(['set-up', 'between']);
    expect(around.steps).toHaveLength(1);
    expect(tests.map(({ title, console, steps }) => [title, console.map(({ text }) => text), steps.length])).toEqual([['one', ['in one'], 0], ['two', [], 1]]);
    expect(counts).toEqual({ passed: 2, failed: 0, bench: 0, skipped: 0 });
  });

  it('a record that ends in the middle of a test → the test is there, with its console, as a bench fault', () => {
    const summary = summarize([started, suiteStarted('suites/boot.hil.ts'), began('one'), test({ title: 'one' }), began('two'), printed('last words')]);
    expect(summary.counts).toEqual({ passed: 1, failed: 0, bench: 1, skipped: 0 });
    expect(summary.suites[0].tests[1]).toMatchObject({ title: 'two', verdict: 'bench', messages: ['the run ended in the middle of this test'], console: [{ text: 'last words' }] });
    expect(verdictOf(summary)).toEqual({ verdict: 'bench', reason: expect.stringContaining('not finished') });
    expectConsumable(junitXml([summary]));
  });

  it('a record of the older form, console in the end of the test → the same', () => {
    expect(summarize([{ ...started, schema: 1 }, test({ console: [{ at: 1, text: 'hello' }] })]).suites[0].tests[0].console).toEqual([{ at: 1, text: 'hello' }]);
  });

  it('waits for the board told with each test → what the passed ones took beyond them, in the text; none told → nothing said', () => {
    const timed = (durationMs: number, waitedMs: number | undefined, verdict: TestEnded['verdict'] = 'passed'): RecordEvent => test({ title: `t${durationMs}`, verdict, durationMs, ...(waitedMs === undefined ? {} : { waitedMs }) });
    const text = (...tests: readonly RecordEvent[]): string => textSummary(summarize([started, ...tests]), { colour: false });
    expect(text(timed(10, undefined))).not.toMatch(/overhead/);
    expect(text(timed(100, 90), timed(200, 170), timed(300, 250), timed(5000, 0, 'failed'), timed(9, undefined))).toMatch(/^overhead +median 30 ms a test beyond the board and its tool, 95 % within 50 ms, at most 50 ms$/m);
  });

  it('a suite in which everything was skipped beside one that ran → named as untested; nothing else in the run → told by the verdict', () => {
    const skipped = { ...test({ title: 'closed', verdict: 'skipped', messages: ['the board is open'] }), suite: 'suites/stirot.hil.ts' } as RecordEvent;
    expect(textSummary(summarize([started, test({}), skipped]), { colour: false })).toMatch(/^untested +stirot: every test skipped$/m);
    expect(textSummary(summarize([started, test({})]), { colour: false })).not.toMatch(/^untested/m);
    expect(textSummary(summarize([started, skipped]), { colour: false })).not.toMatch(/^untested/m);
  });

  it('two starts or more → their times in the text; one, or a root of trust that says nothing → none', () => {
    let starts = 1;
    const booted = (durationMs: number): RecordEvent => ({ event: 'booted', time, durationMs, version: '1.0.0', starts, jumped: true });
    const text = (...durations: readonly number[]): string => textSummary(summarize([started, suiteStarted('suites/boot.hil.ts'), booted(durations[0]!), began('one'), ...durations.slice(1).map(booted), test({ title: 'one' })]), { colour: false });
    expect(text(500, 400, 1600, 700)).toMatch(/^starts +4: 400 ms to 1\.60 s, median 600 ms$/m);
    expect(text(500)).not.toMatch(/^starts/m);
    starts = 0;
    expect(text(0, 0, 12)).not.toMatch(/^starts/m);
  });

  it('a fault that a suite provoked → said so in <system-err>, and the test stays green', () => {
    const xml = junitXml([summarize([started, began('one'), { event: 'fault', time, source: 'console', expected: true, summary: 'BusFault at main', report: ['BusFault at main', '  CFSR  0x00008200'] }, test({ title: 'one' })])]);
    expect(parse(xml).testsuite[0].testcase[0]).toMatchObject({ 'system-err': 'provoked by the suite: BusFault at main\n  CFSR  0x00008200' });
    expect(parse(xml).testsuite[0].testcase[0].failure).toBeUndefined();
    expectConsumable(xml);
  });

  it('a fault that was explained → in <system-err>, its sentence once', () => {
    const xml = junitXml([summarize([started, began('one'), { event: 'fault', time, source: 'console', summary: 'BusFault at main', report: ['BusFault at main', '  CFSR  0x00008200'] }, test({ title: 'one' })])]);
    expect(parse(xml).testsuite[0].testcase[0]['system-err']).toBe('BusFault at main\n  CFSR  0x00008200');
    expectConsumable(xml);
  });
});

describe('verdict of a run', () => {
  it.each([
    ['all passed', ['passed'], 'passed', ''],
    ['one failed', ['passed', 'failed', 'failed'], 'failed', '2 tests failed'],
    ['bench fault beside a failure', ['failed', 'bench', 'passed'], 'bench', '1 test without a result'],
    ['passed and skipped', ['passed', 'skipped'], 'passed', ''],
    ['all skipped', ['skipped', 'skipped'], 'failed', 'every test was skipped'],
    ['nothing ran', [], 'failed', 'no test ran'],
  ] as const)('%s → %s', (_name, verdicts, verdict, reason) => {
    const judged = judge(summarize([started, ...verdicts.map((one) => test({ verdict: one }))]));
    expect(judged).toEqual({ verdict, reason: expect.stringContaining(reason) });
  });

  const ended = (verdict: 'passed' | 'failed' | 'bench', reason = ''): RecordEvent => ({ event: 'run-ended', time, verdict, reason, durationMs: 1 });
  it.each([
    ['killed between two tests', [test({})], 'error', 'the run was not finished'],
    ['killed between two suites', [suiteStarted('suites/boot.hil.ts'), test({}), { event: 'suite-ended', time, repetition: 1, suite: 'suites/boot.hil.ts' }], 'error', 'the run was not finished'],
    ['killed before the first suite', [], 'error', 'the run was not finished'],
    ['killed where something had failed before', [test({ verdict: 'failed', messages: ['m'] })], 'error', 'the run was not finished'],
    ['interrupted between two tests', [test({}), ended('bench', 'interrupted')], 'error', 'interrupted'],
    ['all skipped', [test({ verdict: 'skipped' }), ended('failed', 'every test was skipped')], 'failure', 'every test was skipped'],
    ['nothing ran', [ended('failed', 'no test ran')], 'failure', 'no test ran'],
    ['an end that says passed behind a test that failed', [test({ verdict: 'failed', messages: ['m'] }), ended('passed')], 'failure', 'm'],
  ] as readonly (readonly [string, readonly RecordEvent[], 'failure' | 'error', string])[])('%s → not green in the JUnit file, with the reason', (_what, events, outcome, message) => {
    const xml = junitXml([summarize([started, ...events])]);
    expectConsumable(xml);
    expect(xml).toMatch(new RegExp(`<${outcome} message="${message}`));
    expect(verdictOf(summarize([started, ...events])).verdict).toBe(outcome === 'error' ? 'bench' : 'failed');
  });

  it('a run that passed, or whose failures its tests tell → nothing added', () => {
    expect(junitXml([summarize([started, test({}), ended('passed')])])).not.toContain('the run');
    expect(junitXml([summarize([started, test({ verdict: 'failed' }), ended('failed', '1 test failed')])])).not.toContain('the run');
  });

  it('a record with a line that cannot be read, the end says passed → bench, with the line', () => {
    const summary = summarize([started, test({}), ended('passed')], [{ line: 7, message: 'not JSON' }]);
    expect(verdictOf(summary)).toEqual({ verdict: 'bench', reason: 'the record is damaged: 1 line of it cannot be read, the first is line 7' });
    expect(junitXml([summary])).toContain('<error message="the record is damaged');
    expectConsumable(junitXml([summary]));
  });

  it('a suite that could not run → failed', () => {
    const summary = summarize([started, test({}), { event: 'suite-failed', time, repetition: 1, suite: 's', kind: 'failed', message: 'm' }]);
    expect(judge(summary).verdict).toBe('failed');
    expect(summary.counts).toEqual({ passed: 1, failed: 1, bench: 0, skipped: 0 });
  });
});

describe('summary for a terminal', () => {
  it('a run with failures → board, boot path, versions, counts, each failure with its reason, where the reports are', () => {
    const text = textSummary(
      summarize([
        started,
        test({}),
        test({ title: 'wrong VTOR', verdict: 'failed', messages: ['Expected: 1\nReceived: 2'] }),
        { event: 'run-ended', time, verdict: 'failed', reason: '1 test failed', durationMs: 12_340 },
      ]),
      { colour: false, files: ['JUnit    reports/junit.xml'] },
    );
    for (const part of ['desk & co (stm32h7s78-dk, probe 004200233133510937363734)', 'oemirot, overwrite, ext-ram', '1.0.0', '1 passed, 1 failed, 0 bench, 0 skipped', '12.3 s', 'failed suites/boot.hil.ts › reset › wrong VTOR', 'Received: 2', 'reports/junit.xml', 'FAILED: 1 test failed']) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('\x1b');
  });

  it('two tests that failed alike → both named', () => {
    const text = textSummary(summarize([started, test({ title: 'one', verdict: 'failed', messages: ['same'] }), test({ title: 'two', verdict: 'failed', messages: ['same'] })]), { colour: false });
    expect(text).toContain('› one');
    expect(text).toContain('› two');
  });

  it('many tests withheld after one bench fault → its message once, and one page', () => {
    const text = textSummary(summarize([started, ...Array.from({ length: 200 }, (_, n) => test({ title: `t${n}`, verdict: 'bench', messages: ['not run: the port is gone'] }))]), { colour: false });
    expect(text.split('the port is gone')).toHaveLength(2);
    expect(text.split('\n').length).toBeLessThan(30);
    expect(text).toContain('and 199 more');
  });
});
