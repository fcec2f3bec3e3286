import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SerialPort } from 'serialport';
import { ConsolePort } from './console-port.js';

/** A board's console and, opened as a harness does, its other end. */
async function open(path: string): Promise<{ port: SerialPort; seen: Buffer[]; text: () => string }> {
  const port = new SerialPort({ path, baudRate: 115200 });
  const seen: Buffer[] = [];
  port.on('data', (bytes: Buffer) => seen.push(bytes));
  await new Promise((resolve) => port.once('open', resolve));
  return { port, seen, text: () => Buffer.concat(seen).toString('latin1') };
}
const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
};
const close = (port: SerialPort): Promise<void> => new Promise((resolve) => port.close(() => { resolve(); }));

describe('console port', () => {
  let console: ConsolePort;
  let received: Buffer[] = [];
  const start = async (): Promise<void> => {
    received = [];
    console = await ConsolePort.open((bytes) => received.push(bytes));
  };
  afterEach(() => console.close());

  it('every byte value in both directions → unchanged, nothing echoed', async () => {
    await start();
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const { port, seen } = await open(console.path);
    console.write(all);
    port.write(all);
    await until(() => Buffer.concat(seen).length >= 256 && Buffer.concat(received).length >= 256);
    expect(Buffer.concat(seen)).toEqual(all);
    expect(Buffer.concat(received)).toEqual(all);
    await close(port);
  });

  it('closed and opened again → the board is still there, and what it printed before is not seen', async () => {
    await start();
    await close((await open(console.path)).port);
    console.write(Buffer.from('unseen\r\n'));
    const { port, text } = await open(console.path);
    console.write(Buffer.from('seen\r\n'));
    await until(() => text().includes('\n'));
    expect(text()).toBe('seen\r\n');
    await close(port);
  });

  it('a reader that takes its time → every byte of more than the kernel holds, in order', async () => {
    await start();
    const { port, text } = await open(console.path);
    port.pause();
    const lines = Array.from({ length: 800 }, (_, i) => `line ${String(i).padStart(40, '.')}\r\n`);
    for (const line of lines) console.write(Buffer.from(line));
    await new Promise((resolve) => setTimeout(resolve, 100));
    port.resume();
    await until(() => text().length === lines.join('').length);
    expect(text()).toBe(lines.join(''));
    expect(console.dropped).toBe(0);
    await close(port);
  });

  it('enumerates anew → whoever has it open loses it; another name, to which the one that stays leads; the board talks and listens there', async () => {
    received = [];
    const folder = mkdtempSync(join(tmpdir(), 'rot-hil-tty-'));
    const link = join(folder, 'desk.tty');
    console = await ConsolePort.open((bytes) => received.push(bytes), { link });
    const old = console.path;
    const { port } = await open(link);
    const lost = new Promise((resolve) => port.once('close', resolve));
    console.reenumerate();
    await until(() => console.path !== old && existsSync(link));
    expect(readlinkSync(link)).toBe(console.path);
    await lost;
    const next = await open(link);
    console.write(Buffer.from('here\r\n'));
    next.port.write('?');
    await until(() => next.text().includes('\n') && received.length > 0);
    expect([next.text(), Buffer.concat(received).toString()]).toEqual(['here\r\n', '?']);
    await close(next.port);
    rmSync(folder, { recursive: true });
  });

  it('a flood that nobody reads → the board is not blocked, what is lost is counted', async () => {
    await start();
    const line = Buffer.from('x'.repeat(1000));
    for (let i = 0; i < 400; i++) console.write(line);
    expect(console.sent).toBe(400_000);
    expect(console.dropped).toBeGreaterThan(250_000);
    expect(console.dropped).toBeLessThan(400_000);
  });
});
