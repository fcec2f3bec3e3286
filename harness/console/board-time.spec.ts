import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SerialPort } from 'serialport';
import { sharedClock } from '../units/shared-clock.js';
import { boardTimeOf } from './board-time.js';
import { openConsole } from './console.js';

const folder = mkdtempSync(join(tmpdir(), 'rot-hil-time-'));
const file = join(folder, 'board.time');
/** As a board does: in place, so that a reader sees the old time or the new one. */
const tell = (ms: number, since = 0): void => writeFileSync(file, `${ms.toFixed(3)} ${since}`.padEnd(40), { flag: existsSync(file) ? 'r+' : 'w' });

describe('board time', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('of a core that works → what it says; of one that sleeps → goes by the wall; without a file → the wall', async () => {
    const time = boardTimeOf(file);
    const wall = time();
    await sleep(20);
    expect(time() - wall).toBeGreaterThan(10);
    tell(1234.5);
    expect([time(), time()]).toEqual([1234.5, 1234.5]);
    tell(1000, sharedClock() - 50);
    expect(time()).toBeGreaterThanOrEqual(1050);
    expect(time()).toBeLessThan(2000);
  });

  describe('a wait on the console', () => {
    const port = Object.assign(new EventEmitter(), { isOpen: true, close: (done: () => void) => done() });
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

    it('of one that does not go on any more, or sleeps → ends', async () => {
      tell(7);
      expect(await outcome(30)).toBe('console-silent');
      tell(7, sharedClock());
      expect(await outcome(30)).toBe('console-silent');
    });
  });
});
