import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn } from '@lydell/node-pty';
import { execa } from 'execa';
import { Journal, journalPath } from '../provisioning/index.js';
import { openSession } from '../session/index.js';
import { birthOf } from '../virtual-board/processes.js';
import { probeSerialNumber } from '../virtual-board/serial-number.js';

const main = fileURLToPath(new URL('../../dist/harness/cli/main.js', import.meta.url));
const prebuilt = (name: string): string => fileURLToPath(new URL(`../../firmware-fixtures/prebuilt/${name}`, import.meta.url));
const tools = fileURLToPath(new URL('../virtual-board/bin', import.meta.url));
jest.setTimeout(60_000);

interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

let folder: string;
/** Without the drop-in, so that no tool is found, unless asked for. */
const environment = (withTool: boolean): Record<string, string> => ({
  ...(process.env as Record<string, string>),
  ROT_HIL_RUNTIME_DIR: join(folder, 'rt'),
  ROT_HIL_STATE_DIR: join(folder, 'state'),
  NODE_OPTIONS: '',
  NO_COLOR: '1',
  HOME: folder,
  STM32_PRG_PATH: '',
  PATH: [...(withTool ? [tools] : []), process.env['PATH']].join(delimiter),
});
const run = async (args: readonly string[], withTool = false): Promise<Ended> => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], { cwd: folder, reject: false, stdin: 'ignore', env: environment(withTool) });
  return { exitCode, stdout, stderr };
};
const json = async (args: readonly string[], withTool = false): Promise<Record<string, unknown> & { exitCode: number | undefined }> => {
  const { exitCode, stdout } = await run([...args, '--json'], withTool);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return { ...(JSON.parse(stdout) as object), exitCode };
};

beforeAll(() => {
  if (!existsSync(main)) throw new Error('build first: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-bc-'));
});
afterAll(async () => {
  await run(['virtual', 'stop', '--all']);
  rmSync(folder, { recursive: true, force: true });
});

describe('with no board and no tool', () => {
  it('boards → the kits, and what is missing as a note', async () => {
    expect(await json(['boards'])).toMatchObject({
      exitCode: 0,
      kits: expect.arrayContaining([expect.objectContaining({ id: 'stm32h7s78-dk', bootPaths: ['oemirot', 'stirot', 'stirot-oemurot'] })]),
      tool: null,
      virtual: [],
      problems: expect.arrayContaining([expect.objectContaining({ code: 'tool-missing' })]),
    });
  });

  it('a virtual board of another version → listed with the way to end it; a run is told so; stop ends it', async () => {
    const child = execa(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { reject: false });
    const birth = birthOf(child.pid!);
    mkdirSync(join(folder, 'rt', 'boards'), { recursive: true });
    writeFileSync(join(folder, 'rt', 'boards', 'older.json'), JSON.stringify({ name: 'older', pid: child.pid, ...(birth === undefined ? {} : { birth }) }));
    expect((await run(['virtual', 'list'])).stdout.trim()).toBe(`older  process ${String(child.pid)}, started by another version of rot-hil; end it: rot-hil virtual stop older`);
    expect(JSON.parse((await run(['virtual', 'list', '--json'])).stdout)).toEqual([{ name: 'older', pid: child.pid, otherVersion: true, status: null }]);
    expect(await json(['run', 'boot', '--board', 'older'])).toMatchObject({ exitCode: 2, error: { code: 'board-version', nextStep: expect.stringContaining('rot-hil virtual stop older') } });
    expect(await json(['virtual', 'stop', 'older'])).toEqual({ exitCode: 0, stopped: ['older'] });
    expect((await child).signal).toBe('SIGTERM');
    expect((await run(['virtual', 'list'])).stdout.trim()).toBe('no virtual board runs');
  });

  it('doctor → the missing tool with its remedy, exit code 3', async () => {
    expect(await json(['doctor'])).toMatchObject({ exitCode: 3, healthy: false, checks: expect.arrayContaining([expect.objectContaining({ name: 'tool', status: 'failed', remedy: expect.stringContaining('STM32CubeProgrammer') })]) });
  });

  it('status and console → tool-missing, exit code 3', async () => {
    expect(await json(['status'])).toMatchObject({ exitCode: 3, error: { code: 'tool-missing', kind: 'bench' } });
    expect((await run(['console'])).exitCode).toBe(3);
  });

  it('a board that nobody knows → usage, exit code 2', async () => {
    expect(await json(['status', '--board', 'nowhere'])).toMatchObject({ exitCode: 2, error: { code: 'unknown-board' } });
  });
});

