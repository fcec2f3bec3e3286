import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { runProcess as RunProcess } from './run-process.js';
import type { WaitingJest as Waiting } from './waiting-jest.js';

jest.setTimeout(60_000);

// The process that is started is the built one.
const dist = fileURLToPath(new URL('../../dist/harness/lab/', import.meta.url));
const built = (file: string): string => pathToFileURL(join(dist, file)).href;

describe('a Jest process that waits', () => {
  let WaitingJest: typeof Waiting;
  let runProcess: typeof RunProcess;
  let folder: string;
  beforeAll(async () => {
    if (!existsSync(join(dist, 'waiting-jest.js'))) throw new Error('build first: npm run build');
    ({ WaitingJest } = (await import(built('waiting-jest.js'))) as { WaitingJest: typeof Waiting });
    ({ runProcess } = (await import(built('run-process.js'))) as { runProcess: typeof RunProcess });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-waiting-'));
  });
  afterEach(() => {
    for (const line of waiting()) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    rmSync(folder, { recursive: true });
  });

  /** Processes with this folder in their command line, by id. */
  const waiting = (): string[] => execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args=']).toString().split('\n').filter((line) => line.includes('--wait') && line.includes(folder));
  const gone = async (): Promise<void> => {
    for (let i = 0; i < 200 && waiting().length > 0; i++) await delay(50);
    expect(waiting()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  };

  it('told what to run → runs it, with both its streams in the file of the run', async () => {
    const outputPath = join(folder, 'jest.log');
    const one = new WaitingJest(folder);
    expect(waiting()).toHaveLength(1);
    const result = await runProcess({ command: [], cwd: folder, env: {}, outputPath, deadlineMs: 30_000, started: () => one.release({ arguments: ['--version'], env: {} }, outputPath) });
    expect(result).toMatchObject({ exitCode: 0, ended: 'exit' });
    expect(readFileSync(outputPath, 'utf8')).toMatch(/^30\.\d+\.\d+$/m);
    expect(readdirSync(folder)).toEqual(['jest.log']);
    await one.discard();
  });

  it('never told → ended by its owner, nothing left', async () => {
    const one = new WaitingJest(folder);
    await one.discard();
    await gone();
  });

  it('gone before it is told → the run is told that it was killed', async () => {
    const outputPath = join(folder, 'jest.log');
    const one = new WaitingJest(folder);
    process.kill(Number.parseInt(waiting()[0]!, 10), 'SIGKILL');
    await delay(200);
    expect(await runProcess({ command: [], cwd: folder, env: {}, outputPath, deadlineMs: 30_000, started: () => one.release({ arguments: ['--version'], env: {} }, outputPath) })).toMatchObject({ exitCode: null, ended: 'killed' });
  });

  it.each(['SIGKILL', 'SIGTERM', 'exit'])('its owner ends by %s → it goes by itself, its log with it', async (how) => {
    const script = `import { WaitingJest } from ${JSON.stringify(built('waiting-jest.js'))};
      new WaitingJest(${JSON.stringify(folder)});
      setTimeout(() => ${how === 'exit' ? 'process.exit(0)' : `process.kill(process.pid, '${how}')`}, 100);`;
    try {
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    } catch {
      // By a signal.
    }
    await gone();
  });
});
