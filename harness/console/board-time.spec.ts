import { EventEmitter } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SerialPort } from 'serialport/dist/serialport.js';
import { headBytes, headText, stampAt, stampBytes, stampPlaces, stampText } from '../units/board-time-file.js';
import { sharedClock } from '../units/shared-clock.js';
import { boardTimeOf } from './board-time.js';
import { openConsole } from './console.js';

const folder = mkdtempSync(join(tmpdir(), 'rot-hil-time-'));
const file = join(folder, 'board.time');
let board: number;
/** As a board does: in place, so that a reader sees the old time or the new one. */
const tell = (ms: number, since = 0, until = 0, taken = 0): void => void writeSync(board, headText({ ms, since, until, taken }), 0);

describe('board time', () => {
  afterAll(() => {
    closeSync(board);
    rmSync(folder, { recursive: true, force: true });
  });

  it('of a core that works → what it says; of one that sleeps until its event → goes by the wall up to there; of one that waits → stands; without a file → the wall', async () => {
    const time = boardTimeOf(file);
    const wall = time.now().ms;
    await sleep(20);
    expect(time.now().ms - wall).toBeGreaterThan(10);
    board = openSync(file, 'w');
    tell(1234.5);
    expect([time.now(), time.now()]).toEqual([{ ms: 1234.5, idle: false, taken: 0 }, { ms: 1234.5, idle: false, taken: 0 }]);
    tell(1000, sharedClock() - 50, 10_000);
    expect(time.now().ms).toBeGreaterThanOrEqual(1050);
    expect(time.now().ms).toBeLessThan(2000);
    tell(1000, sharedClock() - 50, 1020);
    expect(time.now()).toEqual({ ms: 1020, idle: false, taken: 0 });
    tell(1000, sharedClock() - 50, 0, 3);
    expect(time.now()).toEqual({ ms: 1000, idle: true, taken: 3 });
    rmSync(file);
    expect(time.now()).toEqual({ ms: 1000, idle: true, taken: 3 });
    time.close();
    closeSync(board);
    board = openSync(file, 'w');
    tell(0);
  });

  describe('a wait on the console', () => {
    const port = Object.assign(new EventEmitter(), { isOpen: true, close: (done: () => void) => done(), write: (_bytes: Buffer, done: () => void) => done() });
    let console: Awaited<ReturnType<typeof openConsole>>;
    beforeAll(async () => {
      console = await openConsole({ path: '/dev/none', baudRate: 115_200, transport: () => Promise.resolve(port as unknown as SerialPort), boardTime: boardTimeOf(file) });
    });
    afterAll(() => console.close());
    const outcome = (withinMs: number): Promise<string> => console.waitFor(/^late$/, { withinMs }).then(({ text }) => text, ({ code }: { code: string }) => code);

    it('of a board that is slower than the wall → lasts in its time, and gets the line', async () => {
      tell(0);
      const waiting = outcome(50);
      for (let ms = 5; ms <= 20; ms += 5) {
        await sleep(40);
        tell(ms);
      }
      port.emit('data', Buffer.from('late\n'));
      expect(await waiting).toBe('late');
    });

    let printed = 0;
    /** The board prints lines, each stamped with its own time, and the terminal carries them. */
    const print = (...lines: (readonly [text: string, ms: number | 'no stamp'])[]): void => {
      for (const [text, ms] of lines) if (ms !== 'no stamp') writeSync(board, stampText({ number: ++printed, ms, crc: crc32(text) }), stampAt(printed));
      port.emit('data', Buffer.from(lines.map(([text]) => `${text}\r\n`).join('')));
    };

    it('of one that is faster → a line that ended at the last moment of its time is in time, one a millisecond later is not, however soon both come', async () => {
      tell(100);
      const inTime = outcome(50);
      print(['x', 140], ['late', 150]);
      expect(await inTime).toBe('late');
      const late = console.waitFor(/^late$/, { withinMs: 50 });
      print(['x', 150], ['late', 151]);
      await expect(late).rejects.toMatchObject({ code: 'console-unexpected', kind: 'subject', message: expect.stringContaining("after 51.0 ms of the board's time"), fields: { withinMs: 50, tookMs: 51 } });
    });

    it('a line twice, of which the first is in time; lines that lost bytes or stamps on their way → each line has the stamp of its own', async () => {
      tell(200);
      const from = console.mark();
      print(['tick', 210], ['tick', 220]);
      writeSync(board, stampText({ number: ++printed, ms: 225, crc: crc32('lost whole') }), stampAt(printed));
      writeSync(board, stampText({ number: ++printed, ms: 226, crc: crc32('lost in parts') }), stampAt(printed));
      print(['st in parts', 'no stamp'], ['tick', 230], ['unstamped', 'no stamp'], ['', 240]);
      expect(console.since(from).map(({ text, boardMs }) => [text, boardMs])).toEqual([['tick', 210], ['tick', 220], ['st in parts', undefined], ['tick', 230], ['unstamped', undefined], ['', 240]]);
    });

    it('more lines at once than the file keeps → the newest have theirs, the others none', () => {
      const from = console.mark();
      const lines = Array.from({ length: stampPlaces + 10 }, (_, i): [string, number] => [`line ${i}`, 300 + i]);
      print(...lines);
      const found = console.since(from).map(({ boardMs }) => boardMs);
      expect(found.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined));
      expect(found.slice(10)).toEqual(lines.slice(10).map(([, ms]) => ms));
    });

    it('a file that says anything else → lines count when they come', async () => {
      writeSync(board, 'x'.repeat(headBytes + stampPlaces * stampBytes), 0);
      tell(0);
      const waiting = outcome(50);
      print(['late', 'no stamp']);
      expect(await waiting).toBe('late');
    });

    it('of one that sleeps until an event of its own, and whose host is late in waking it → lasts until that event is over', async () => {
      tell(0, sharedClock(), 40);
      const waiting = outcome(50);
      await sleep(120);
      print(['late', 'no stamp']);
      expect(await waiting).toBe('late');
    });

    it('of one that waits for input, after something was sent that it has not taken → lasts until it has', async () => {
      tell(7, sharedClock());
      await console.send('go');
      const waiting = outcome(30);
      await sleep(150);
      tell(7, sharedClock(), 0, 2);
      print(['late', 'no stamp']);
      expect(await waiting).toBe('late');
    });

    it('of one that does not go on any more, or sleeps → ends', async () => {
      tell(7);
      expect(await outcome(30)).toBe('console-silent');
      tell(7, sharedClock(), 0, 2);
      expect(await outcome(30)).toBe('console-silent');
    });
  });
});
