import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openSession, type BoardSession } from '../session/index.js';
import { lineCrc } from '../session/fixture-line.js';
import type { BoardEntry } from '../virtual-board/index.js';
import { startVirtualBoard, stopVirtualBoard } from '../virtual-board/index.js';

jest.setTimeout(120_000);

const prebuilt = (name: string): string => fileURLToPath(new URL(`../../firmware-fixtures/prebuilt/${name}`, import.meta.url));
let folder: string;
let entry: BoardEntry;
let board: BoardSession;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-bt-'));
  mkdirSync(join(folder, 'work'));
  process.env['ROT_HIL_RUNTIME_DIR'] = join(folder, 'run');
  process.env['ROT_HIL_STATE_DIR'] = join(folder, 'state');
  entry = await startVirtualBoard({ kit: 'stm32h7s78-dk', name: 'timed', configuration: {} });
  board = await openSession({
    bench: {
      name: 'timed', kit: 'stm32h7s78-dk', probe: entry.probe, console: { path: entry.console, baudRate: 115200 }, timeFile: entry.timeFile, programmerPath: join(entry.toolDirectory, 'STM32_Programmer_CLI'),
      externalLoader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr', bootLoaderLoader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1-SFIx.stldr', rotBinary: { path: prebuilt('oemirot-placeholder.bin'), address: 0x08000000 },
    },
    configuration: { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' },
    seed: 4,
    workDirectory: join(folder, 'work'),
    onEvent: () => undefined,
  });
  await board.provision({ image: board.signApplication(prebuilt('app-1.0.0.elf'), { version: '1.0.0' }) });
  await board.boot();
});
afterAll(async () => {
  await board.close();
  await stopVirtualBoard('timed');
  rmSync(folder, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
  delete process.env['ROT_HIL_STATE_DIR'];
});

let seq = 100;
/** Asks for a checksum over that much, for which the application works some time. By hand: a session without an answer is over. */
async function asked(withinMs: number): Promise<string> {
  const text = `${String(++seq)} crc32 0x70000400 0x1f0000`;
  const answer = new RegExp(`^@${String(seq)} ok `);
  const from = board.mark();
  const waiting = board.console.waitFor(answer, { withinMs });
  await board.console.send(`${text}*${lineCrc(text)}\n`);
  // Whether nothing had come when it was over, or the answer came too late, is a matter of the host.
  const outcome = await waiting.then(() => 'answered', ({ code }: { code: string }) => (['console-silent', 'console-unexpected'].includes(code) ? 'late' : code));
  await board.console.waitFor(answer, { from, withinMs: 10_000 });
  return outcome;
}

describe("time limits on a virtual board, in the board's time", () => {
  it('an answer that takes the board so long → in time within a little more, late within a little less, however fast or slow the host is', async () => {
    const before = board.mark();
    expect([await asked(10_000), await asked(10_000)]).toEqual(['answered', 'answered']);
    const ends = board.linesSince(before).flatMap(({ text, boardMs }) => (text.startsWith('@') ? [boardMs!] : []));
    // Nothing else is in it: while the board waited for the request, its time stood still.
    const tookMs = ends[1]! - ends[0]!;
    expect(tookMs).toBeGreaterThan(80);
    for (const stopped of [0, 0, 1, 1]) {
      // A host that is busy with something else: the board stands still meanwhile.
      const stop = async (): Promise<void> => {
        if (stopped === 0) return;
        await sleep(10);
        process.kill(entry.pid, 'SIGSTOP');
        await sleep(400);
        process.kill(entry.pid, 'SIGCONT');
      };
      expect(await Promise.all([asked(tookMs + 10), stop()])).toEqual(['answered', undefined]);
      expect(await Promise.all([asked(tookMs - 10), stop()])).toEqual(['late', undefined]);
    }
  });
});
