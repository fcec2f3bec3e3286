import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Console } from '../console/index.js';
import { openConsole } from '../console/index.js';
import type { AwaitBootOptions } from './await-boot.js';
import { awaitBoot } from './await-boot.js';
import type { BootReport } from './boot-report.js';
import { ScriptedBoard, banner, bootLog } from './testing/scripted-board.js';

let runtime: string;
let board: ScriptedBoard;
let terminal: Console;
const boot = (more: Partial<AwaitBootOptions> = {}): Promise<BootReport> =>
  awaitBoot(terminal, { from: terminal.cut(), resetDoneAt: terminal.now(), wasLooping: false, expect: 'application', withinMs: 3000, ...more });
const noImageLog = ['[INF] Starting bootloader OEMiROT', '[INF] Swap type: none', '[INF] Starting validation of primary slot(s)', '[ERR] Unable to find bootable image'];

beforeEach(async () => {
  runtime = mkdtempSync(join(tmpdir(), 'rot-hil-boot-'));
  process.env['ROT_HIL_RUNTIME_DIR'] = runtime;
  board = new ScriptedBoard();
  terminal = await openConsole({ path: board.path, baudRate: 115200 });
});
afterEach(async () => {
  await terminal.close();
  board.remove();
  rmSync(runtime, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
});

describe('a start that is to end in the application', () => {
  it('log and banner → the report', async () => {
    const running = boot();
    board.print(...bootLog('test'), banner('1.1.0'));
    const report = await running;
    expect(report).toMatchObject({ swapType: 'test', jumped: true, starts: 1, banner: { version: '1.1.0', run: '0x70000400' } });
    expect(report.rotLines).toEqual(bootLog('test'));
    expect(report.verdictLines).toEqual(['[INF] verify counter  0 1000000 1000000', '[INF] counter  0 : ok', '[INF] hash ref OK']);
  });

  it('a rejected update on the way → still the application, the rejection in the verdict lines', async () => {
    const running = boot();
    board.print('[INF] Starting bootloader OEMiROT', '[INF] Swap type: test', '[ERR] Image in the secondary slot is not valid!', ...bootLog().slice(2), banner('1.0.0'));
    expect((await running).verdictLines).toContain('[ERR] Image in the secondary slot is not valid!');
  });

  it('an application with a first line of its own → found by that', async () => {
    const running = boot({ isBanner: (text) => text.startsWith('Hello from') });
    board.print(...bootLog(), 'Hello from my board');
    expect(await running).toMatchObject({ bannerLine: 'Hello from my board', banner: null });
  });

  it('a pattern of another realm, as a Jest test file gives it, and a banner before its line → waits for the line', async () => {
    const pattern = runInNewContext('/^ready$/') as RegExp;
    expect(pattern instanceof RegExp).toBe(false);
    const running = boot({ expect: pattern });
    board.print(...bootLog(), banner('1.0.0'), 'ready');
    expect((await running).lines.at(-1)?.text).toBe('ready');
  });

  it('no bootable image → no-application at once, a verdict on the image', async () => {
    const running = boot({ withinMs: 60_000 });
    board.print(...noImageLog);
    await expect(running).rejects.toMatchObject({ code: 'no-application', kind: 'subject' });
  });

  it('a static check that fails → rot-halted, naming it', async () => {
    const running = boot({ withinMs: 60_000 });
    board.print('[ERR] Unexpected value for hide protection');
    await expect(running).rejects.toMatchObject({ code: 'rot-halted', kind: 'subject', message: expect.stringContaining('hide protection') });
  });

  it('nothing at all → board-silent', async () => {
    await expect(boot({ withinMs: 80 })).rejects.toMatchObject({ code: 'board-silent', kind: 'bench' });
  });

  it('the jump and then nothing → application-silent', async () => {
    const running = boot({ withinMs: 300 });
    board.print(...bootLog());
    await expect(running).rejects.toMatchObject({ code: 'application-silent', kind: 'bench' });
  });

  it('talk without banner → no-banner', async () => {
    const running = boot({ withinMs: 300 });
    board.print(...bootLog(), 'babble', 'babble');
    await expect(running).rejects.toMatchObject({ code: 'no-banner', kind: 'bench', fields: { lines: expect.arrayContaining(['babble']) } });
  });

  it('one start after another, cut short by resets → reset-loop, before the time is up', async () => {
    const running = boot({ withinMs: 60_000 });
    for (let n = 0; n < 8; n++) board.printRaw(bootLog().join('\r\n') + '\r\n$rot-hil fixture=reset-loop vers');
    await expect(running).rejects.toMatchObject({ code: 'reset-loop', kind: 'bench' });
  });

  it('a banner with a wrong checksum → not taken for one', async () => {
    const running = boot({ withinMs: 300 });
    board.print(...bootLog(), banner('1.0.0').replace('1.0.0', '1.0.1'));
    await expect(running).rejects.toMatchObject({ code: 'no-banner' });
  });

  it('the board vanishes → console-lost at once', async () => {
    const running = boot({ withinMs: 60_000 });
    board.print(...bootLog().slice(0, 2));
    setTimeout(() => board.remove(), 50);
    await expect(running).rejects.toMatchObject({ code: 'console-lost', kind: 'bench' });
  });
});

describe('a start in which images are moved', () => {
  const first = '[INF] Starting bootloader OEMiROT';
  const later = async (...lines: string[]): Promise<void> => {
    await sleep(500);
    board.print(...lines);
  };

  it('the root of trust at work for longer than a start may take → waited for; without that allowance → no-banner', async () => {
    const patient = boot({ withinMs: 200, installMs: 5000 });
    board.print(first);
    await later(...bootLog('test').slice(1), banner('1.1.0'));
    expect(await patient).toMatchObject({ banner: { version: '1.1.0' }, starts: 1 });

    const impatient = boot({ withinMs: 200 });
    board.print(first);
    await expect(impatient).rejects.toMatchObject({ code: 'no-banner' });
  });

  it('nothing after the jump, or nothing at all → given up as without the allowance', async () => {
    const began = performance.now();
    const running = boot({ withinMs: 200, installMs: 60_000 });
    board.print(first);
    await later(...bootLog('test').slice(1));
    await expect(running).rejects.toMatchObject({ code: 'application-silent' });
    await expect(boot({ withinMs: 200, installMs: 60_000 })).rejects.toMatchObject({ code: 'board-silent' });
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('starts that never come to the jump → given up when the allowance is over', async () => {
    const running = boot({ withinMs: 200, installMs: 800 });
    const again = setInterval(() => board.print(first), 100);
    await expect(running).rejects.toMatchObject({ code: 'reset-loop' });
    clearInterval(again);
  });
});

describe('a start that is to end without application', () => {
  it('no bootable image → the report, its hints included', async () => {
    const running = boot({ expect: 'no-application' });
    board.print(...noImageLog, '[INF] Before doing so, disconnect COM port if used by bootloader');
    const report = await running;
    expect(report.banner).toBeNull();
    expect(report.rotLines.at(-1)).toBe('[INF] Before doing so, disconnect COM port if used by bootloader');
  });

  it('a banner → unexpected-application', async () => {
    const running = boot({ expect: 'no-application' });
    board.print(...bootLog(), banner('1.0.0'));
    await expect(running).rejects.toMatchObject({ code: 'unexpected-application', kind: 'subject' });
  });

  it('a banner where a line of the caller was waited for → unexpected-application; babble without banner → no-banner', async () => {
    const running = boot({ expect: /write protection/, withinMs: 300 });
    board.print(...bootLog(), banner('1.0.0'));
    await expect(running).rejects.toMatchObject({ code: 'unexpected-application', kind: 'subject' });
    const babbling = boot({ expect: /write protection/, withinMs: 300 });
    board.print('babble');
    await expect(babbling).rejects.toMatchObject({ code: 'no-banner', kind: 'bench' });
  });

  it('a line of the caller → found', async () => {
    const running = boot({ expect: /write protection/ });
    board.print('[ERR] Unexpected value for write protection');
    expect((await running).rotLines).toEqual(['[ERR] Unexpected value for write protection']);
  });
});

describe('a board that was in a reset loop when the reset came', () => {
  it('"no image" of the older program, then the new start → the new start counts, and only its lines are reported', async () => {
    const from = terminal.cut();
    board.print(...noImageLog);
    await terminal.waitFor(/Unable/, { withinMs: 2000, from });
    const running = boot({ from, wasLooping: true });
    setTimeout(() => board.print(...bootLog('test'), banner('1.0.0')), 100);
    const report = await running;
    expect(report.rotLines).toEqual(bootLog('test'));
    expect(report.banner).toMatchObject({ version: '1.0.0' });
  });

  it('a whole start before the tool ended, and silence since → it counts after a while', async () => {
    const from = terminal.cut();
    board.print(...bootLog(), banner('1.0.0'));
    await terminal.waitFor(/rot-hil/, { withinMs: 2000, from });
    expect((await boot({ from, wasLooping: true })).banner).toMatchObject({ version: '1.0.0' });
  });

  it('"no image" again after the reset → no-application', async () => {
    const from = terminal.cut();
    board.print(...noImageLog);
    await terminal.waitFor(/Unable/, { withinMs: 2000, from });
    const running = boot({ from, wasLooping: true, withinMs: 60_000 });
    setTimeout(() => board.print(...noImageLog), 100);
    await expect(running).rejects.toMatchObject({ code: 'no-application' });
  });
});
