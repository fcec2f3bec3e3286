import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Console } from './console.js';
import { openConsole } from './console.js';
import type { InteractiveOptions } from './interactive.js';
import { interact } from './interactive.js';
import type { TerminalPair } from './testing/terminal-pair.js';
import { terminalPair } from './testing/terminal-pair.js';

/** A terminal's keyboard: raw or not, as set last. */
class FakeKeyboard extends EventEmitter {
  raw: boolean[] = [];
  paused = true;
  constructor(readonly isTTY: boolean) {
    super();
  }
  setRawMode(raw: boolean): void {
    this.raw.push(raw);
  }
  resume(): void {
    this.paused = false;
  }
  pause(): void {
    this.paused = true;
  }
  type(text: string): void {
    this.emit('data', Buffer.from(text, 'latin1'));
  }
}

let runtime: string;
let terminal: TerminalPair;
let board: Console;
let shown: string;
let abort: AbortController;
const start = (keyboard: FakeKeyboard, more: Partial<InteractiveOptions> = {}): Promise<'quit' | 'aborted'> =>
  interact({ console: board, keyboard, screen: { write: (text: string) => ((shown += text), true) }, signal: abort.signal, ...more });
const received = async (text: string): Promise<void> => {
  for (let n = 0; n < 200 && terminal.received() !== text; n++) await sleep(10);
  expect(terminal.received()).toBe(text);
};

beforeEach(async () => {
  runtime = mkdtempSync(join(tmpdir(), 'rot-hil-interact-'));
  process.env['ROT_HIL_RUNTIME_DIR'] = runtime;
  terminal = terminalPair();
  board = await openConsole({ path: terminal.path, baudRate: 115200 });
  shown = '';
  abort = new AbortController();
});
afterEach(async () => {
  await board.close();
  terminal.remove();
  rmSync(runtime, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
});

describe('an interactive terminal', () => {
  it('keys → sent, Enter as CR LF, Ctrl-C to the board; Ctrl-] → ends, keyboard no longer raw', async () => {
    const keyboard = new FakeKeyboard(true);
    const running = start(keyboard);
    keyboard.type('1 identify\r');
    keyboard.type('\x03');
    await received('1 identify\r\n\x03');
    expect(keyboard.raw).toEqual([true]);
    keyboard.type('\x1d');
    expect(await running).toBe('quit');
    expect(keyboard.raw).toEqual([true, false]);
    expect(keyboard.paused).toBe(true);
    expect(keyboard.listenerCount('data')).toBe(0);
  });

  it('Ctrl-R → a reset, and nothing is sent; a reset that fails → said, and the terminal lives on', async () => {
    const keyboard = new FakeKeyboard(true);
    let resets = 0;
    const running = start(keyboard, {
      onReset: async () => {
        if (++resets === 2) throw new Error('no probe');
      },
    });
    keyboard.type('\x12');
    keyboard.type('\x12');
    keyboard.type('x');
    await received('x');
    expect(resets).toBe(2);
    expect(shown).toContain('[reset failed: no probe]');
    keyboard.type('\x1d');
    await running;
  });

  it('another line end and echo → as asked', async () => {
    const keyboard = new FakeKeyboard(true);
    const running = start(keyboard, { newline: '\n', echo: true });
    keyboard.type('a\r');
    await received('a\n');
    expect(shown).toBe('a\r\n');
    keyboard.type('\x1d');
    await running;
  });

  it('a pipe as keyboard → its lines are sent, its control characters too, its end ends nothing', async () => {
    const keyboard = new FakeKeyboard(false);
    const running = start(keyboard);
    keyboard.type('a\n\x1d');
    keyboard.emit('end');
    await received('a\r\n\x1d');
    abort.abort();
    expect(await running).toBe('aborted');
    expect(keyboard.raw).toEqual([]);
  });

  it('the port vanishes → console-lost, keyboard no longer raw', async () => {
    const keyboard = new FakeKeyboard(true);
    const running = start(keyboard);
    terminal.remove();
    await expect(running).rejects.toMatchObject({ code: 'console-lost', kind: 'bench' });
    expect(keyboard.raw.at(-1)).toBe(false);
  });

  it('aborted before it begins → ends at once, never raw', async () => {
    abort.abort();
    const keyboard = new FakeKeyboard(true);
    expect(await start(keyboard)).toBe('aborted');
    expect(keyboard.raw).not.toContain(true);
  });
});
