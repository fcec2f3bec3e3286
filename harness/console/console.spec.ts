import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HarnessError } from '../errors/index.js';
import type { Console } from './console.js';
import { openConsole } from './console.js';
import type { ConsoleLine } from './line-log.js';
import type { TerminalPair } from './testing/terminal-pair.js';
import { terminalPair } from './testing/terminal-pair.js';

let terminal: TerminalPair;
let opened: Console[];
let runtime: string;
const open = async (onLine?: (line: ConsoleLine) => void): Promise<Console> => {
  const board = await openConsole({ path: terminal.path, baudRate: 115200, ...(onLine === undefined ? {} : { onLine }) });
  opened.push(board);
  return board;
};
const failure = async (promise: Promise<unknown>): Promise<HarnessError> =>
  promise.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => error as HarnessError,
  );
const until = async (condition: () => boolean): Promise<void> => {
  for (let n = 0; n < 200 && !condition(); n++) await sleep(10);
};

beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'rot-hil-console-'));
  process.env['ROT_HIL_RUNTIME_DIR'] = runtime;
  terminal = terminalPair();
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((board) => board.close()));
  terminal.remove();
  rmSync(runtime, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
});

describe('waiting for a line', () => {
  it('the line comes → it, with its time; lines before it are kept', async () => {
    const heard: string[] = [];
    const board = await open((line) => heard.push(line.text));
    const mark = board.mark();
    const waiting = board.waitFor(/^\[INF\] Jumping/, { withinMs: 2000 });
    terminal.print('[INF] Starting\r\n[INF] Jump');
    await sleep(20);
    terminal.print('ing to the first image slot\r\n');
    const line = await waiting;
    expect(line).toMatchObject({ number: 1, text: '[INF] Jumping to the first image slot' });
    expect(line.at).toBeGreaterThanOrEqual(board.since(mark)[0]!.at);
    expect(board.since(mark).map(({ text }) => text)).toEqual(heard);
  });

  it('the line came before, but after the mark → at once; without the mark → not seen', async () => {
    const board = await open();
    const mark = board.mark();
    terminal.print('banner\r\n');
    await board.waitFor(/banner/, { withinMs: 2000, from: mark });
    expect((await board.waitFor(/banner/, { withinMs: 10, from: mark })).text).toBe('banner');
    expect(await failure(board.waitFor(/banner/, { withinMs: 30 }))).toMatchObject({ code: 'console-silent' });
  });

  it('a prompt without line end → only when partial lines are asked for', async () => {
    const board = await open();
    const [partial, whole] = [board.waitFor(/choice: $/, { withinMs: 2000, partial: true }), failure(board.waitFor(/choice: $/, { withinMs: 300 }))];
    terminal.print('your choice: ');
    expect((await partial).text).toBe('your choice: ');
    expect(await whole).toMatchObject({ code: 'console-unexpected' });
  });

  it('a regular expression with state, twice → both found', async () => {
    const board = await open();
    const pattern = /ok/g;
    const first = board.waitFor(pattern, { withinMs: 2000 });
    const second = board.waitFor(pattern, { withinMs: 2000 });
    terminal.print('ok\n');
    expect((await first).number).toBe((await second).number);
  });

  it('nothing at all comes → console-silent, a bench error with what to check', async () => {
    const board = await open();
    expect(await failure(board.waitFor(/x/, { withinMs: 50, what: 'the banner' }))).toMatchObject({
      code: 'console-silent',
      kind: 'bench',
      message: expect.stringContaining('the banner'),
      nextStep: expect.stringContaining('baud rate'),
    });
  });

  it('other lines come → console-unexpected, the last of them in it', async () => {
    const board = await open();
    const waiting = failure(board.waitFor(/banner/, { withinMs: 300 }));
    terminal.print('[ERR] Unable to find bootable image\r\nhalf');
    expect(await waiting).toMatchObject({ code: 'console-unexpected', kind: 'subject', fields: { lines: ['[ERR] Unable to find bootable image', 'half'] } });
  });

  it('aborted → interrupted', async () => {
    const board = await open();
    const abort = new AbortController();
    const waiting = failure(board.waitFor(/x/, { withinMs: 5000, signal: abort.signal }));
    abort.abort();
    expect(await waiting).toMatchObject({ code: 'interrupted' });
    expect(await failure(board.waitFor(/x/, { withinMs: 5000, signal: abort.signal }))).toMatchObject({ code: 'interrupted' });
  });

  it('a cut between two halves → the second half is a line after the mark', async () => {
    const board = await open();
    terminal.print('old ha');
    await board.waitFor(/old/, { withinMs: 2000, from: 0, partial: true });
    const mark = board.cut();
    terminal.print('new\r\n');
    await board.waitFor(/new/, { withinMs: 2000, from: mark });
    expect(board.since(mark).map(({ text }) => text)).toEqual(['new']);
  });
});

