import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { placeName, readSymbols } from '../elf/index.js';
import { readIntelHex } from '../image/index.js';
import type { FakeTool } from '../programmer/testing/fake-tool.js';
import { fakeTool } from '../programmer/testing/fake-tool.js';
import type { BoardSession } from './board-session.js';
import { openSession } from './open-session.js';
import type { SessionEvent, SessionOptions } from './session-options.js';
import { ScriptedBoard, banner, bootLog, withCrc } from './testing/scripted-board.js';

const prebuilt = (name: string): string => fileURLToPath(new URL(`../../firmware-fixtures/prebuilt/${name}`, import.meta.url));
/** A tool that does everything it is asked; `extra` runs first. */
const obedient = (extra = ''): string => `${extra}
  const has = (word) => args.includes(word);
  if (has('--version')) { say('STM32CubeProgrammer version: 2.21.0'); process.exit(0); }
  if (has('-l')) { say('   ST-LINK SN  : 00AB'); process.exit(0); }
  heading();
  if (has('displ')) { say('OPTION BYTES BANK: 0'); for (let n = 0; n < 8; n++) say('  WRPS' + n + ' : 0x0 (x)');
    for (const row of ['HDP_AREA_START : 0x0', 'HDP_AREA_END : 0xFF', 'ECC_ON_SRAM : 0x1', 'XSPI1_HSLV : 0x1', 'XSPI2_HSLV : 0x1', 'DTCM_AXI_SHARE : 0x0', 'ITCM_AXI_SHARE : 0x0']) say('  ' + row); }
  else if (has('-ob')) say('Option Bytes successfully programmed');
  if (has('-e')) say('Mass erase successfully achieved');
  if (has('-d')) { say('File download complete'); say('Download verified successfully'); }
  if (has('-sdp')) say('OBKey Provisioned successfully');
  if (has('-hardRst')) { say('Hard reset is performed'); fs.writeFileSync(folder + '/reset', ''); }`;

let folder: string;
let tool: FakeTool;
let board: ScriptedBoard;
let session: BoardSession | undefined;
let events: SessionEvent[];
/** Of the scripted board. */
let answer: (seq: number, words: readonly string[]) => readonly string[] | undefined;
const options = (more: Partial<SessionOptions> = {}): SessionOptions => ({
  bench: {
    name: 'desk',
    kit: 'stm32h7s78-dk',
    probe: { sn: 'ab' },
    console: { path: board.path, baudRate: 115200 },
    programmerPath: tool.path,
    externalLoader: 'X.stldr',
    rotBinary: { path: prebuilt('oemirot-placeholder.bin'), address: 0x08000000 },
  },
  configuration: { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' },
  seed: 7,
  workDirectory: folder,
  onEvent: (event) => events.push(event),
  ...more,
});
const open = async (toolBody = obedient(), more: Partial<SessionOptions> = {}): Promise<BoardSession> => {
  tool = fakeTool(toolBody);
  session = await openSession(options(more));
  return session;
};
/** Prints a start each time the tool has pulsed the reset. */
const startOnReset = (lines: readonly string[]): NodeJS.Timeout =>
  setInterval(() => {
    if (!existsSync(join(tool.folder, 'reset'))) return;
    rmSync(join(tool.folder, 'reset'));
    board.print(...lines);
  }, 5);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-session-'));
  process.env['ROT_HIL_RUNTIME_DIR'] = folder;
  events = [];
  answer = (seq, words) => (words[0] === 'identify' ? [withCrc(`@${seq} ok fixture=app version=1.0.0 kit=stm32h7s78-dk run=0x70000400 vtor=0x70000400`)] : undefined);
  board = new ScriptedBoard((seq, words) => answer(seq, words));
});
afterEach(async () => {
  await session?.close();
  session = undefined;
  board.remove();
  tool.remove();
  rmSync(folder, { recursive: true, force: true });
  delete process.env['ROT_HIL_RUNTIME_DIR'];
});