/** What another board of that name left, ended in the middle of a step. */
function leaveJournal(name: string): void {
  const journal = new Journal(journalPath(probeSerialNumber(name), join(folder, 'state', 'journals')));
  journal.append({ event: 'plan-begin', plan: 'oemirot', steps: 1, files: {} });
  journal.append({ event: 'step-begin', number: 1, step: 'erase', arguments: ['-e'], files: [], changesState: true });
  journal.close();
}

describe('with a running board', () => {
  it('started on kept flash → the journal of its earlier life is still its own', async () => {
    leaveJournal('kept');
    expect((await run(['virtual', 'start', '--kit', 'nucleo-h7s3l8', '--name', 'kept', '--keep-flash', join(folder, 'kept')])).exitCode).toBe(0);
    expect(await json(['status', '--board', 'kept'], true)).toMatchObject({ exitCode: 0, journal: { lastStep: 'erase', certain: false } });
    await run(['virtual', 'stop', 'kept']);
  });

  // Its twin: `desk` has no kept flash, and status finds no step.
  beforeAll(async () => {
    leaveJournal('desk');
    expect((await run(['virtual', 'start', '--kit', 'stm32h7s78-dk', '--name', 'desk'])).exitCode).toBe(0);
  });

  it('boards with the tool → its probe, its kit, and a block for the lab file; doctor → healthy, exit code 0', async () => {
    const found = await json(['boards'], true);
    expect(found).toMatchObject({ exitCode: 0, tool: { version: expect.any(String) }, probes: [{ kit: 'stm32h7s78-dk' }], virtual: [{ name: 'desk' }], labFile: expect.stringContaining('benches:') });
    expect(await json(['doctor'], true)).toMatchObject({ exitCode: 0, healthy: true });
  });

  it.each([[[]], [['--board', 'DESK']], [['--board', 'stm32h7s78-dk']]])('status %j → what the board is', async (choice) => {
    const status = await json(['status', ...choice], true);
    expect(status).toMatchObject({ exitCode: 0, productState: 'OPEN', integrity: null, boots: null, recoverable: true, journal: { lastStep: null } });
    expect((status['why'] as string[]).length).toBeGreaterThan(2);
  });

  it('status of a serial number that is not attached → probe-missing, exit code 3', async () => {
    expect(await json(['status', '--probe-sn', '1234', '--tool', tools])).toMatchObject({ exitCode: 3, error: { code: 'probe-missing' } });
  });

  it('status of a provisioned board → the version that boots, and no objection of the root of trust', async () => {
    const [entry] = JSON.parse((await run(['virtual', 'list', '--json'])).stdout) as [{ probe: { sn: string }; console: string }];
    process.env['ROT_HIL_RUNTIME_DIR'] = join(folder, 'rt');
    const session = await openSession({
      bench: {
        name: 'desk',
        kit: 'stm32h7s78-dk',
        probe: entry.probe,
        console: { path: entry.console, baudRate: 115200 },
        programmerPath: join(tools, 'STM32_Programmer_CLI'),
        externalLoader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr',
        rotBinary: { path: prebuilt('oemirot-placeholder.bin'), address: 0x08000000 },
      },
      configuration: { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' },
      seed: 1,
      workDirectory: folder,
    });
    try {
      await session.provision({ image: session.signApplication(prebuilt('app-1.0.0.elf'), { version: '1.0.0' }) });
      await session.boot();
    } finally {
      await session.close();
      delete process.env['ROT_HIL_RUNTIME_DIR'];
    }
    const status = await json(['status', '--board', 'desk']);
    expect(status).toMatchObject({ exitCode: 0, productState: 'OPEN', boots: '1.0.0', recoverable: true });
    expect((status['why'] as string[]).join()).not.toContain('would not start');
  });

  it('console from a pipe → ends after its time, with a log file', async () => {
    const { exitCode, stderr } = await run(['console', '--board', 'desk', '--for', '0.3', '--log', join(folder, 'pipe.log')]);
    expect(stderr).toContain('Ctrl-] quits');
    expect(exitCode).toBe(0);
    expect(existsSync(join(folder, 'pipe.log'))).toBe(true);
  });

  it('console on a terminal: Ctrl-R → the board is reset; a second console → busy; Ctrl-] → ends with 0, the terminal cooked again', async () => {
    const log = join(folder, 'tty.log');
    // The shell tells the terminal's state before and after.
    const script = `stty -a | grep -o -- '-\\?icanon'; "${process.execPath}" "${main}" console --board desk --log "${log}"; echo "exit $?"; stty -a | grep -o -- '-\\?icanon'`;
    const terminal = spawn('/bin/sh', ['-c', script], { cols: 200, rows: 40, cwd: folder, env: environment(false) });
    let text = '';
    terminal.onData((data) => (text += data));
    const ended = new Promise<void>((resolve) => terminal.onExit(() => resolve()));
    const shows = async (what: string | RegExp): Promise<void> => {
      for (let n = 0; n < 500 && !(typeof what === 'string' ? text.includes(what) : what.test(text)); n++) await sleep(20);
      expect(text).toMatch(what);
    };
    await shows('Ctrl-] quits');
    const second = await run(['console', '--board', 'desk', '--for', '1']);
    expect([second.exitCode, second.stderr]).toEqual([3, expect.stringMatching(/desk is in use: lease held by .+ \(rot-hil console\)/)]);
    terminal.write('\x12');
    await shows('[reset]');
    await shows(/\$rot-hil fixture=app version=1\.0\.0/);
    terminal.write('1 echo hello\r');
    await shows('@1 ok text=hello');
    terminal.write('\x1d');
    await ended;
    const logged = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(logged).toContainEqual(expect.stringMatching(/^\[ *\d+\.\d{3}\] \[INF\] Starting bootloader OEMiROT$/));
    expect(logged.filter((line) => !/^\[ *\d+\.\d{3}\] /.test(line))).toEqual([]);
    expect(text).not.toContain('reset failed');
    expect(text).toContain('exit 0');
    expect([...text.matchAll(/-?icanon/g)].map(([word]) => word)).toEqual(['icanon', 'icanon']);
  });

  it('run on a virtual bench of that name → refused at once, with who runs it and how to end it', async () => {
    const lab = join(folder, 'x.lab.yaml');
    writeFileSync(lab, 'benches: [{ name: desk, kit: stm32h7s78-dk, virtual: true }]\n');
    const startedAt = performance.now();
    expect(await json(['run', 'boot', '--lab', lab, '--board', 'desk'])).toMatchObject({ exitCode: 2, error: { code: 'board-name-taken', message: expect.stringContaining('it was started by hand'), nextStep: 'end it: rot-hil virtual stop desk' } });
    // Well below the time in which a board of a run that was killed is waited for.
    expect(performance.now() - startedAt).toBeLessThan(7000);
  });

  it('console whose board is killed → console-lost, exit code 3', async () => {
    const [{ pid }] = JSON.parse((await run(['virtual', 'list', '--json'])).stdout) as [{ pid: number }];
    const running = execa(process.execPath, [main, 'console', '--board', 'desk', '--for', '30', '--log', join(folder, 'killed.log')], { cwd: folder, reject: false, stdin: 'ignore', env: environment(false) });
    await new Promise<void>((open) => running.stderr.on('data', (text) => String(text).includes('Ctrl-] quits') && open()));
    process.kill(pid, 'SIGKILL');
    const { exitCode, stderr } = await running;
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('was lost')]);
  });
});
