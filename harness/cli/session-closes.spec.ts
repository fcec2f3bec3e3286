import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { buildPasswordFile } from '../keys/index.js';
import type { BoardEntry } from '../virtual-board/index.js';
import { injectVirtualFaults, startVirtualBoard, stopVirtualBoard, virtualBoardStatus } from '../virtual-board/index.js';
import type { BoardSession } from '../session/board-session.js';
import type { ClosingOptions } from '../session/closed-board.js';
import { openSession } from '../session/open-session.js';
import type { SessionEvent } from '../session/session-options.js';

jest.setTimeout(120_000);

const prebuilt = (name: string): string => fileURLToPath(new URL(`../../firmware-fixtures/prebuilt/${name}`, import.meta.url));
let folder: string;
let entry: BoardEntry;
let events: SessionEvent[] = [];

/** One session after the other on the same board, as runs are. */
async function withSession<T>(closing: ClosingOptions | undefined, body: (board: BoardSession) => Promise<T>, bootPath: 'stirot' | 'oemirot' = 'stirot'): Promise<T> {
  events = [];
  const session = await openSession({
    bench: {
      name: 'closing', kit: 'stm32h7s78-dk', probe: entry.probe, console: { path: entry.console, baudRate: 115200 }, programmerPath: join(entry.toolDirectory, 'STM32_Programmer_CLI'),
      externalLoader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr', bootLoaderLoader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1-SFIx.stldr', rotBinary: { path: prebuilt('oemirot-placeholder.bin'), address: 0x08000000 },
    },
    configuration: { bootPath, mode: 'overwrite', exec: 'int-ram' },
    seed: 3,
    workDirectory: join(folder, 'work'),
    ...(closing === undefined ? {} : { closing }),
    onEvent: (event) => events.push(event),
  });
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}
const image = (board: BoardSession, signedBy?: 'stranger') => board.signApplication(prebuilt('app-1.0.0-stirot.elf'), { version: '1.0.0', ...(signedBy === undefined ? {} : { signKey: board.strangerKeys.authentication.privateKey }) });
const steps = (): string[] => events.flatMap((event) => (event.event === 'step' ? [event.detail.replace(/:.*/, '')] : []));
const state = async (): Promise<string> => (await virtualBoardStatus('closing')).productState;
const permitted = { productStates: ['PROVISIONING', 'CLOSED'], locked: false } as const;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-closed-'));
  mkdirSync(join(folder, 'work'));
  process.env['ROT_HIL_RUNTIME_DIR'] = join(folder, 'run');
  process.env['ROT_HIL_STATE_DIR'] = join(folder, 'state');
  writeFileSync(join(folder, 'password.bin'), buildPasswordFile('sixteen letters!'), { mode: 0o600 });
  entry = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'closing', configuration: { bootPath: 'stirot' } });
});
afterAll(async () => {
  await stopVirtualBoard('closing');
  rmSync(folder, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
  delete process.env['ROT_HIL_STATE_DIR'];
});

describe('a board that a session closes', () => {
  it('no image; an image of a stranger; nobody permits it → refused for that, and no call has changed the board', async () => {
    await withSession({ permissions: permitted, boardArguments: '--board desk' }, async (board) => {
      await expect(board.provision({})).rejects.toMatchObject({ code: 'image-needed', kind: 'usage' });
      await expect(board.provision({ image: image(board, 'stranger') })).rejects.toMatchObject({ code: 'brick-guard', kind: 'guard', fields: { rules: ['images'] } });
    });
    await withSession(undefined, async (board) => {
      await expect(board.provision({ image: image(board) })).rejects.toMatchObject({ code: 'brick-guard', kind: 'guard', fields: { rules: ['permission'] } });
    });
    expect(steps()).toEqual([]);
    expect(await state()).toBe('OPEN');
  });

  it('permitted, by password, the serial port renamed while the boot loader has it → closed and started, nothing of its first start lost; then opened again', async () => {
    const port = readlinkSync(entry.console);
    await injectVirtualFaults('closing', ['com-renamed@-e:2']);
    await withSession({ permissions: permitted, boardArguments: '--board desk', credential: { method: 'password', password: join(folder, 'password.bin') } }, async (board) => {
      await board.provision({ image: image(board) });
      expect(await state()).toBe('CLOSED-PASSWORD');
      expect(readlinkSync(entry.console)).not.toBe(port);
      // Given up for the erasure of the primary slot, and for the application.
      expect(board.console.gaps).toHaveLength(2);
      const banners = board.console.since(0).filter(({ text }) => text.includes('fixture=app version=1.0.0'));
      expect(banners.length).toBeGreaterThan(0);
      // Every byte that the board has printed since it was switched on.
      const received = board.console.since(0).reduce((sum, { text }) => sum + text.length + 2, 0);
      expect((await virtualBoardStatus('closing')).console).toEqual({ sent: received, dropped: 0 });
      expect(steps().slice(-2)).toEqual(['attach-under-reset-6', 'close']);

      expect(await board.regress()).toBe('CLOSED');
      expect(await state()).toBe('OPEN');
      expect(await board.regress()).toBe('OPEN');
      expect(steps().slice(-2)).toEqual(['discover', 'regress']);
    });
    const journals = readdirSync(join(folder, 'state', 'journals'), { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    const journal = journals.map((each) => readFileSync(join(each.parentPath, each.name), 'utf8')).join('');
    expect(journal).toMatch(/"step":"close"[^]*"step":"regress"/);
    expect(journal).not.toContain('sixteen letters!');
  });

  it('a boot path of product state OPEN, closing it stopped in PROVISIONING → told; whoever provisions the board next opens it first, and it starts', async () => {
    await withSession({ permissions: permitted, boardArguments: '--board desk' }, async (board) => {
      const application = board.signApplication(prebuilt('app-1.0.0-int-ram.elf'), { version: '1.0.0' });
      await injectVirtualFaults('closing', ['obk-size@-sdp:2']);
      await expect(board.provisionClosed({ image: application })).rejects.toMatchObject({ code: 'obk-bad-size' });
      expect(await state()).toBe('PROVISIONING');
      await board.provision({ image: application });
      expect(steps()).toContain('regress');
      expect(await state()).toBe('OPEN');
      expect((await board.boot()).banner).toMatchObject({ version: '1.0.0' });
    }, 'oemirot');
  });
});