describe('opening a session', () => {
  it('tool, probe and port are there → an identity for the reports, nothing written', async () => {
    expect((await open()).identity).toEqual({ board: 'desk', kit: 'stm32h7s78-dk', probeSn: 'ab', probeFirmware: null, probeBoard: null, toolVersion: '2.21.0' });
    expect(tool.calls().map(([first]) => first)).toEqual(['--version', '-l']);
  });

  it('another probe is attached → probe-missing, naming the one that is', async () => {
    await expect(open("if (args[0] === '-l') { say('  ST-LINK SN : FFFF'); process.exit(0); } say('STM32CubeProgrammer version: 2.21.0');")).rejects.toMatchObject({
      code: 'probe-missing',
      kind: 'bench',
      nextStep: expect.stringContaining('FFFF'),
    });
  });

  it('the port is held by another session → console-busy', async () => {
    await open();
    await expect(openSession(options())).rejects.toMatchObject({ code: 'console-busy', kind: 'bench' });
  });

  it('a configuration that the kit has not → usage, before the tool is asked', async () => {
    tool = fakeTool(obedient());
    await expect(openSession(options({ configuration: { bootPath: 'stirot', mode: 'swap', exec: 'xip' } }))).rejects.toMatchObject({ kind: 'usage' });
    expect(tool.calls()).toEqual([]);
  });
});

describe('images', () => {
  it('the same seed → the same image, byte for byte; another seed → another one, signed with another key', async () => {
    const first = (await open()).signApplication(prebuilt('app-1.0.0.elf'), { version: '1.0.0' });
    await session!.close();
    tool.remove();
    const again = (await open()).signApplication(prebuilt('app-1.0.0.elf'), { version: '1.0.0' });
    expect(Buffer.from(again.bytes).equals(Buffer.from(first.bytes))).toBe(true);
    await session!.close();
    tool.remove();
    const other = (await open(obedient(), { seed: 8 })).verify(first);
    expect(other).toMatchObject({ verdict: 'invalid' });
  });

  it('each deviation → the verdict that the boot would give; without one → valid', async () => {
    const board = await open();
    const app = prebuilt('app-1.0.0.elf');
    const stage = (request: object): string => board.signApplication(app, { version: '1.0.0', ...request }).verdict.stage;
    expect(stage({})).toBe('ok');
    expect(stage({ signKey: board.strangerKeys.authentication.privateKey })).toBe('key');
    expect(stage({ signKey: null })).not.toBe('ok');
    expect(stage({ securityCounter: null })).toBe('security-counter');
    expect(stage({ encryptionKey: board.strangerKeys.encryption.publicKey })).toBe('decrypt-key');
    expect(stage({ encryptionKey: null })).toBe('ok');
    expect(stage({ pad: false })).toBe('trailer');
    expect(stage({ magic: 0x12345678 })).toBe('header');
  });

  it('a byte changed afterwards → judged anew, the original untouched', async () => {
    const board = await open();
    const image = board.signApplication(prebuilt('app-1.0.0.elf'), { version: '1.0.0' });
    const bad = board.altered(image, (bytes) => void (bytes[0x500]! ^= 1));
    expect(bad.verdict).toMatchObject({ verdict: 'invalid', stage: 'hash' });
    expect(board.verify(image)).toMatchObject({ verdict: 'valid' });
    expect(board.verify(image, { storedCounter: 0x01000001 })).toMatchObject({ stage: 'security-counter' });
  });

  it('an application linked for another address → usage, naming both', async () => {
    const board = await open();
    expect(() => board.signApplication(prebuilt('oemirot-placeholder.elf'), { version: '1.0.0' })).toThrow(expect.objectContaining({ code: 'application-address', kind: 'usage' }));
  });
});

