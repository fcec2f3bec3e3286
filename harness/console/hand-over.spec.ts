import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Console } from './console.js';
import { openConsole } from './console.js';
import type { TerminalPair } from './testing/terminal-pair.js';
import { terminalPair } from './testing/terminal-pair.js';

let runtime: string;
let terminals: TerminalPair[];
let board: Console | undefined;
const terminal = (): TerminalPair => {
  const made = terminalPair();
  terminals.push(made);
  return made;
};

beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'rot-hil-hand-over-'));
  process.env['ROT_HIL_RUNTIME_DIR'] = runtime;
  terminals = [];
});
afterEach(async () => {
  await board?.close();
  terminals.forEach((each) => each.remove());
  rmSync(runtime, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
});

describe('the port given to the boot loader', () => {
  it('given up and taken back → another may open it meanwhile, lines before and after are kept, a waiter waits on, the gap is told', async () => {
    const [one] = [terminal()];
    board = await openConsole({ path: one.path, baudRate: 115200 });
    const late = board.waitFor(/^after/, { withinMs: 5000 });
    one.print('before\r\nunfinished');
    await board.waitFor(/^before$/, { withinMs: 5000, from: 0 });
    await board.release();
    expect(board.since(0).map(({ text }) => text)).toEqual(['before', 'unfinished']);
    const other = await openConsole({ path: one.path, baudRate: 921600 });
    one.print('boot loader\r\n');
    await other.waitFor(/boot loader/, { withinMs: 2000, from: 0 });
    await other.close();
    await board.takeBack();
    one.print('after\r\n');
    expect((await late).text).toBe('after');
    expect(board.since(0).map(({ text }) => text)).toEqual(['before', 'unfinished', 'after']);
    expect(board.gaps).toEqual([{ before: 2, from: expect.any(Number), to: expect.any(Number) }]);
  });

  it('what was printed just before → read before it is given up', async () => {
    const one = terminal();
    board = await openConsole({ path: one.path, baudRate: 115200 });
    for (let n = 0; n < 200; n++) one.print(`line ${n}\r\n`);
    await board.release();
    expect(board.since(0)).toHaveLength(200);
  });

  it('the probe enumerates anew under another name → found there', async () => {
    const [one, two] = [terminal(), terminal()];
    const link = join(runtime, 'by-id');
    symlinkSync(two.path, link);
    let there = 0;
    board = await openConsole({ path: one.path, baudRate: 115200, locate: async () => (++there < 3 ? undefined : link) });
    await board.release();
    one.remove();
    await board.takeBack();
    expect(board.path).toBe(link);
    two.print('here\r\n');
    expect((await board.waitFor(/here/, { withinMs: 2000, from: 0 })).text).toBe('here');
  });

  it('a port that does not come back → console-lost, and every later call says so', async () => {
    const one = terminal();
    board = await openConsole({ path: one.path, baudRate: 115200 });
    await board.release();
    one.remove();
    await expect(board.takeBack(300)).rejects.toMatchObject({ code: 'console-lost', kind: 'bench' });
    await expect(board.send('x')).rejects.toMatchObject({ code: 'console-lost' });
  });

  it('sending while it is given up → refused at once; closing → frees it for good', async () => {
    const one = terminal();
    board = await openConsole({ path: one.path, baudRate: 115200 });
    await board.release();
    await expect(board.send('x')).rejects.toMatchObject({ code: 'console-released' });
    await board.close();
    await expect(board.takeBack()).rejects.toMatchObject({ code: 'console-closed' });
  });
});