describe('the port', () => {
  it('text sent → it reaches the board byte for byte', async () => {
    const board = await open();
    await board.send('1 identify*0a\n\xff');
    await until(() => terminal.received().endsWith('\xff'));
    expect(terminal.received()).toBe('1 identify*0a\n\xff');
  });

  it('binary garbage in a flood → escaped lines, and the console lives on', async () => {
    const board = await open();
    const all = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 131) & 255));
    const waiting = board.waitFor(/^after$/, { withinMs: 3000 });
    terminal.print(all);
    await sleep(20);
    terminal.print('\nafter\n');
    expect((await waiting).text).toBe('after');
    expect(board.since().every(({ text }) => /^[\t -~]*$/.test(text))).toBe(true);
  });

  it('open already in this process → console-busy, naming the holder; free again after close', async () => {
    const board = await open();
    const error = await failure(open());
    expect(error).toMatchObject({ code: 'console-busy', kind: 'bench', message: expect.stringContaining(`process ${process.pid}`) });
    await board.close();
    const again = await open();
    terminal.print('hello\n');
    expect((await again.waitFor(/hello/, { withinMs: 2000, from: 0 })).text).toBe('hello');
  });

  it('open in another process → console-busy; killed with -9 → free', async () => {
    const script = `const { SerialPort } = require('serialport');
      new SerialPort({ path: ${JSON.stringify(terminal.path)}, baudRate: 115200 }, (error) => { console.log(error ? error.message : 'open'); });`;
    const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => other.stdout.once('data', resolve));
    expect(await failure(open())).toMatchObject({ code: 'console-busy', kind: 'bench' });
    const ended = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await ended;
    await open();
  });

  it('not there → console-missing', async () => {
    expect(await failure(openConsole({ path: '/dev/rot-hil-no-such-port', baudRate: 115200 }))).toMatchObject({ code: 'console-missing', kind: 'bench' });
  });

  it('the board is killed → every waiter fails at once with console-lost, later calls too, nothing is left unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const board = await open();
    const started = performance.now();
    const first = failure(board.waitFor(/x/, { withinMs: 60_000 }));
    const second = failure(board.waitFor(/y/, { withinMs: 60_000 }));
    // Nobody looks at this one.
    void board.waitFor(/z/, { withinMs: 60_000 });
    terminal.print('last words\nhal');
    await board.waitFor(/last words/, { withinMs: 2000, from: 0 });
    terminal.remove();
    expect(await first).toMatchObject({ code: 'console-lost', kind: 'bench' });
    expect(await second).toMatchObject({ code: 'console-lost' });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await failure(board.send('x'))).toMatchObject({ code: 'console-lost' });
    expect(await failure(board.waitFor(/x/, { withinMs: 60_000 }))).toMatchObject({ code: 'console-lost' });
    expect(board.since().map(({ text }) => text)).toEqual(['last words', 'hal']);
    await sleep(20);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('closed while somebody waits → console-closed; closing twice is one', async () => {
    const board = await open();
    const waiting = failure(board.waitFor(/x/, { withinMs: 60_000 }));
    await Promise.all([board.close(), board.close()]);
    expect(await waiting).toMatchObject({ code: 'console-closed' });
    expect(await failure(board.send('x'))).toMatchObject({ code: 'console-closed' });
  });
});
