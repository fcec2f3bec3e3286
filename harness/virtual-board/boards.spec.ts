import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { listStrangeBoards, listVirtualBoards, startVirtualBoard, stopVirtualBoard, virtualBoardStatus } from './index.js';
import { ProbeClient } from './probe-client.js';
import { isAlive } from './processes.js';
import { Sandbox } from './testing/sandbox.js';

jest.setTimeout(30_000);

const kit = 'stm32h7s78-dk';
const loader = 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr';
const error = (code: string, kind: string) => expect.objectContaining({ code, kind });
const gone = async (pid: number, withinMs = 5000): Promise<boolean> => {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(20)) if (!isAlive(pid)) return true;
  return false;
};

const owners: ChildProcess[] = [];
let sandbox: Sandbox;

/** Every test with a runtime folder of its own. */
function freshSandbox(): void {
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(async () => {
    for (const owner of owners.splice(0)) owner.kill('SIGKILL');
    await sandbox.close();
  });
}

describe('starting and stopping', () => {
  freshSandbox();

  it('start → the board answers and is listed; stop → no process, no entry, no socket', async () => {
    const board = await startVirtualBoard({ kit: 'STM32H7S78-DK', name: 'one' });
    expect(board).toMatchObject({ name: 'one', kit, comPort: board.console });
    expect(board.probe.sn).toMatch(/^[0-9A-F]{24}$/);
    expect(listVirtualBoards()).toEqual([board]);
    await expect(virtualBoardStatus('one')).resolves.toMatchObject({ state: 'empty', reason: null, boots: 0 });
    await stopVirtualBoard('one');
    expect(isAlive(board.pid)).toBe(false);
    expect(listVirtualBoards()).toEqual([]);
    expect(readdirSync(sandbox.path('run', 'boards'))).toEqual(['one.log']);
  });

  it('an entry as another version writes it → listed apart, not asked, its name taken; stop → no process, no entry', async () => {
    const { pid, birth } = await startVirtualBoard({ kit, name: 'old' });
    const file = sandbox.path('run', 'boards', 'old.json');
    const { timeFile, ...older } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(timeFile).toBeDefined();
    writeFileSync(file, JSON.stringify(older));
    expect([listVirtualBoards(), listStrangeBoards()]).toEqual([[], [{ name: 'old', pid, birth }]]);
    await expect(virtualBoardStatus('old')).rejects.toEqual(error('board-version', 'usage'));
    await expect(startVirtualBoard({ kit, name: 'old' })).rejects.toEqual(error('board-name-taken', 'usage'));
    await stopVirtualBoard('old');
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(sandbox.path('run', 'boards'))).toEqual(['old.log']);
  });

  it('such an entry of a process that has ended, of a later one with its id, or that cannot be told from one → forgotten, and nobody ended', async () => {
    const { pid } = await startVirtualBoard({ kit, name: 'old' });
    for (const more of [{ pid, birth: '1' }, { pid: 0x7fffffff, birth: '1' }, ...(process.platform === 'linux' ? [{ pid }] : [])]) {
      writeFileSync(sandbox.path('run', 'boards', 'older.json'), JSON.stringify({ name: 'older', kit, ...more }));
      await expect(stopVirtualBoard('older')).rejects.toEqual(error('no-such-board', 'usage'));
      expect(existsSync(sandbox.path('run', 'boards', 'older.json'))).toBe(false);
    }
    expect(isAlive(pid)).toBe(true);
  });

  it('a name that runs already → refused; without a name → numbered; both boards are their own', async () => {
    const [first, second] = [await startVirtualBoard({ kit }), await startVirtualBoard({ kit })];
    expect([first.name, second.name]).toEqual([kit, `${kit}-2`]);
    expect(second.probe.sn).not.toBe(first.probe.sn);
    expect(second.console).not.toBe(first.console);
    await expect(startVirtualBoard({ kit, name: kit })).rejects.toEqual(error('board-name-taken', 'usage'));
    await stopVirtualBoard(kit);
    await expect(startVirtualBoard({ kit, name: kit })).resolves.toMatchObject({ name: kit });
  });

  it('two starts with one name at the same moment → exactly one board', async () => {
    const results = await Promise.allSettled([startVirtualBoard({ kit, name: 'twin' }), startVirtualBoard({ kit, name: 'twin' })]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'board-name-taken' } });
    expect(listVirtualBoards()).toHaveLength(1);
  });

  it('an unknown kit, a name with a slash, an unknown board to stop → usage errors', async () => {
    await expect(startVirtualBoard({ kit: 'stm32h7s78-dx' })).rejects.toEqual(error('unknown-kit', 'usage'));
    await expect(startVirtualBoard({ kit, name: '../x' })).rejects.toEqual(error('board-name', 'usage'));
    await expect(stopVirtualBoard('nobody')).rejects.toEqual(error('no-such-board', 'usage'));
  });

  it('killed with SIGKILL → the list is clean, and the name is free again', async () => {
    const board = await startVirtualBoard({ kit, name: 'victim' });
    process.kill(board.pid, 'SIGKILL');
    expect(await gone(board.pid)).toBe(true);
    expect(listVirtualBoards()).toEqual([]);
    expect(readdirSync(sandbox.path('run', 'boards'))).toEqual(['victim.log']);
    await expect(startVirtualBoard({ kit, name: 'victim' })).resolves.toMatchObject({ name: 'victim', probe: board.probe });
  });

  it('a board that does not react → stop kills it', async () => {
    const board = await startVirtualBoard({ kit, name: 'deaf' });
    process.kill(board.pid, 'SIGSTOP');
    await stopVirtualBoard('deaf');
    expect(isAlive(board.pid)).toBe(false);
    expect(readdirSync(sandbox.path('run', 'boards'))).toEqual(['deaf.log']);
  });

  it('a board with an owner → ends with it; one without goes on', async () => {
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    owners.push(owner);
    const owned = await startVirtualBoard({ kit, name: 'owned', ownerPid: owner.pid! });
    const free = await startVirtualBoard({ kit, name: 'free' });
    owner.kill('SIGKILL');
    expect(await gone(owned.pid)).toBe(true);
    expect(listVirtualBoards().map(({ name }) => name)).toEqual(['free']);
    expect(isAlive(free.pid)).toBe(true);
  });

  it('a damaged kept flash → an error that says which file, and nothing left running', async () => {
    await startVirtualBoard({ kit, name: 'keeper', keepFlash: sandbox.path('flash') });
    await sandbox.tool('-c', 'port=SWD', 'mode=Hotplug', '-ob', 'ECC_ON_SRAM=1');
    await stopVirtualBoard('keeper');
    writeFileSync(sandbox.path('flash', 'option-bytes.json'), '{"ECC_ON_');
    await expect(startVirtualBoard({ kit, name: 'keeper', keepFlash: sandbox.path('flash') })).rejects.toMatchObject({
      code: 'kept-state',
      kind: 'usage',
      message: expect.stringContaining('option-bytes.json'),
    });
    expect(readdirSync(sandbox.path('run', 'boards'))).toEqual(['keeper.log']);
  });
});

