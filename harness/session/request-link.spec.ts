import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Console } from '../console/index.js';
import { openConsole } from '../console/index.js';
import { ApplicationClient } from './application-client.js';
import { RequestLink } from './request-link.js';
import { ScriptedBoard, banner, bootLog, withCrc } from './testing/scripted-board.js';

let runtime: string;
let board: ScriptedBoard;
let terminal: Console;
const open = async (answer?: ConstructorParameters<typeof ScriptedBoard>[0], signal?: AbortSignal): Promise<RequestLink> => {
  board = new ScriptedBoard(answer);
  terminal = await openConsole({ path: board.path, baudRate: 115200 });
  return new RequestLink(terminal, signal);
};
const client = async (answer: (seq: number, words: string[]) => readonly string[]): Promise<ApplicationClient> => {
  const link = await open(answer);
  return new ApplicationClient((command, args, options) => link.request(command, args, options));
};
const FAULT = 'exception=4 cfsr=0x00000082 hfsr=0x00000000 mmfar=0x70000400 bfar=0x00000000 pc=0x700014dc lr=0x70001f81 xpsr=0x61000000 psr_priv=1';

beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'rot-hil-link-'));
  process.env['ROT_HIL_RUNTIME_DIR'] = runtime;
});
afterEach(async () => {
  await terminal.close();
  board.remove();
  rmSync(runtime, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
});

describe('a request', () => {
  it('answered → its fields; numbers are sent as 0x; the next one gets the next sequence number', async () => {
    const seqs: number[] = [];
    const link = await open((seq) => {
      seqs.push(seq);
      return [withCrc(`@${seq} ok value=0x00000005`)];
    });
    expect(await link.request('read', [0x30004000, 4])).toEqual({ kind: 'ok', fields: { value: '0x00000005' }, interrupts: [] });
    await link.request('identify');
    expect(board.requests).toEqual(['read 0x30004000 0x4', 'identify']);
    expect(seqs).toEqual([1, 2]);
  });

  it('answered late to an older number → not taken for this one', async () => {
    const link = await open((seq) => [withCrc(`@${seq === 1 ? 999 : seq - 1} ok value=0x0`), withCrc(`@${seq} ok value=0x1`)]);
    expect(await link.request('read')).toMatchObject({ fields: { value: '0x1' } });
  });

  it('two at once → one after the other', async () => {
    const link = await open((seq, words) => [withCrc(`@${seq} ok text=${words[1]}`)]);
    const answers = await Promise.all([link.request('echo', ['a']), link.request('echo', ['b'])]);
    expect(answers.map((answer) => answer.fields['text'])).toEqual(['a', 'b']);
  });

  it('interrupt lines before the answer → with it', async () => {
    const link = await open((seq) => [withCrc('!irq name=ramecc sr=0x2'), withCrc(`@${seq} ok irqs=0x1`)]);
    expect(await link.request('ecc-inject')).toMatchObject({ interrupts: [{ name: 'ramecc', sr: '0x2' }] });
  });

  it('refused → an error answer, not an exception', async () => {
    const link = await open((seq) => [withCrc(`@${seq} error code=unknown-command`)]);
    expect(await link.request('dance')).toMatchObject({ kind: 'error', code: 'unknown-command' });
  });

  it('a fault in place of the answer, behind a line that it cut short → the fault', async () => {
    const link = await open((seq) => [`@${seq} ok val`, withCrc(`!fault seq=${seq} ${FAULT}`)]);
    expect(await link.request('fault', ['write', 0x70000400, 0])).toMatchObject({ kind: 'fault', fault: { name: 'MemManage', mmfar: 0x70000400 } });
  });

  it('silence → board-silent with advice', async () => {
    const link = await open();
    await expect(link.request('identify', [], { withinMs: 60 })).rejects.toMatchObject({
      code: 'board-silent',
      kind: 'bench',
      message: expect.stringContaining('printed nothing'),
      nextStep: expect.stringContaining('banner'),
    });
  });

  it('other lines only → board-silent, with the last of them', async () => {
    const link = await open(() => ['something else']);
    await expect(link.request('identify', [], { withinMs: 100 })).rejects.toMatchObject({ code: 'board-silent', fields: { lines: ['something else'] } });
  });

  it('an answer with a flipped bit → console-corrupt at once, a bench error', async () => {
    const link = await open((seq) => [withCrc(`@${seq} ok value=0x00000001`).replace('0x00000001', '0x00000003')]);
    await expect(link.request('read', [], { withinMs: 60_000 })).rejects.toMatchObject({ code: 'console-corrupt', kind: 'bench' });
  });

  it('the request damaged on its way → console-corrupt, not a verdict on the application', async () => {
    const link = await open((seq) => [withCrc(`@${seq} error code=bad-crc`)]);
    await expect(link.request('read')).rejects.toMatchObject({ code: 'console-corrupt', kind: 'bench' });
  });

  it('the board starts again instead → board-restarted at once', async () => {
    const link = await open(() => [...bootLog(), banner('1.0.0')]);
    await expect(link.request('read', [], { withinMs: 60_000 })).rejects.toMatchObject({ code: 'board-restarted', kind: 'bench' });
  });

  it('the board is gone → console-lost at once', async () => {
    const link = await open(() => undefined);
    const running = link.request('read', [], { withinMs: 60_000 });
    setTimeout(() => board.remove(), 30);
    await expect(running).rejects.toMatchObject({ code: 'console-lost', kind: 'bench' });
  });

  it('aborted → interrupted', async () => {
    const abort = new AbortController();
    const link = await open(undefined, abort.signal);
    setTimeout(() => abort.abort(), 30);
    await expect(link.request('read', [], { withinMs: 60_000 })).rejects.toMatchObject({ code: 'interrupted' });
  });

  it.each(['two\nlines', 'a*b', 'x'.repeat(200)])('text %j that the protocol cannot carry → refused, nothing sent', async (text) => {
    const link = await open();
    await expect(link.request('echo', [text])).rejects.toMatchObject({ code: 'request-text', kind: 'usage' });
    expect(board.requests).toEqual([]);
  });
});

describe('commands of the application', () => {
  it('a dump longer than one request → pieces of 64 bytes, put together', async () => {
    const app = await client((seq, [, address, count]) => {
      const [first, bytes] = [Number(address), Number(count)];
      return [withCrc(`@${seq} ok data=${Buffer.from(Array.from({ length: bytes }, (_, n) => (first + n) & 255)).toString('hex')}`)];
    });
    expect([...(await app.dump(0x70000400, 150))]).toEqual(Array.from({ length: 150 }, (_, n) => n & 255));
    expect(board.requests).toEqual(['dump 0x70000400 0x40', 'dump 0x70000440 0x40', 'dump 0x70000480 0x16']);
  });

  it('16 MPU regions → by number', async () => {
    const app = await client((seq) => [withCrc(`@${seq} ok type=0x00001000 ctrl=0x00000003 ${Array.from({ length: 16 }, (_, n) => `r${n}=0x2000000${n.toString(16)}:0x0000000${n.toString(16)}`).join(' ')}`)]);
    const { regions, type } = await app.mpu();
    expect(type).toBe(0x1000);
    expect(regions[14]).toEqual({ rbar: 0x2000000e, rasr: 0xe });
  });

  it('one region missing → bad-answer', async () => {
    const app = await client((seq) => [withCrc(`@${seq} ok type=0x00001000 ctrl=0x00000003 r0=0x0:0x0`)]);
    await expect(app.mpu()).rejects.toMatchObject({ code: 'bad-answer', kind: 'subject' });
  });

  it('a handle that names no monitor → its monitor is null', async () => {
    const handles = Array.from({ length: 5 }, (_, n) => `h${n}=0x52009020:0x00000001:0x00000000`).join(' ');
    const monitors = Array.from({ length: 5 }, (_, n) => (n === 4 ? 'm4=none' : `m${n}=0x38:0x0:0x0:0x0:0x0:0x0`)).join(' ');
    const app = await client((seq) => [withCrc(`@${seq} ok ier1=0x0 ier2=0x0 ${handles} ${monitors}`)]);
    const state = await app.ramecc();
    expect(state.handles[0]).toMatchObject({ instance: 0x52009020, state: 1, monitor: { cr: 0x38 } });
    expect(state.handles[4]!.monitor).toBeNull();
  });

  it('a provoked fault → its report; the access that goes through → no-fault', async () => {
    const app = await client((seq, words) => [words.includes('0x90000000') ? withCrc(`@${seq} ok value=0x00000007`) : withCrc(`!fault seq=${seq} ${FAULT}`)]);
    expect(await app.fault({ write: 0x70000400 })).toMatchObject({ name: 'MemManage' });
    await expect(app.fault({ read: 0x90000000 })).rejects.toMatchObject({ code: 'no-fault', kind: 'subject' });
    expect(await app.access({ read: 0x90000000 })).toBe(7);
    await expect(app.access({ write: 0x70000400, value: 1 })).rejects.toMatchObject({ code: 'application-fault', kind: 'subject', message: expect.stringContaining('MemManage') });
    expect(board.requests).toEqual(['fault write 0x70000400 0x0', 'fault read 0x90000000', 'fault read 0x90000000', 'fault write 0x70000400 0x1']);
  });

  it('unprivileged accesses → value for a write only', async () => {
    const app = await client((seq) => [withCrc(`!fault seq=${seq} ${FAULT}`)]);
    await app.fault({ unprivileged: 'write', address: 0x20000000, value: 5 });
    await app.fault({ unprivileged: 'exec', address: 0x20000000 });
    await app.fault('udf');
    expect(board.requests).toEqual(['fault unprivileged write 0x20000000 0x5', 'fault unprivileged exec 0x20000000', 'fault udf']);
  });

  it('the watchdog → when it bites, from reload and prescaler', async () => {
    const app = await client((seq) => [withCrc(`@${seq} ok reload=0x000003e7 prescaler=0x00000004`)]);
    expect(await app.startWatchdog(125)).toBe(125);
  });

  it('a refusal → application-error', async () => {
    const app = await client((seq) => [withCrc(`@${seq} error code=bad-argument`)]);
    await expect(app.read(0, 4)).rejects.toMatchObject({ code: 'application-error', kind: 'subject', fields: { refusal: 'bad-argument' } });
  });
});
