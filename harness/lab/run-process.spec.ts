import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { descendantsOf } from './process-tree.js';
import { runProcess, type RunProcessOptions } from './run-process.js';

describe('process of a run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-process-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const node = (script: string, more: Partial<RunProcessOptions> = {}): RunProcessOptions => ({
    command: [process.execPath, '-e', script],
    cwd: folder,
    env: { FOLDER: folder },
    outputPath: join(folder, 'output.log'),
    deadlineMs: 20_000,
    ...more,
  });
  const output = (): string => readFileSync(join(folder, 'output.log'), 'utf8');
  const alive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const printed = async (pattern: RegExp): Promise<string> => {
    for (let i = 0; i < 200; i++) {
      const found = pattern.exec(output());
      if (found) return found[1];
      await delay(50);
    }
    throw new Error(`the process did not print ${String(pattern)}`);
  };
  /** What was adopted by init stays until that collects it. */
  const gone = async (pids: readonly number[]): Promise<void> => {
    for (let i = 0; i < 200 && pids.some(alive); i++) await delay(50);
    expect(pids.map(alive)).toEqual(pids.map(() => false));
  };
  // Starts a grandchild in a group of its own, as tools are started, and prints both pids.
  const parent = `
    const grandchild = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
    console.log('pids=' + process.pid + ',' + grandchild.pid + ';');
    setInterval(() => {}, 1000);`;
  const pidsOf = async (): Promise<number[]> => (await printed(/pids=([\d,]+);/)).split(',').map(Number);

  it('a process that ends by itself → its exit code, and both its streams in the file', async () => {
    const result = await runProcess(node(`console.log('to stdout ' + process.env.FOLDER); console.error('to stderr'); process.exitCode = 7;`));
    expect(result).toMatchObject({ exitCode: 7, ended: 'exit' });
    expect(output()).toContain(`to stdout ${folder}`);
    expect(output()).toContain('to stderr');
  });

  it('a program that is not there → an error with its name', async () => {
    await expect(runProcess({ ...node(''), command: [join(folder, 'no-such-program')] })).rejects.toThrow('no-such-program');
  });

  it('the deadline passes → the process and its detached grandchild are gone', async () => {
    const run = runProcess(node(parent, { deadlineMs: 1500 }));
    const pids = await pidsOf();
    expect(pids.map(alive)).toEqual([true, true]);
    expect(descendantsOf(pids[0])).toEqual([pids[1]]);
    expect(await run).toMatchObject({ exitCode: null, ended: 'deadline' });
    await gone(pids);
  });

  it('the deadline passes, and the process ignores SIGTERM → killed with its grandchild after the grace', async () => {
    const run = runProcess(node(`process.on('SIGTERM', () => {});${parent}`, { deadlineMs: 1000, graceMs: 200 }));
    const pids = await pidsOf();
    expect(await run).toMatchObject({ exitCode: null, ended: 'deadline' });
    await gone(pids);
  });

  it('aborted, and the process heeds SIGTERM → it ends in its own way', async () => {
    const abort = new AbortController();
    const run = runProcess(node(`process.on('SIGTERM', () => { console.log('put away'); process.exit(3); }); console.log('up;1'); setInterval(() => {}, 1000);`, { signal: abort.signal }));
    await printed(/up;(1)/);
    abort.abort();
    expect(await run).toMatchObject({ exitCode: 3, ended: 'interrupted' });
    expect(output()).toContain('put away');
  });

  it('aborted, and the process ignores SIGTERM → killed with its grandchild after the grace', async () => {
    const abort = new AbortController();
    const run = runProcess(node(`process.on('SIGTERM', () => {});${parent}`, { signal: abort.signal, graceMs: 200 }));
    const pids = await pidsOf();
    abort.abort();
    expect(await run).toMatchObject({ exitCode: null, ended: 'interrupted' });
    await delay(50);
    expect(pids.map(alive)).toEqual([false, false]);
  });

  it('killed by somebody else → said so', async () => {
    const run = runProcess(node(`console.log('pids=' + process.pid + ';'); setInterval(() => {}, 1000);`));
    const [pid] = await pidsOf();
    process.kill(pid, 'SIGKILL');
    expect(await run).toMatchObject({ exitCode: null, ended: 'killed' });
  });
});
