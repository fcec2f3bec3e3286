import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sharedClock } from '../units/shared-clock.js';
import { readRecord, type RecordEvent, type SuiteFailed, type TestEnded } from '../record/index.js';

/** What is used of the built `lab/`, which starts Jest. */
interface Lab {
  jestCommand(options: { runFolder: string; environment: string; cacheFolder: string; testTimeoutMs: number }, suites: readonly string[]): string[];
  runProcess(options: { command: readonly string[]; cwd: string; env: Record<string, string>; outputPath: string; deadlineMs: number }): Promise<{ ended: string }>;
}

// Jest loads environments outside of its own transforms: the built package is what is tested here.
const dist = fileURLToPath(new URL('../../dist/harness', import.meta.url));

describe('environment of board suites', () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    if (!existsSync(join(dist, 'jest/board-environment.js'))) throw new Error('build first: npm run build');
    lab = (await import(pathToFileURL(join(dist, 'lab/index.js')).href)) as Lab;
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-jest-'));
    mkdirSync(join(folder, 'node_modules/rot-hil/suites'), { recursive: true });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** A board made of three lines of JavaScript: it counts how often it is opened and closed, and prints a line per call. */
  const fakeBoard = (openFails = '', boardSpeed?: number): string => `
    import { appendFileSync } from 'node:fs';
    import { boardEnvironment } from ${JSON.stringify(pathToFileURL(join(dist, 'jest/board-environment.js')).href)};
    import { HarnessError } from ${JSON.stringify(pathToFileURL(join(dist, 'errors/index.js')).href)};
    const told = (text) => appendFileSync(${JSON.stringify(join(folder, 'told.log'))}, text + ' ');
    const fault = (message) => new HarnessError({ code: 'port-gone', kind: 'bench', message, nextStep: 'plug it in' });
    export default boardEnvironment(async (run) => {
      told('open');
      if (${JSON.stringify(openFails)}) throw fault(${JSON.stringify(openFails)});
      class Session {
        #calls = 0;
        async hello() { this.#calls++; told('hello'); run.record.printed({ at: run.now(), text: 'hello ' + this.#calls }); return this.#calls; }
        async unplug() { throw new Error('request failed', { cause: new AggregateError([fault('the port is gone')]) }); }
        async refuse() { throw new HarnessError({ code: 'answer', kind: 'subject', message: 'the firmware refused', nextStep: 'look at it' }); }
      }
      return { session: new Session(), ...(${JSON.stringify(boardSpeed)} === undefined ? {} : { boardNow: () => performance.now() * ${JSON.stringify(boardSpeed)} }), close: async () => told('close') };
    });`;

  async function run(suites: Record<string, string>, openFails?: string, boardSpeed?: number): Promise<{ events: readonly RecordEvent[]; tests: TestEnded[]; told: string[] }> {
    const runFolder = join(folder, 'run');
    mkdirSync(runFolder);
    writeFileSync(join(folder, 'fake.mjs'), fakeBoard(openFails, boardSpeed));
    const files: Record<string, string> = {};
    for (const [name, body] of Object.entries(suites)) {
      writeFileSync(join(folder, name), `import { describe, expect, it, beforeAll, afterAll, beforeEach } from '@jest/globals';\nimport { board, skip } from 'rot-hil';\n${body}`);
      files[join(folder, name)] = name;
    }
    const recordPath = join(runFolder, 'record.jsonl');
    writeFileSync(join(runFolder, 'run.json'), JSON.stringify({ schema: 1, session: {}, recordPath, consoleLogPath: join(runFolder, 'console.log'), toolLogPath: join(runFolder, 'tool.log'), repetition: 1, startedAt: sharedClock(), suites: files }));
    const output = join(runFolder, 'jest.log');
    const result = await lab.runProcess({
      command: lab.jestCommand({ runFolder, environment: join(folder, 'fake.mjs'), cacheFolder: join(folder, 'jest'), testTimeoutMs: 2000 }, Object.keys(files)),
      cwd: folder,
      env: { ROT_HIL_RUN_FILE: join(runFolder, 'run.json'), NODE_OPTIONS: '' },
      outputPath: output,
      deadlineMs: 60_000,
    });
    expect(result.ended).toBe('exit');
    const { events, problems } = readRecord(recordPath);
    if (events.length === 0) throw new Error(readFileSync(output, 'utf8'));
    expect(problems).toEqual([]);
    return {
      events,
      tests: events.filter((event): event is TestEnded => event.event === 'test-ended'),
      told: existsSync(join(folder, 'told.log')) ? readFileSync(join(folder, 'told.log'), 'utf8').trim().split(' ') : [],
    };
  }
  const verdicts = (tests: readonly TestEnded[]): string[] => tests.map((test) => `${test.title}: ${test.verdict}`);

  it('two suites, one outside of any package and one below node_modules/rot-hil → one session, closed at the end, console per test', async () => {
    const { events, tests, told } = await run({
      'z.hil.ts': `it('first', async () => { const calls: number = await board.hello(); expect(calls).toBe(1); });`,
      'node_modules/rot-hil/suites/a.hil.ts': `describe('outer', () => { describe('inner', () => { it('second', async () => { expect(await board.hello()).toBe(2); expect(await board.hello()).toBe(3); }); }); });`,
    });
    expect(events.map((event) => event.event)).toEqual(['suite-started', 'test-started', 'console', 'test-ended', 'suite-ended', 'suite-started', 'test-started', 'console', 'console', 'test-ended', 'suite-ended']);
    expect(verdicts(tests)).toEqual(['first: passed', 'second: passed']);
    expect(tests.map((test) => test.suite)).toEqual(['z.hil.ts', 'node_modules/rot-hil/suites/a.hil.ts']);
    expect(tests[1].ancestors).toEqual(['outer', 'inner']);
    const consoleOf = (event: RecordEvent): string[] => (event.event === 'console' ? event.lines.map((line) => line.text) : []);
    expect(events.flatMap(consoleOf)).toEqual(['hello 1', 'hello 2', 'hello 3']);
    expect(told).toEqual(['open', 'hello', 'hello', 'hello', 'close']);
  });

  it('assertion, error of the subject, skip, todo, skip with a reason → failed, failed, skipped', async () => {
    const { tests } = await run({
      'kinds.hil.ts': `
        it('assertion', () => { expect(1).toBe(2); });
        it('subject', async () => { await board.refuse(); });
        it.skip('marked', () => {});
        it.todo('open');
        it('reason', () => { skip('this kit has no external RAM'); });
        it('good', async () => { await board.hello(); });`,
    });
    expect(verdicts(tests).sort()).toEqual(['assertion: failed', 'good: passed', 'marked: skipped', 'open: skipped', 'reason: skipped', 'subject: failed']);
    const messages = (title: string): string => tests.find((test) => test.title === title)?.messages.join('\n') ?? '';
    expect(messages('assertion')).toContain('Expected: 2');
    expect(messages('assertion')).toContain('at kinds.hil.ts:4:');
    expect(messages('assertion')).not.toContain('\x1b');
    expect(messages('subject')).toContain('the firmware refused\nnext: look at it');
    expect(messages('reason')).toBe('this kit has no external RAM');
  });

  it('skips of a file and of a block within it, a skip and a failure → skipped for the outermost reason, failed', async () => {
    const { tests } = await run({
      'nested.hil.ts': `
        beforeAll(() => { skip('no external RAM'); });
        describe('block', () => { beforeAll(() => { skip('no cipher'); }); it('both', () => {}); });
        describe('broken', () => { beforeAll(() => { throw new Error('broken'); }); it('one of them fails', () => {}); });`,
    });
    expect(tests.map(({ title, verdict, messages }) => [title, verdict, messages[0]])).toEqual([
      ['both', 'skipped', 'no external RAM'],
      ['one of them fails', 'failed', expect.stringContaining('no external RAM')],
    ]);
  });

  it('a bench fault inside an AggregateError inside a cause → bench, and no later test, hook or suite touches the board', async () => {
    const { tests, told } = await run({
      'one.hil.ts': `
        it('good', async () => { await board.hello(); });
        it('unplugged', async () => { await board.unplug(); });
        describe('later', () => { beforeAll(async () => { await board.hello(); }); it('withheld', async () => { await board.hello(); }); it.skip('marked', () => {}); });`,
      'two.hil.ts': `beforeAll(async () => { await board.hello(); }); it('withheld too', async () => { await board.hello(); });`,
    });
    expect(verdicts(tests)).toEqual(['good: passed', 'unplugged: bench', 'withheld: bench', 'marked: skipped', 'withheld too: bench']);
    expect(tests[1].messages[0]).toContain('caused by: the port is gone');
    expect(tests[2].messages).toEqual(['not run: the port is gone\nnext: plug it in']);
    expect(told).toEqual(['open', 'hello', 'close']);
  });

  it('a bench fault in beforeAll → its tests are bench, not failed', async () => {
    const { tests } = await run({ 'hook.hil.ts': `beforeAll(async () => { await board.unplug(); }); it('a', () => {}); it('b', () => {});` });
    expect(verdicts(tests)).toEqual(['a: bench', 'b: bench']);
  });

  it.each([
    ['a bench fault in afterAll', `afterAll(async () => { await board.unplug(); }); it('a', () => {});`, 'bench', 'caused by: the port is gone'],
    ['an afterAll that finds the board quarantined', `describe('d', () => { it('a', async () => { await board.unplug(); }); afterAll(async () => { await board.hello(); }); });`, 'bench', 'the board is not used any more: the port is gone\nnext: plug it in'],
    ['an error of the suite beside a bench fault', `afterAll(() => { throw new Error('left behind'); }); afterAll(async () => { await board.unplug(); }); it('a', () => {});`, 'failed', 'left behind'],
  ])('%s → named as a suite failed by what it was', async (_what, body, kind, message) => {
    const { events } = await run({ 'hook.hil.ts': body });
    const failed = events.filter((event): event is SuiteFailed => event.event === 'suite-failed');
    expect(failed).toMatchObject([{ suite: 'hook.hil.ts', kind }]);
    expect(failed[0].message).toContain(message);
  });

  it('a board that cannot be opened → every test bench with the reason; the suites are still listed', async () => {
    const { tests, told } = await run({ 'any.hil.ts': `it('a', async () => { await board.hello(); }); it('b', () => {});` }, 'no probe found');
    expect(verdicts(tests)).toEqual(['a: bench', 'b: bench']);
    expect(tests[0].messages[0]).toContain('no probe found');
    expect(told).toEqual(['open']);
  });

  it('a test that never ends → bench after its time-out, and nothing after it touches the board', async () => {
    const { tests, told } = await run({ 'stuck.hil.ts': `it('stuck', () => new Promise(() => {}), 300); it('next', async () => { await board.hello(); });` });
    expect(verdicts(tests)).toEqual(['stuck: bench', 'next: bench']);
    expect(told).toEqual(['open', 'close']);
    expect(tests[1].messages[0]).toContain('every wait on the board');
  });

  it('the same on a board whose clock goes slower than the wall → the tests after it say how slow, and what to do', async () => {
    const { tests } = await run({ 'stuck.hil.ts': `it('first', async () => { await board.hello(); }); it('stuck', () => new Promise(() => {}), 300); it('next', async () => { await board.hello(); });` }, '', 0.1);
    expect(verdicts(tests)).toEqual(['first: passed', 'stuck: bench', 'next: bench']);
    expect(tests[1].messages[1]).toContain('clock went on by 0.0 s');
    expect(tests[2].messages[0]).toMatch(/clock went on by 0\.0 s in 0\.\d s\nnext: an application that polls/);
  });

  it('errors that come behind the back of a test → none of them is green', async () => {
    const { tests, events } = await run({
      'rejected.hil.ts': `it('rejects', () => { void Promise.reject(new Error('nobody waits')); }); it('good', async () => { await new Promise((done) => setTimeout(done, 100)); });`,
      'late.hil.ts': `it('throws later', () => { setTimeout(() => { throw new Error('too late'); }, 20); }); it('good', async () => { await new Promise((done) => setTimeout(done, 100)); });`,
    });
    expect(verdicts(tests)).toEqual(['rejects: failed', 'good: passed', 'throws later: passed', 'good: passed']);
    const broken = events.filter((event): event is SuiteFailed => event.event === 'suite-failed');
    expect(broken).toMatchObject([{ suite: 'late.hil.ts', kind: 'failed' }]);
    expect(broken[0].message).toContain('after the end of the test "throws later": too late');
  });

  it('a timer that is left running → the process ends all the same, the board put away', async () => {
    const { tests, told } = await run({ 'timer.hil.ts': `it('a', () => { setInterval(() => {}, 1000); });` });
    expect(verdicts(tests)).toEqual(['a: passed']);
    expect(told).toEqual(['open', 'close']);
  });

  it('a suite that ends the process with status 0 → its end is missing in the record', async () => {
    const { events } = await run({ 'exits.hil.ts': `it('a', () => {}); it('b', () => { process.exit(0); });` });
    expect(events.map((event) => event.event)).toEqual(['suite-started', 'test-started', 'test-ended', 'test-started']);
  });

  it('a suite file with a syntax error, and one with a failing afterAll → named as failed suites', async () => {
    const { events } = await run({
      'broken.hil.ts': `it('a', () => { const = 1; });`,
      'hook.hil.ts': `afterAll(() => { throw new Error('left behind'); }); it('a', () => {});`,
    });
    const failed = events.filter((event): event is SuiteFailed => event.event === 'suite-failed');
    expect(failed.map(({ suite, kind }) => ({ suite, kind }))).toEqual([
      { suite: 'broken.hil.ts', kind: 'failed' },
      { suite: 'hook.hil.ts', kind: 'failed' },
    ]);
    expect(failed[1].message).toContain('left behind');
  });
});