describe('work with the board', () => {
  it('provision with an image → the plan, its files written, and each step told', async () => {
    const board = await open();
    await board.provision({ image: board.signApplication(prebuilt('app-1.0.0.elf'), { version: '1.0.0' }) });
    const made = tool.calls().slice(2);
    expect(made).toHaveLength(15);
    const hex = made.find((args) => args.includes('-el'))!;
    const written = readIntelHex(readFileSync(hex[hex.indexOf('-d') + 1]!, 'latin1'));
    expect(written.base).toBe(0x90200000);
    expect(written.bytes).toHaveLength(0x200000);
    expect(events.filter(({ event }) => event === 'step')).toHaveLength(15);
    expect(events.filter(({ event }) => event === 'tool')).toHaveLength(17);
  });

  it('provision with an image of a stranger → refused before the tool is called', async () => {
    const board = await open();
    const image = board.signApplication(prebuilt('app-1.0.0.elf'), { version: '1.0.0', signKey: board.strangerKeys.authentication.privateKey });
    await expect(board.provision({ image })).rejects.toMatchObject({ code: 'image-refused', kind: 'subject' });
    expect(tool.calls()).toHaveLength(2);
  });

  it('install of a short image → the whole slot is written, 0xff behind it', async () => {
    const board = await open();
    await board.install(Uint8Array.of(1, 2, 3), { slot: 'primary' });
    const file = readdirSync(folder).find((name) => name.endsWith('primary.bin'))!;
    const bytes = readFileSync(join(folder, file));
    expect([bytes.length, ...bytes.subarray(0, 4), bytes.at(-1)]).toEqual([0x200000, 1, 2, 3, 0xff, 0xff]);
    expect(tool.calls().at(-1)).toEqual(expect.arrayContaining(['-d', join(folder, file), '0x90000000']));
    await expect(board.install(new Uint8Array(0x200001))).rejects.toMatchObject({ code: 'image-too-large', kind: 'usage' });
  });

  it('boot → captured from before the reset; requests afterwards', async () => {
    const held = await open();
    const timer = startOnReset([...bootLog(), banner('1.0.0')]);
    const report = await held.boot();
    clearInterval(timer);
    expect(report).toMatchObject({ starts: 1, banner: { version: '1.0.0' } });
    expect(report.rotLines).toEqual(bootLog());
    expect(await held.app.identify()).toMatchObject({ version: '1.0.0', run: 0x70000400 });
  });

  it('a reset by the application itself → followed without the tool', async () => {
    const held = await open();
    const from = held.mark();
    board.print(...bootLog(), banner('1.0.0'));
    expect((await held.boot({ reset: false, from })).banner).toMatchObject({ version: '1.0.0' });
    expect(tool.calls()).toHaveLength(2);
  });

  it('the first bench fault → every later use fails at once, naming it', async () => {
    const held = await open();
    await expect(held.boot({ withinMs: 100 })).rejects.toMatchObject({ code: 'board-silent', kind: 'bench' });
    const started = performance.now();
    await expect(held.app.identify()).rejects.toMatchObject({ code: 'board-quarantined', message: expect.stringContaining('nothing came over the console') });
    await expect(held.provision()).rejects.toMatchObject({ code: 'board-quarantined' });
    expect(performance.now() - started).toBeLessThan(500);
    expect(tool.calls()).toHaveLength(3);
    expect(held.fault).toMatchObject({ code: 'board-silent' });
  });

  it('closed while the tool hangs → the tool is ended, the port is free', async () => {
    const held = await open(obedient("if (args.includes('-hardRst')) { setInterval(() => {}, 1000); return; }").replace(/^/, '(() => {') + '})();');
    const running = held.reset();
    const refused = expect(running).rejects.toMatchObject({ code: 'interrupted', kind: 'bench' });
    while (tool.calls().length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    await held.close();
    await refused;
    session = await openSession(options());
    expect(session.identity.board).toBe('desk');
  });
});

describe('a fault line on the console', () => {
  const registers = 'exception=4 cfsr=0x00000082 hfsr=0x00000000 mmfar=0x70000400 bfar=0x00000000 pc=0x700014dc lr=0x70001f81 xpsr=0x61000000 psr_priv=1';
  const applications = { application: { path: prebuilt('app-1.0.0.elf'), version: '1.0.0' }, update: { path: prebuilt('app-1.1.0.elf'), version: '1.1.0' } };
  const faults = (): (SessionEvent & { event: 'fault' })[] => events.filter((event): event is SessionEvent & { event: 'fault' } => event.event === 'fault');
  const until = async (count: number): Promise<void> => {
    while (faults().length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const symbolOf = (path: string): string => {
    const place = readSymbols(Uint8Array.from(readFileSync(path))).at(0x700014dc);
    return placeName(place!);
  };

  it('outside of any request → told behind its line, not expected, in symbols of the application that the banner names', async () => {
    // Both builds have the same code at the same place: an image that has no symbols tells them apart.
    await open(obedient(), { applications: { ...applications, application: { path: prebuilt('oemirot-placeholder.bin'), version: '1.0.0' } } });
    board.print(banner('1.1.0'), withCrc(`!fault seq=0 ${registers}`));
    await until(1);
    const [fault] = faults();
    expect(fault).toMatchObject({ source: 'console', expected: false, explanation: { exception: 'MemManage', address: { value: '0x70000400', from: 'MMFAR' } } });
    expect(fault!.explanation.summary).toContain(`MemManage, DACCVIOL at 0x700014dc (${symbolOf(applications.update.path)})`);
    expect(fault!.explanation.disassembly.some(({ current }) => current)).toBe(true);
    expect(fault!.explanation.rule).toMatch(/never writable for privileged code.*after OEMiRoT, region 14/);
    expect(events.at(-2)).toMatchObject({ event: 'console', line: { text: expect.stringContaining('!fault') } });
    board.print(banner('1.0.0'), withCrc(`!fault seq=0 ${registers}`));
    await until(2);
    expect(faults()[1]!.explanation.summary).toMatch(/^MemManage, DACCVIOL at 0x700014dc: /);
  });

  it('the request asks for it, or a matcher does → expected; another request meets one → not', async () => {
    answer = (seq) => [withCrc(`!fault seq=${seq} ${registers}`)];
    const held = await open(obedient(), { applications });
    await held.app.fault({ write: 0x70000400, value: 1 });
    await expect(held.app.read(0x70000400)).rejects.toMatchObject({ kind: 'subject' });
    await held.expectingFaults(() => held.request('read', [0x70000400]));
    expect(faults().map(({ expected }) => expected)).toEqual([true, false, true]);
  });

  it("another application's own handler, CFSR and PC in one line → told in its symbols; without PC, or about something else → none", async () => {
    await open(obedient(), { applications });
    board.print('HardFault! CFSR=0x00000082 HFSR=0x40000000 PC=0x700014dc LR=0x70001f81 MMFAR=0x70000400', 'CFSR=0x00000082 and nothing else', 'pc=0x70001000 says hello');
    await until(1);
    board.print(withCrc(`!fault seq=0 ${registers}`));
    await until(2);
    expect(faults()).toHaveLength(2);
    expect(faults()[0]).toMatchObject({ source: 'console', expected: false, explanation: { exception: 'HardFault', address: { value: '0x70000400', from: 'MMFAR' } } });
    expect(faults()[0]!.explanation.summary).toContain(`DACCVIOL at 0x700014dc (${symbolOf(applications.application.path)})`);
  });

  it('an application that is no ELF file, or gone → status bits and rule without symbols; a line with a wrong checksum or without PC → none', async () => {
    await open(obedient(), { applications: { ...applications, application: { path: join(folder, 'gone.elf'), version: '1.0.0' } } });
    board.print(`${withCrc(`!fault seq=0 ${registers}`).slice(0, -1)}g`, withCrc(`!fault seq=0 ${registers}`).replace('cfsr=0x00000082', 'cfsr=0x00000002'), withCrc('!fault seq=0 exception=4 cfsr=0x00000082'), banner('1.0.0'), withCrc(`!fault seq=0 ${registers}`));
    await until(1);
    expect(faults()).toHaveLength(1);
    expect(faults()[0]!.explanation).toMatchObject({ summary: expect.stringMatching(/^MemManage, DACCVIOL at 0x700014dc: /), cfsr: { bits: [{ name: 'DACCVIOL' }, { name: 'MMARVALID' }] }, disassembly: [] });
  });
});
