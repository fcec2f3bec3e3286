import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { expect } from '@jest/globals';
import type { Ended, JunitCase } from './run-sandbox.js';
import { hang, hangs, prebuilt, RunSandbox } from './run-sandbox.js';

/** One way in which a bench fails, and what a whole run makes of it. */
export interface BenchFault {
  /** Those of one kind end in the same place of the product. */
  readonly kind: string;
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** Every test of `run` is without a result, and nothing of it looks like a fault of the firmware. */
function expectBench({ exitCode, document }: Ended, cases: readonly JunitCase[]): void {
  expect({ exitCode, verdict: document?.verdict, failed: document?.failed }).toEqual({ exitCode: 3, verdict: 'bench', failed: 0 });
  expect(cases.filter((one) => one.error !== undefined)).toHaveLength(document?.bench ?? -1);
  expect(cases.filter((one) => one.failure !== undefined)).toEqual([]);
}

/** An application of a few instructions, as an expression for a suite: vector table, then code at 0x70000440. */
const application = (...code: number[]): string => `Uint8Array.from(new Uint8Array(Uint16Array.from([0x7000, 0x3000, 0x0441, 0x7000, ...new Array(28).fill(0), ${code.join(', ')}]).buffer))`;
const boots = (source: string): string =>
  `it('boots', async () => { await board.provision({ image: board.signApplication(${source}, { version: '1.0.0' }) }); await board.boot({ withinMs: 2500 }); }, 60_000);
   it('comes later', () => { board.kit.id; });`;


const boardKilled = [
  ['while it is provisioned', /"name":"provision [2-9]/],
  ['between the tests', /"test-ended".*"verdict":"passed"/],
] as const;

const applications = [
  ['prints without end and never its banner', JSON.stringify(prebuilt('app-babble.elf')), 'no banner came', 'running', null],
  ['locks up: UDF without a handler', application(0xde00), 'printed nothing', 'stopped', /^lock-up at PC 0x/],
  // LDR R0, [PC, #4]; LDR R1, [R0]; B .; NOP; address of HASH_CR
  ['reads a block that the model lacks', application(0x4801, 0x6801, 0xe7fe, 0xbf00, 0x0400, 0x4802), 'printed nothing', 'stopped', /^HASH \+0x0 at 0x48020400 is not modelled/i],
] as const;

const provisions = `import { running } from 'rot-hil'; it('boots', async () => { await running(); }, 100_000); it('comes later', () => { board.kit.id; });`;

const tools = [
  ['prints an error and exits with 0', `echo 'Option Bytes successfully programmed'; echo 'Error: something new went wrong'`, /the tool failed: Error: something new went wrong/],
  ['prints garbage without a line end and exits with 0', `head -c 20000000 /dev/zero | tr '\\0' '\\301'`, /never said that it was done/],
  ['is lost after it was used', `rm "$0"; echo 'Option Bytes successfully programmed'`, /cannot be started \(ENOENT\)[^]*next: install STM32CubeProgrammer/],
] as const;

const consoles = [
  ['is not there', '/dev/rot-hil-none', /there is no serial port/],
  ['is no serial port', '/dev/null', /cannot be opened/],
] as const;

export const benchFaults: readonly BenchFault[] = [
  ...boardKilled.map(([when, moment]) => ({
    kind: 'board killed',
    title: `a board that is killed ${when} → bench within seconds, each test that is left an <error>, the next step told`,
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const going = sandbox.start('run', 'boot', '--json');
        await sandbox.recordHolds(moment);
        const killedAt = Date.now();
        process.kill(sandbox.boards()[0].pid, 'SIGKILL');
        const ended = await going.finish(killedAt);
        expect(ended.durationMs).toBeLessThan(15_000);
        expectBench(ended, sandbox.junit());
        expect(sandbox.junit()).toHaveLength((ended.document?.passed ?? 0) + (ended.document?.bench ?? 0));
        expect(ended.document?.board).toMatchObject({ state: 'gone', reason: expect.stringContaining('its process has ended') as unknown });
        expect(JSON.stringify(sandbox.junit().map((one) => one.error))).toMatch(/next: /);
      }),
  })),
  {
    kind: 'board hangs',
    title: 'a board that hangs in the middle of a test → bench, and the board is ended all the same',
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const file = sandbox.suite('long', `import { running } from 'rot-hil'; it('asks', async () => { await running(); for (;;) await board.app.identify(); }, 60_000); it('comes later', () => {});`);
        const going = sandbox.start('run', file, '--json');
        await sandbox.recordHolds(/provision 15/);
        await new Promise((done) => setTimeout(done, 2500));
        process.kill(sandbox.boards()[0].pid, 'SIGSTOP');
        const ended = await going.finish();
        expectBench(ended, sandbox.junit());
        expect(ended.document).toMatchObject({ bench: 2, board: { state: 'silent' } });
      }),
  },
  {
    kind: 'board empty',
    title: 'a board with nothing in its flash → bench, with what to check and what the board says',
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const ended = await sandbox.run(sandbox.suite('boot', `it('boots', async () => { await board.boot({ withinMs: 1000 }); }); it('comes later', () => {});`));
        expectBench(ended, sandbox.junit());
        expect(sandbox.junit()[0].error?.message).toContain('nothing came over the console within 1000 ms');
        expect(ended.stderr).toContain('check the power of the board');
        expect(ended.document?.board).toMatchObject({ state: 'empty', reason: 'its internal flash holds no program' });
      }),
  },
  ...applications.map(([what, source, message, state, reason]) => ({
    kind: 'application',
    title: `an application that ${what} → bench, and the reason that only the board knows`,
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const ended = await sandbox.run(sandbox.suite('boot', boots(source)));
        expectBench(ended, sandbox.junit());
        expect(sandbox.junit()[0].error?.message).toContain(message);
        expect(sandbox.junit()[1].error?.message).toContain('not run');
        expect(ended.document?.board).toMatchObject({ state, reason: reason === null ? null : expect.stringMatching(reason) as unknown });
        if (reason !== null) expect(ended.stderr).toContain(`the board is stopped: ${ended.document?.board.reason}`);
      }),
  })),
  ...tools.map(([what, commands, reason]) => ({
    kind: 'tool',
    title: `a tool that ${what} → bench with its reason`,
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const ended = await sandbox.run(sandbox.suite('boots', provisions), ...sandbox.bench(commands));
        expectBench(ended, sandbox.junit());
        expect(ended.stderr).toMatch(reason);
        expect(ended.stderr).toMatch(/step [12] of 15/);
      }),
  })),
  {
    kind: 'tool hangs',
    title: 'a tool that hangs with a child in the middle of provisioning → ended with the run at its time-out',
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const ended = await sandbox.run(sandbox.suite('boots', provisions), ...sandbox.bench(hang), '--timeout', '10');
        expect(sandbox.has(hangs)).toBe(true);
        expectBench(ended, sandbox.junit());
        expect(ended.stderr).toContain('took longer than its time-out');
      }),
  },
  {
    kind: 'tool hangs at once',
    title: 'a tool that hangs when it is asked for its version → exit 3 after its deadline, its child gone too',
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const options = sandbox.bench('');
        writeFileSync(options.at(-1) ?? '', `#!/bin/sh\n${hang}\n`);
        const { exitCode, document } = await sandbox.run(sandbox.suite('boots', provisions), ...options);
        expect({ exitCode, ...document }).toMatchObject({ exitCode: 3, error: { code: 'tool-timeout', kind: 'bench', nextStep: expect.stringContaining('USB') as unknown } });
      }),
  },
  ...consoles.map(([what, port, reason]) => ({
    kind: 'console',
    title: `a console whose port ${what} → bench before anything is asked of the board`,
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const ended = await sandbox.run(sandbox.suite('any', `it('any', () => { board.kit.id; });`), ...sandbox.bench('', port));
        expectBench(ended, sandbox.junit());
        expect(ended.stderr).toMatch(reason);
        expect(sandbox.record()).not.toContain('"event":"step"');
      }),
  })),
  {
    kind: 'none',
    title: 'a console that answers → passed: the twin of those above',
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const { exitCode, document } = await sandbox.run(sandbox.suite('any', `it('any', () => { board.kit.id; });`), ...sandbox.bench(''));
        expect({ exitCode, ...document }).toMatchObject({ exitCode: 0, verdict: 'passed', passed: 1, board: { virtual: false } });
      }),
  },
  {
    kind: 'test process',
    title: 'a test process that ends itself with status 0 → the tests that are left are missed: not green',
    run: () =>
      RunSandbox.with(async (sandbox) => {
        const ended = await sandbox.run(sandbox.suite('ends', `it('good', () => {}); it('ends', () => { process.exit(0); }); it('comes later', () => {});`));
        expectBench(ended, sandbox.junit());
        expect(ended.document?.passed).toBe(1);
        expect(ended.stderr).toMatch(/ended in the middle of it \(exit status 0\)/);
      }),
  },
];
