import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { startVirtualBoard, virtualBoardStatus } from './index.js';
import type { BoardEntry } from './index.js';
import { toolDirectory } from './package-root.js';
import { Sandbox } from './testing/sandbox.js';

jest.setTimeout(30_000);

describe('calls of the tool in the process of the board', () => {
  let sandbox: Sandbox;
  let board: BoardEntry;
  const cli = join(toolDirectory(), 'STM32_Programmer_CLI');
  const swd = (): string[] => ['-c', 'port=SWD', `sn=${board.probe.sn}`, 'mode=Hotplug'];

  /** `node`: what the wrapper would start; a program that fails shows that it started nothing. */
  async function call(argv: readonly string[], { how = '', node = process.execPath }: { how?: string; node?: string } = {}): Promise<{ exitCode: number | undefined; output: string }> {
    const { exitCode, all } = await execa(cli, argv, { reject: false, all: true, timeout: 20_000, cwd: sandbox.path('here'), env: { ROT_HIL_RUNTIME_DIR: sandbox.path('run'), ROT_HIL_TOOL: how, ROT_HIL_NODE: node } });
    return { exitCode, output: all.replace(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME') };
  }

  beforeAll(async () => {
    sandbox = new Sandbox();
    mkdirSync(sandbox.path('here'));
    board = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'one' });
  });
  afterAll(() => sandbox.close());

  it('reads, writes, option bytes, refusals, files by relative names → status and every line as from a process of its own, which is not started', async () => {
    writeFileSync(sandbox.path('here', 'a.bin'), 'twelve bytes');
    for (const rest of [['-r32', '0x24000000', '16'], ['-ob', 'displ'], ['-d', 'a.bin', '0x24000000', '-v'], ['-r', '0x24000000', '12', 'b.bin'], ['-hardrst'], ['-sdp', 'none.obk'], ['-frobnicate'], ['-d', 'a.bin', '0x90000000'], ['-w32', '0xe0000001', '1']]) {
      const alone = await call([...swd(), ...rest], { how: 'process' });
      expect(await call([...swd(), ...rest], { node: 'false' })).toEqual(alone);
      expect(alone.exitCode).toBe(['-sdp', '-frobnicate', '-w32'].includes(rest[0]!) || rest[2] === '0x90000000' ? 1 : 0);
    }
    expect(readFileSync(sandbox.path('here', 'b.bin'), 'latin1')).toBe('twelve bytes');
    expect(await call([...swd(), '-hardrst'], { node: 'false', how: 'process' })).toEqual({ exitCode: 1, output: '' });
  });

  it('debug authentication, whose keys stay with the tool, a board of no serial number, and one on which faults wait → a process of its own', async () => {
    expect(await call(['-c', 'port=SWD', `sn=${board.probe.sn}`, 'debugauth=1', 'per=a', 'pwd=none'], { node: 'false' })).toEqual({ exitCode: 1, output: '' });
    const discovery = ['-c', 'port=SWD', `sn=${board.probe.sn}`, 'debugauth=2'];
    expect(await call(discovery, { node: 'false' })).toEqual(await call(discovery, { how: 'process' }));
    expect(await call(['-c', 'port=SWD', '-hardrst'], { node: 'false' })).toEqual({ exitCode: 1, output: '' });
    const faulty = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'faulty', faults: ['error-exit-0@-hardrst'] });
    const reset = ['-c', 'port=SWD', `sn=${faulty.probe.sn}`, 'mode=Hotplug', '-hardrst'];
    expect(await call(reset)).toMatchObject({ exitCode: 0, output: expect.stringContaining('Error: DEV_TARGET_RESET_ERR') });
    expect(await call(reset, { node: 'false' })).toMatchObject({ exitCode: 0, output: expect.stringContaining('Hard reset is performed') });
  });

  it('its caller gone in the middle of a call, or speaking nonsense → the probe is free, the board lives', async () => {
    const path = sandbox.path('run', 'boards', `${board.probe.sn}.tool`);
    const send = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let answer = '';
        const socket = connect(path, () => socket.write(text));
        socket.on('data', (chunk) => (answer += chunk.toString()));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(answer));
      });
    for (const nonsense of ['x\n', '-1\nabc', '99999999\n', '1'.repeat(300_000)]) expect(await send(nonsense)).toBe('');
    expect(await send('0\n')).toMatch(/STM32CubeProgrammer[^]*\x000$/);
    const caller = spawn(cli, [...swd(), '-r', '0x24000000', '0x10000', '/dev/full'], { stdio: 'ignore', env: { ...process.env, ROT_HIL_NODE: 'false' } });
    await sleep(20);
    caller.kill('SIGKILL');
    expect(await call([...swd(), '-hardrst'], { node: 'false' })).toMatchObject({ exitCode: 0 });
    await expect(virtualBoardStatus('one')).resolves.toMatchObject({ state: 'empty' });
  });
});