describe('the drop-in tool', () => {
  freshSandbox();

  it('no board → no probe; one → found without sn; two → sn is needed and selects', async () => {
    expect(await sandbox.tool('-c', 'port=SWD')).toMatchObject({ exitCode: 1, output: expect.stringContaining('Error: No debug probe detected') });
    const first = await startVirtualBoard({ kit, name: 'first' });
    const only = await sandbox.tool('-c', 'port=SWD', 'mode=Hotplug');
    expect(only.exitCode).toBe(0);
    expect(only.output).toMatch(new RegExp(`^ST-LINK SN {2}: ${first.probe.sn}$`, 'm'));
    expect(only.output).toMatch(/^Connect mode: Hot Plug$/m);
    const second = await startVirtualBoard({ kit, name: 'second' });
    expect(await sandbox.tool('-c', 'port=SWD')).toMatchObject({ exitCode: 1, output: expect.stringContaining('Error: Several debug probes') });
    const chosen = await sandbox.tool('-c', 'port=SWD', `sn=${second.probe.sn}`, 'mode=UR');
    expect(chosen.output).toContain(`ST-LINK SN  : ${second.probe.sn}`);
    expect(chosen.output).toMatch(/^Connect mode: Under Reset$/m);
    const listed = await sandbox.tool('-l', 'st-link');
    for (const { probe } of [first, second]) expect(listed.output).toContain(`ST-LINK SN  : ${probe.sn}`);
  });

  it('a probe that another tool holds → its error; released → works', async () => {
    const board = await startVirtualBoard({ kit });
    const holder = await ProbeClient.open(board.socket);
    await holder.request('connect', { mode: 'hot-plug' });
    expect(await sandbox.tool('-c', 'port=SWD')).toMatchObject({ exitCode: 1, output: expect.stringContaining('DEV_CONNECT_ERR') });
    holder.close();
    expect(await sandbox.tool('-c', 'port=SWD')).toMatchObject({ exitCode: 0 });
  });

  it('writes option bytes and flash, killed with SIGKILL, started again on the kept flash → all of it is there', async () => {
    const options = { kit, name: 'kept', keepFlash: sandbox.path('flash') };
    const board = await startVirtualBoard(options);
    const image = Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 7) & 0xff));
    writeFileSync(sandbox.path('image.bin'), image);
    const written = [
      await sandbox.tool('-c', 'port=SWD', 'mode=UR', '-ob', 'WRPS7=0', 'ECC_ON_SRAM=1'),
      await sandbox.tool('-c', 'port=SWD', 'mode=Hotplug', '-d', sandbox.path('image.bin'), '0x08000000', '-v'),
      await sandbox.tool('-c', 'port=SWD', 'mode=normal', '-el', `/some/where/${loader}`, '-d', sandbox.path('image.bin'), '0x90200000', '--verify'),
    ];
    expect(written.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(written[0]!.output).toContain('Option Bytes successfully programmed');
    expect(written[1]!.output).toContain('Erasing internal memory sectors [0 1]');
    expect(written[2]!.output).toContain('Erasing external memory sectors [32 32]');
    expect(written[2]!.output).toContain('Download verified successfully');
    process.kill(board.pid, 'SIGKILL');
    expect(await gone(board.pid)).toBe(true);

    await startVirtualBoard(options);
    const options2 = await sandbox.tool('-c', 'port=SWD', 'mode=Hotplug', '-ob', 'displ');
    expect(options2.output).toMatch(/WRPS7\s+: 0x0 /);
    expect(options2.output).toMatch(/WRPS6\s+: 0x1 /);
    expect(options2.output).toMatch(/ECC_ON_SRAM\s+: 0x1 /);
    for (const [address, file] of [['0x08000000', 'internal.bin'], ['0x90200000', 'external.bin']] as const) {
      const read = await sandbox.tool('-c', 'port=SWD', 'mode=Hotplug', '-el', loader, '-r', address, '10001', sandbox.path(file));
      expect(read.output).toContain('Data read successfully');
      expect(readFileSync(sandbox.path(file))).toEqual(Buffer.concat([image, Buffer.of(0xff)]));
    }
  });

  it('-e [1 1] with a loader → its sectors are 64 KB: what stands in them goes, the neighbours stay', async () => {
    await startVirtualBoard({ kit });
    writeFileSync(sandbox.path('a.bin'), Buffer.alloc(0x30000, 0x5a));
    const external = (...argv: readonly string[]) => sandbox.tool('-c', 'port=SWD', 'mode=Hotplug', '-el', loader, ...argv);
    await external('-d', sandbox.path('a.bin'), '0x90000000', '-v');
    expect(await external('-e', '[1', '1]', '-r', '0x90000000', '0x30000', sandbox.path('b.bin'))).toMatchObject({ exitCode: 0 });
    const left = readFileSync(sandbox.path('b.bin'));
    expect([left.subarray(0, 0x10000), left.subarray(0x10000, 0x20000), left.subarray(0x20000)].map((part) => [...new Set(part)])).toEqual([[0x5a], [0xff], [0x5a]]);
  });

  it('a protected sector → the erase and the download fail and change nothing; unprotected again → both work', async () => {
    await startVirtualBoard({ kit });
    writeFileSync(sandbox.path('a.bin'), 'a'.repeat(16));
    await sandbox.tool('-c', 'port=SWD', '-ob', 'WRPS0=0');
    const download = await sandbox.tool('-c', 'port=SWD', '-d', sandbox.path('a.bin'), '0x08000000');
    expect(download).toMatchObject({ exitCode: 1, output: expect.stringContaining('Error: failed to erase memory') });
    expect(await sandbox.tool('-c', 'port=SWD', '-e', 'all')).toMatchObject({ exitCode: 1, output: expect.stringContaining('write protected') });
    expect((await sandbox.tool('-c', 'port=SWD', '-ob', 'WRPS0=1', '-e', 'all', '-d', sandbox.path('a.bin'), '0x08000000', '-v')).output).toContain('Download verified successfully');
  });

  it.each([
    ['no loader', [], 'no external loader is selected'],
    ["another board's loader", ['-el', 'MX25UW25645G_NUCLEO-H7S3L8.stldr'], 'failed to load the external loader'],
  ])('external flash with %s → refused and still erased; with its own → written', async (_what, arguments_, message) => {
    await startVirtualBoard({ kit });
    writeFileSync(sandbox.path('a.bin'), 'abc');
    const download = ['-d', sandbox.path('a.bin'), '0x90000000', '-v'];
    expect(await sandbox.tool('-c', 'port=SWD', ...arguments_, ...download)).toMatchObject({ exitCode: 1, output: expect.stringContaining(message) });
    const dump = async (): Promise<string> => {
      await sandbox.tool('-c', 'port=SWD', '-el', loader, '-r', '0x90000000', '3', sandbox.path('b.bin'));
      return readFileSync(sandbox.path('b.bin'), 'latin1');
    };
    expect(await dump()).toBe('\xff\xff\xff');
    expect(await sandbox.tool('-c', 'port=SWD', '-el', loader, ...download)).toMatchObject({ exitCode: 0 });
    expect(await dump()).toBe('abc');
  });

  it('an OBKey file cut short → RSSLIB_SETOBKEY_BAD_SIZE; whole → provisioned, and its bytes stand in no log', async () => {
    const board = await startVirtualBoard({ kit });
    const whole = Buffer.alloc(12 + 64, 0x5a);
    whole.writeUInt32LE(0x108, 0);
    whole.writeUInt32LE(64, 4);
    whole.writeUInt32LE(0, 8);
    writeFileSync(sandbox.path('whole.obk'), whole);
    writeFileSync(sandbox.path('cut.obk'), whole.subarray(0, -1));
    expect(await sandbox.tool('-c', 'port=SWD', '-vb', '3', '-sdp', sandbox.path('cut.obk'))).toMatchObject({ exitCode: 1, output: expect.stringContaining('Error: RSSLIB_SETOBKEY_BAD_SIZE') });
    const done = await sandbox.tool('-c', 'port=SWD', '-vb', '3', '-sdp', sandbox.path('whole.obk'));
    expect(done).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^OBKey Provisioned successfully$/m) });
    expect(readFileSync(sandbox.path('run', 'boards', `${board.name}.log`), 'latin1')).not.toMatch(/5a5a|ZZZZ/);
  });

  it('its board killed in the middle of a call → an error line and exit status 1, no hang', async () => {
    const board = await startVirtualBoard({ kit, faults: ['slow@-ob displ'] });
    const call = sandbox.tool('-c', 'port=SWD', '-ob', 'displ');
    const log = (): string => readFileSync(sandbox.path('run', 'boards', `${board.name}.log`), 'utf8');
    for (const end = Date.now() + 10_000; Date.now() < end && !log().includes('fault: slow'); ) await sleep(20);
    process.kill(board.pid, 'SIGKILL');
    expect(await call).toMatchObject({ exitCode: 1, output: expect.stringContaining('Error: ST-LINK error (DEV_USB_COMM_ERR)') });
    expect(existsSync(board.socket)).toBe(true);
    expect(listVirtualBoards()).toEqual([]);
    expect(existsSync(board.socket)).toBe(false);
  });
});

describe('a call that fails, on one board', () => {
  let bench: Sandbox;
  beforeAll(async () => {
    bench = new Sandbox();
    await startVirtualBoard({ kit });
  });
  afterAll(() => bench.close());

  it.each([
    ['an unknown command', ['-frobnicate'], 'Invalid command'],
    ['an unknown option byte', ['-ob', 'RDP=1'], 'Option Byte Programming failed'],
    ['a value that does not fit', ['-ob', 'WRPS0=2'], 'Option Byte Programming failed'],
    ['a file that is not there', ['-d', '/nowhere/x.bin', '0x08000000'], 'File does not exist'],
    ['an OBKey file that is not there', ['-sdp', '/nowhere/x.obk'], 'File does not exist'],
    ['an address where nothing is', ['-r32', '0x60000000'], 'Data read failed'],
  ])('%s → an error line and exit status 1', async (_what, argv, message) => {
    const { exitCode, output } = await bench.tool('-c', 'port=SWD', 'mode=Hotplug', ...argv);
    expect(output).toMatch(new RegExp(`^Error: .*${message}`, 'm'));
    expect(exitCode).toBe(1);
  });
});
