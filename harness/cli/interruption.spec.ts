import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { hang, hangs, RunSandbox, until } from './testing/run-sandbox.js';

jest.setTimeout(120_000);

const provisions = `import { running } from 'rot-hil'; it('boots', async () => { await running(); }, 100_000); it('comes later', () => { board.kit.id; });`;

/** Linux only; '' for a process that has ended. */
const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

describe('an interrupted run', () => {
  it.concurrent.each([
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s while the board is provisioned → exit %i, every report tells it, no test failed, nothing left', (signal, code) =>
    RunSandbox.with(async (sandbox) => {
      const going = sandbox.start('run', '--json', sandbox.suite('boots', provisions));
      await sandbox.recordHolds(/"name":"provision [3-9]/);
      const at = Date.now();
      going.kill(signal);
      const { exitCode, document, stderr, durationMs } = await going.finish(at);
      expect({ exitCode, verdict: document?.verdict, passed: document?.passed, failed: document?.failed }).toEqual({ exitCode: code, verdict: 'bench', passed: 0, failed: 0 });
      expect(durationMs).toBeLessThan(10_000);
      expect(stderr).toContain('BENCH: interrupted');
      expect(sandbox.record()).toMatch(/"event":"run-ended".*/);
      expect(sandbox.record()).toContain('"reason":"interrupted"');
      expect(sandbox.junit().length).toBeGreaterThan(0);
      expect(sandbox.junit().every((one) => one.error !== undefined && one.failure === undefined)).toBe(true);
      expect(sandbox.has('rt/consoles') && (await sandbox.left())).toEqual([]);
    }),
  );

  it.concurrent('SIGTERM before the first test → exit 143 and one JSON document that says so', () =>
    RunSandbox.with(async (sandbox) => {
      const going = sandbox.start('run', 'boot', '--json');
      await until('a board', () => sandbox.boards().length > 0);
      going.kill('SIGTERM');
      const { exitCode, stdout, document } = await going.finish();
      expect({ exitCode, lines: stdout.split('\n').length }).toEqual({ exitCode: 143, lines: 1 });
      // Whether the record has begun is a matter of milliseconds.
      expect(document?.error?.code ?? document?.verdict).toMatch(/^(interrupted|bench)$/);
    }),
  );

  it.concurrent.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', undefined],
  ] as const)('%s while the board starts and Jest waits for it → exit code %s, neither of them left, nor a file of theirs', (signal, code) =>
    RunSandbox.with(async (sandbox) => {
      const going = sandbox.start('run', 'boot');
      const waits = (): boolean => sandbox.has('reports') && readdirSync(sandbox.reports).some((name) => name.startsWith('.starting-'));
      // Before it runs there is only its file, which nobody puts away after a SIGKILL.
      await until('Jest', () => waits() && (!existsSync('/proc/self') || sandbox.processes().some((pid) => commandOf(pid).includes('.starting-'))));
      going.kill(signal);
      expect((await going.finish()).exitCode).toBe(code);
      await until('the end of all of it', () => sandbox.processes().length === 0 && !waits());
    }),
  );

  it.concurrent('SIGINT during a test that never lets go of the processor → ended by force after the grace', () =>
    RunSandbox.with(async (sandbox) => {
      const going = sandbox.start('run', '--json', sandbox.suite('spins', `import { writeFileSync } from 'node:fs'; it('spins', () => { writeFileSync('spins', ''); for (;;); });`));
      await until('the loop', () => sandbox.has('spins'));
      const at = Date.now();
      going.kill('SIGINT');
      const { exitCode, document, durationMs } = await going.finish(at);
      expect({ exitCode, verdict: document?.verdict, failed: document?.failed }).toEqual({ exitCode: 130, verdict: 'bench', failed: 0 });
      expect(durationMs).toBeLessThan(20_000);
    }),
  );

  it.concurrent('SIGINT twice while a tool hangs that ignores signals → exit 130 at once, tool, its child, test process and keys gone', () =>
    RunSandbox.with(async (sandbox) => {
      const going = sandbox.start('run', sandbox.suite('boots', provisions), ...sandbox.bench(hang));
      await until('the tool that hangs', () => sandbox.has(hangs));
      const at = Date.now();
      going.kill('SIGINT');
      await delay(50);
      going.kill('SIGINT');
      const { exitCode, durationMs } = await going.finish(at);
      expect(exitCode).toBe(130);
      expect(durationMs).toBeLessThan(3000);
    }),
  );

  it.concurrent('SIGKILL while a tool hangs → test process, tool and keys go by themselves', () =>
    RunSandbox.with(async (sandbox) => {
      const going = sandbox.start('run', sandbox.suite('boots', provisions), ...sandbox.bench(hang));
      await until('the tool that hangs', () => sandbox.has(hangs));
      going.kill('SIGKILL');
      expect((await going.finish()).signal).toBe('SIGKILL');
      await until('the end of all of it', () => sandbox.processes().length === 0);
    }),
  );
});
