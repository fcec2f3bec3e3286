import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { prebuilt, RunSandbox } from './testing/run-sandbox.js';

jest.setTimeout(120_000);

describe('what `rot-hil run` refuses before a board is touched', () => {
  it.concurrent.each([
    ['a file', 'file', 'EEXIST'],
    ['a folder below a file', 'file/below', 'ENOTDIR'],
    ['a folder where the system has none to give', '/proc/1/below', 'ENOENT'],
    ['a link that leads nowhere', 'link/below', 'EEXIST'],
    ['a folder whose junit.xml is a folder', 'taken', 'its junit.xml is a folder'],
  ])('--report names %s → exit 2 at once', (_what, report, reason) =>
    RunSandbox.with(async (sandbox) => {
      writeFileSync(join(sandbox.folder, 'file'), '');
      symlinkSync('nowhere', join(sandbox.folder, 'link'));
      mkdirSync(join(sandbox.folder, 'taken', 'junit.xml'), { recursive: true });
      const { exitCode, document } = await sandbox.run('boot', '--report', report);
      expect({ exitCode, ...document }).toMatchObject({ exitCode: 2, error: { code: 'report-folder', kind: 'usage', message: expect.stringContaining(reason) as unknown, nextStep: expect.stringContaining('--report') as unknown } });
      expect(sandbox.boards()).toEqual([]);
    }),
  );

  const broken = (): Uint8Array => readFileSync(prebuilt('app-1.0.0.elf')).subarray(0, 2000);
  it.concurrent.each([
    ['no ELF file', () => Buffer.from('#!/bin/sh\n'), 'app-unreadable'],
    ['an ELF file that is cut short', broken, 'elf-format'],
    ['an application for another address', () => readFileSync(prebuilt('oemirot-placeholder.elf')), 'application-address'],
  ])('--app names %s → exit 2, not a row of failed tests', (_what, bytes, code) =>
    RunSandbox.with(async (sandbox) => {
      writeFileSync(join(sandbox.folder, 'app.elf'), bytes());
      const { exitCode, document } = await sandbox.run('boot', '--app', 'app.elf');
      expect({ exitCode, ...document }).toMatchObject({ exitCode: 2, error: { code, kind: 'usage' } });
    }),
  );

  it.concurrent.each([
    [['--app-version', '1.0.0'], '--app-version is given without --app'],
    [['--app', prebuilt('app-1.0.0.elf'), '--app-version', 'newest'], "'newest' is no image version"],
    [['--probe-sn', '1', '--console', '/dev/null', '--rot', '/dev/null', '--board', 'desk', '--kit', 'stm32h7s87-dk'], 'there is no kit "stm32h7s87-dk"'],
  ])('%j → exit 2 and what is wrong', (args, message) =>
    RunSandbox.with(async (sandbox) => {
      const { exitCode, document } = await sandbox.run('boot', ...args);
      expect({ exitCode, ...document }).toMatchObject({ exitCode: 2, error: { kind: 'usage', message: expect.stringContaining(message) as unknown } });
    }),
  );

  it.concurrent.each([
    [['--nope'], "unknown option '--nope'"],
    [['--repeat', 'often'], 'give a whole number'],
    [['--timeout', '0'], 'give a whole number'],
    [['--seed', '-1'], 'give a whole number'],
  ])('%j → exit 2, nothing on stdout', (args, message) =>
    RunSandbox.with(async (sandbox) => {
      const { exitCode, stdout, stderr } = await sandbox.start('run', 'boot', ...args).finish();
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain(message);
    }),
  );
});

describe('what `rot-hil run` reports of a suite that cannot be judged', () => {
  it.concurrent('a syntax error beside a good suite → exit 1, the file named, the good one run', () =>
    RunSandbox.with(async (sandbox) => {
      const { exitCode, document, stderr } = await sandbox.run(sandbox.suite('broken', `it('a', () => { const = 1; });`), sandbox.suite('good', `it('kit', () => { expect(board.kit.id).toBe('stm32h7s78-dk'); });`));
      expect({ exitCode, ...document }).toMatchObject({ exitCode: 1, verdict: 'failed', passed: 1, failed: 1, bench: 0 });
      expect(stderr).toMatch(/failed broken\.hil\.ts/);
    }),
  );
});

describe('output that nobody takes', () => {
  it.concurrent('the reader of stdout has gone → the run goes to its end, with its verdict', () =>
    RunSandbox.with(async (sandbox) => {
      const going = sandbox.start('run', sandbox.suite('good', `it('kit', () => { board.kit.id; });`));
      going.closeStdout();
      const { exitCode, stderr } = await going.finish();
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(sandbox.junit().map((one) => one.name)).toEqual(['kit']);
    }),
  );
});
