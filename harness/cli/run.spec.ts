import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { XMLParser } from 'fast-xml-parser';
import { descendantsOf } from '../lab/index.js';

const main = fileURLToPath(new URL('../../dist/harness/cli/main.js', import.meta.url));
const prebuilt = (name: string): string => fileURLToPath(new URL(`../../firmware-fixtures/prebuilt/${name}`, import.meta.url));
jest.setTimeout(120_000);

interface RunDocument {
  verdict: string;
  passed: number;
  failed: number;
  bench: number;
  skipped: number;
  board: { name: string; kit: string; virtual: boolean };
  configuration: object;
  reportDir: string;
  junit: string;
}
interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  document: RunDocument;
}

describe('rot-hil run', () => {
  let runtime: string;
  let folder: string;
  beforeAll(() => {
    if (!existsSync(main)) throw new Error('build first: npm run build');
    runtime = mkdtempSync(join(tmpdir(), 'rot-hil-rt-'));
  });
  afterAll(() => {
    rmSync(runtime, { recursive: true, force: true });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-cli-'));
  });
  afterEach(async () => {
    expect(await boards()).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  // A signal sent to this process alone is what a service manager does; a terminal's Ctrl-C reaches nobody else either,
  // as everything else has a process group of its own.
  const start = (args: readonly string[]) =>
    execa(process.execPath, [main, ...args], { cwd: folder, reject: false, stdin: 'ignore', env: { ROT_HIL_RUNTIME_DIR: runtime, NODE_OPTIONS: '', NO_COLOR: '1' } });

  async function run(...args: string[]): Promise<Ended> {
    const { exitCode, stdout, stderr } = await start(['run', '--json', ...args]);
    return { exitCode, stdout, stderr, document: JSON.parse(stdout || 'null') as RunDocument };
  }
  async function boards(): Promise<{ name: string; pid: number; probe: { sn: string }; console: string; toolDirectory: string }[]> {
    const { stdout } = await start(['virtual', 'list', '--json']);
    return JSON.parse(stdout) as never;
  }
  const suite = (name: string, body: string): string => {
    writeFileSync(join(folder, `${name}.hil.ts`), `import { expect, it } from '@jest/globals';\nimport { board, skip } from 'rot-hil';\n${body}`);
    return `${name}.hil.ts`;
  };
  const junitCases = (): { name: string; failure?: object; error?: object; skipped?: object }[] => {
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray: (name) => ['testsuite', 'testcase'].includes(name) });
    const document = parser.parse(readFileSync(join(folder, 'reports/junit.xml'), 'utf8')) as { testsuites: { testsuite: { testcase?: never[] }[] } };
    return document.testsuites.testsuite.flatMap((one) => one.testcase ?? []);
  };
  async function until<T>(what: () => Promise<T | undefined> | T | undefined): Promise<T> {
    for (let i = 0; i < 300; i++) {
      const found = await what();
      if (found !== undefined) return found;
      await delay(50);
    }
    throw new Error('it did not come');
  }
  /** An ended process that nobody has collected yet does not live. */
  const lives = (pid: number): boolean => {
    try {
      if (existsSync('/proc/self/stat')) return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  /** A board that has been told to wait for what never comes. */
  const waiting = `it('waits', async () => { await board.console.waitFor(/never/, { withinMs: 60_000 }); }); it('comes later', () => {});`;
  const recordHolds = (pattern: RegExp): boolean => {
    const reports = join(folder, 'reports');
    const runs = existsSync(reports) ? readdirSync(reports).filter((name) => existsSync(join(reports, name, 'record.jsonl'))) : [];
    return runs.some((name) => pattern.test(readFileSync(join(reports, name, 'record.jsonl'), 'utf8')));
  };

  it('a suite of the user that passes and skips → exit 0, one JSON document, one XML file, nothing left behind', async () => {
    const file = suite('mine', `it('kit', () => { expect(board.kit.id).toBe('stm32h7s78-dk'); }); it('no', () => { skip('not on this kit'); });`);
    const { exitCode, stdout, document } = await run(file);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toHaveLength(1);
    expect(document).toEqual({
      verdict: 'passed',
      passed: 1,
      failed: 0,
      bench: 0,
      skipped: 1,
      overhead: { tests: 1, medianMs: expect.any(Number), p95Ms: expect.any(Number), maxMs: expect.any(Number) },
      board: expect.objectContaining({ name: 'stm32h7s78-dk', kit: 'stm32h7s78-dk', virtual: true }),
      configuration: { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' },
      reportDir: expect.stringContaining(join(folder, 'reports')),
      junit: join(folder, 'reports', 'junit.xml'),
    });
    const xml = readdirSync(join(folder, 'reports'), { recursive: true }).filter((name) => String(name).endsWith('.xml'));
    expect(xml).toEqual(['junit.xml']);
    expect(junitCases().map((one) => [one.name, one.skipped])).toEqual([['kit', undefined], ['no', { message: 'not on this kit' }]]);
    const again = await run(file);
    expect(again.document.reportDir).not.toBe(document.reportDir);
    expect(junitCases()).toHaveLength(2);
  });

  it('a failing test → exit 1; a record drawn again by `report` → the same counts', async () => {
    const { exitCode, document } = await run(suite('fails', `it('one is two', () => { expect(1).toBe(2); }); it('good', () => {});`));
    expect({ exitCode, ...document }).toMatchObject({ exitCode: 1, verdict: 'failed', passed: 1, failed: 1 });
    expect(junitCases()[0].failure).toMatchObject({ type: 'failure' });
    const report = await start(['report', document.reportDir, '--report', join(folder, 'again'), '--json']);
    expect(report.exitCode).toBe(1);
    expect(JSON.parse(report.stdout)).toMatchObject({ verdict: 'failed', runs: [{ verdict: 'failed', passed: 1, failed: 1 }] });
    expect(readFileSync(join(folder, 'again/junit.xml'), 'utf8')).toBe(readFileSync(document.junit, 'utf8'));
  });

  it.each([
    ['every test skipped', `it.skip('a', () => {}); it('b', () => { skip('never'); });`, 'every test was skipped'],
    ['no test in the file', ``, 'must contain at least one test'],
  ])('%s → not green: exit 1 with the reason', async (_what, body, reason) => {
    const { exitCode, document, stderr } = await run(suite('empty', body));
    expect({ exitCode, verdict: document.verdict }).toEqual({ exitCode: 1, verdict: 'failed' });
    expect(stderr).toContain(reason);
  });

  it('--repeat 2 → each test twice, in suites of their own names', async () => {
    const { exitCode, document } = await run('--repeat', '2', suite('mine', `it('a', () => {});`));
    expect({ exitCode, passed: document.passed }).toEqual({ exitCode: 0, passed: 2 });
    expect(readFileSync(document.junit, 'utf8')).toContain('mine.hil.ts (repetition 2)');
  });

  it.each([
    [['--board', 'nucleo-h7s3l8', '--exec', 'EXT-RAM'], 'NUCLEO-H7S3L8 has no external RAM', 'oemirot/overwrite/xip'],
    [['bot'], 'did you mean boot', 'boot'],
    [['--board', 'stm32h7s87-dk'], 'did you mean stm32h7s78-dk', '--probe-sn'],
    [['--app', 'nowhere.elf'], 'cannot read the application nowhere.elf', '--app'],
    [['--console', '/dev/null'], 'needs both --probe-sn and --console', 'rot-hil boards'],
  ])('%j → exit 2, what is wrong and what to do', async (args, message, next) => {
    const { exitCode, document } = await run(...args);
    const { error } = document as unknown as { error: { kind: string; message: string; nextStep: string } };
    expect({ exitCode, kind: error.kind }).toEqual({ exitCode: 2, kind: 'usage' });
    expect(error.message).toContain(message);
    expect(error.nextStep).toContain(next);
  });

  it('the tool is missing → exit 3 with what to install', async () => {
    const { exitCode, document } = await run('--board', 'desk', '--kit', 'stm32h7s78-dk', '--probe-sn', '00', '--console', '/dev/null', '--rot', prebuilt('oemirot-placeholder.bin'), '--tool', '/nowhere');
    expect({ exitCode, document }).toMatchObject({ exitCode: 3, document: { error: { code: 'tool-missing', kind: 'bench', nextStep: expect.stringContaining('install STM32CubeProgrammer') } } });
  });

  it('another run has the board → exit 3 before anything is touched, and the refusal names the holder', async () => {
    const { stdout } = await start(['virtual', 'start', '--kit', 'stm32h7s78-dk', '--name', 'busy', '--json']);
    const holderFile = join(folder, 'hold.hil.ts');
    writeFileSync(holderFile, `import { it } from '@jest/globals';\nimport { board } from 'rot-hil';\n${waiting}`);
    const holder = start(['run', '--board', 'busy', 'hold.hil.ts', '--report', join(folder, 'holder')]);
    try {
      await until(() => (existsSync(join(folder, 'holder')) && readdirSync(join(folder, 'holder')).some((name) => /suite-started/.test(readFileSync(join(folder, 'holder', name, 'record.jsonl'), 'utf8'))) ? true : undefined));
      await delay(1500);
      const { exitCode, document } = await run('--board', 'busy', suite('mine', `it('kit', () => { board.kit.id; });`));
      expect({ exitCode, document }).toMatchObject({ exitCode: 3, document: { error: { code: 'lease-held', kind: 'bench', message: expect.stringContaining(String(holder.pid)) } } });
    } finally {
      holder.kill('SIGINT');
      await holder;
      expect(JSON.parse(stdout)).toMatchObject({ name: 'busy' });
      await start(['virtual', 'stop', 'busy']);
    }
  });

  it.each([
    ['an application that never prints', 'app-silent.elf', /silent|printed nothing/],
    ['an application that resets for ever', 'app-reset-loop.elf', /reset loop|started \d+ times/],
  ])('%s → exit 3, the tests after it are not run, the reason tells it', async (_what, elf, reason) => {
    const file = suite(
      'boot',
      `it('boots', async () => { await board.provision({ image: board.signApplication(${JSON.stringify(prebuilt(elf))}, { version: '1.0.0' }) }); await board.boot({ withinMs: 3000 }); });
       it('later', () => {});`,
    );
    const { exitCode, document } = await run(file);
    expect({ exitCode, bench: document.bench }).toEqual({ exitCode: 3, bench: 2 });
    expect(JSON.stringify(junitCases()[0].error)).toMatch(reason);
    expect(JSON.stringify(junitCases()[1].error)).toContain('not run');
  });

  it('the board dies in the middle of a test → exit 3 within seconds, its test and all after it bench', async () => {
    const going = start(['run', '--json', suite('long', waiting)]);
    const { pid } = await until(async () => (await boards())[0]);
    await until(() => (recordHolds(/"suite-started"/) ? true : undefined));
    await delay(1500);
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    const { exitCode, stdout } = await going;
    expect(Date.now() - killedAt).toBeLessThan(10_000);
    expect({ exitCode, ...(JSON.parse(stdout) as RunDocument) }).toMatchObject({ exitCode: 3, verdict: 'bench', passed: 0, bench: 2 });
    expect(JSON.stringify(junitCases()[0].error)).toContain('console');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle of a test → everything ended, exit by the shell\'s convention, the reports say so', async (signal) => {
    const going = start(['run', suite('long', waiting)]);
    await until(() => (recordHolds(/"suite-started"/) ? true : undefined));
    await delay(1000);
    const started = descendantsOf(going.pid ?? 0);
    expect(started.length).toBeGreaterThan(0);
    going.kill(signal);
    const { exitCode, stdout } = await going;
    expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(stdout).toContain('BENCH: interrupted');
    await until(() => (started.some(lives) ? undefined : true));
  });

  it('the run itself is killed → the board and the test process end by themselves', async () => {
    const going = start(['run', suite('long', waiting)]);
    await until(() => (recordHolds(/"suite-started"/) ? true : undefined));
    await delay(1000);
    const started = descendantsOf(going.pid ?? 0);
    expect(started.length).toBeGreaterThan(0);
    going.kill('SIGKILL');
    await going;
    await until(async () => ((await boards()).length === 0 ? true : undefined));
    await until(() => (started.some(lives) ? undefined : true));
  });
});
