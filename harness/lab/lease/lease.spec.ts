import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { identityOf, leaseVariable, stillRuns, takeLease } from './index.js';
import type { BoardLease, LeaseRequest } from './index.js';

jest.setTimeout(60_000);

const built = fileURLToPath(new URL('../../../dist/harness/lab/lease/index.js', import.meta.url));
let folder: string;
const open: BoardLease[] = [];
const children: { kill(signal: NodeJS.Signals): void }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-lease-'));
});
afterEach(() => {
  for (const lease of open.splice(0)) lease.release();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function take(request: Partial<LeaseRequest> = {}): Promise<BoardLease> {
  const lease = await takeLease({ board: '0050FF', name: 'desk', command: 'rot-hil run', folder, ...request });
  open.push(lease);
  return lease;
}

/** A process that runs a module's text with `takeLease`, and says what it prints. */
function start(body: string, ...args: string[]): { pid: number; line: () => Promise<string>; kill: (signal: NodeJS.Signals) => void; ended: Promise<unknown> } {
  if (!existsSync(built)) throw new Error('build first: npm run build');
  const child = execa(process.execPath, ['--input-type=module', '-e', `import { takeLease, leaseVariable } from ${JSON.stringify(built)};\nconst [folder, ...rest] = process.argv.slice(1);\n${body}`, folder, ...args], { reject: false, env: { NODE_OPTIONS: '' } });
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  children.push({ kill });
  const lines = child.iterable()[Symbol.asyncIterator]();
  return { pid: child.pid!, line: async () => String((await lines.next()).value), kill, ended: child.then(() => undefined) };
}

const holds = `const lease = await takeLease({ board: '50ff', name: 'desk', command: 'rot-hil nightly', folder }); console.log('holds'); setInterval(() => {}, 1000);`;
const files = (): string[] => readdirSync(folder);

/** Changes the note of the only lease, as another machine or an accident would have left it. */
function rewrite(change: (note: Record<string, unknown>) => unknown): void {
  const path = join(folder, files()[0]!);
  const changed = change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>);
  writeFileSync(path, typeof changed === 'string' ? changed : JSON.stringify(changed));
}

describe('the lease of a board', () => {
  it('free → taken, and no file is left when it is given back', async () => {
    const lease = await take();
    expect(files()).toHaveLength(1);
    lease.release();
    lease.release();
    expect(files()).toEqual([]);
    await take();
  });

  it('held by a process that runs, the serial number padded otherwise → refused with the holder, twin: another board is free', async () => {
    const holder = start(holds);
    expect(await holder.line()).toBe('holds');
    await expect(take()).rejects.toMatchObject({
      code: 'lease-held',
      kind: 'bench',
      message: expect.stringMatching(new RegExp(`^desk is in use: lease held by .+ on .+, process ${holder.pid} \\(rot-hil nightly\\), since `)),
      fields: { pid: holder.pid, command: 'rot-hil nightly' },
    });
    await take({ board: '0051' });
  });

  it('its holder killed → taken at once, and its file is put away', async () => {
    const holder = start(holds);
    await holder.line();
    holder.kill('SIGKILL');
    await holder.ended;
    expect(files()).toHaveLength(1);
    await take();
    expect(files()).toHaveLength(1);
  });

  it('held for a moment → waited for', async () => {
    const holder = start(`const lease = await takeLease({ board: '50ff', name: 'desk', command: 'x', folder }); console.log('holds'); setTimeout(() => process.exit(), 300);`);
    await holder.line();
    await take({ waitMs: 20_000 });
    await holder.ended;
  });

  it('waited for and interrupted → says so, and leaves nothing', async () => {
    await take();
    const abort = new AbortController();
    const waiting = take({ waitMs: 20_000, signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' });
    expect(files()).toHaveLength(1);
  });

  it('six processes that want it at the same moment, again and again → never two at once', async () => {
    // Each marks its time on the board by a file that only one may create.
    const wants = `import { writeFileSync, rmSync } from 'node:fs';
      const [mark] = rest; let turns = 0;
      for (let turn = 0; turn < 5; turn++) {
        const lease = await takeLease({ board: '50ff', name: 'desk', command: 'x', folder, waitMs: 50000 });
        try { writeFileSync(mark, '', { flag: 'wx' }); turns++; } catch { console.log('two at once'); process.exit(); }
        await new Promise((done) => setTimeout(done, 2));
        rmSync(mark); lease.release();
      }
      console.log(turns);`;
    const mark = join(folder, 'mark');
    const contenders = Array.from({ length: 6 }, () => start(wants, mark));
    const turns = await Promise.all(contenders.map(({ line }) => line()));
    expect(turns).toEqual(Array.from({ length: 6 }, () => '5'));
    await Promise.all(contenders.map(({ ended }) => ended));
    expect(files()).toEqual([]);
  });

  it('the pid of a dead holder used again by another process → the lease is stale', async () => {
    await take();
    rewrite((note) => ({ ...note, process: { ...(note['process'] as object), birth: '1' } }));
    await take();
  });

  it('the clock set back or forth by a year → a live holder still has it, a dead one has not', async () => {
    const holder = start(holds);
    await holder.line();
    for (const year of ['1999', '2999']) {
      rewrite((note) => ({ ...note, since: `${year}-01-01T00:00:00.000Z` }));
      await expect(take()).rejects.toMatchObject({ code: 'lease-held', message: expect.stringContaining(year) });
    }
    holder.kill('SIGKILL');
    await holder.ended;
    await take();
  });

  it('the machine started again → no lease of before counts', async () => {
    await take();
    rewrite((note) => ({ ...note, host: { ...(note['host'] as object), boot: 'earlier' } }));
    await take();
  });

  it('a holder on another machine whose beat goes on → held, however long; that stands still → taken after the beats it missed', async () => {
    await take();
    const elsewhere = (): void => rewrite((note) => ({ ...note, host: { name: 'attic', machine: 'other', boot: 'b', namespace: null }, beat: Number(note['beat']) + 1 }));
    elsewhere();
    open.pop();
    const beats = setInterval(elsewhere, 30);
    const beatMs = 50;
    await expect(take({ beatMs, waitMs: 1500 })).rejects.toMatchObject({ code: 'lease-held', message: expect.stringContaining('on attic') });
    clearInterval(beats);
    await take({ beatMs });
  });

  it('a lease that cannot be read → not ignored at once, but no longer than a silent one', async () => {
    await take();
    rewrite(() => '{"schema":1');
    const startedAt = performance.now();
    await take({ beatMs: 50 });
    expect(performance.now() - startedAt).toBeGreaterThan(200);
  });

  it('a holder killed whose worker goes on → not free before that has ended', async () => {
    const holder = start(`${holds.replace('setInterval', `
      const { spawn } = await import('node:child_process');
      const worker = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 700)'], { detached: true, stdio: 'ignore', env: lease.environment }); lease.addWorker(worker.pid); console.log(worker.pid); setInterval`)}`);
    await holder.line();
    const worker = Number(await holder.line());
    holder.kill('SIGKILL');
    await holder.ended;
    await take();
    expect(stillRuns(identityOf(worker))).toBe(false);
  });

  it.each([['known by its environment only', '']])('a tool left behind by a killed holder that hangs, %s → refused with its process id', async () => {
    const holder = start(`${holds.replace('setInterval', `
      const { spawn } = await import('node:child_process');
      const tool = spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: { ...process.env, ...lease.environment } }); console.log(tool.pid); setInterval`)}`);
    await holder.line();
    const tool = Number(await holder.line());
    children.push({ kill: () => void process.kill(tool, 'SIGKILL') });
    holder.kill('SIGKILL');
    await holder.ended;
    await expect(take({ afterlifeMs: 300 })).rejects.toMatchObject({ code: 'lease-held', message: expect.stringContaining(`left a process behind: ${tool}`), nextStep: expect.stringContaining(`kill ${tool}`) });
  });

  it('its file removed under the holder → the holder is told', async () => {
    const lease = await take({ beatMs: 20 });
    rmSync(join(folder, files()[0]!));
    await new Promise((done) => lease.lost.addEventListener('abort', done));
    expect(lease.lost.reason).toMatchObject({ code: 'lease-lost', kind: 'bench' });
    expect(leaseVariable in lease.environment).toBe(true);
  });

  it('a folder that cannot be written → a usage error with the next step', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(take({ folder: join(folder, 'file', 'leases') })).rejects.toMatchObject({ code: 'lease-folder', kind: 'usage' });
  });
});
