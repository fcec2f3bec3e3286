import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HarnessError } from '../errors/index.js';
import type { ProgrammerOptions } from './programmer.js';
import type { ToolCall } from './tool-call.js';
import { Programmer } from './programmer.js';
import type { FakeTool } from './testing/fake-tool.js';
import { fakeTool } from './testing/fake-tool.js';
import type { DaCredentialFiles, TargetState, ToolAction, ToolRequest } from './request.js';
import { StateChangePermit } from './state-change.js';

const SN = '50FF6D065052784825260567';
let tool: FakeTool;
let calls: ToolCall[];
const programmer = (body: string, more: Partial<ProgrammerOptions> = {}): Programmer => {
  tool = fakeTool(body);
  calls = [];
  return new Programmer({ path: tool.path, sn: SN, onCall: (call) => calls.push(call), retries: { count: 3, pauseMs: 1 }, graceMs: 200, ...more });
};
const failure = async (promise: Promise<unknown>): Promise<HarnessError> =>
  promise.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: unknown) => error as HarnessError,
  );
/** Whether a process still runs; one that only waits for PID 1 to collect it has ended. */
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !(existsSync(stat) && /\) Z /.test(readFileSync(stat, 'utf8')));
};
const permit = new StateChangePermit();
const stateChange = (state: TargetState): ToolRequest => ({ mode: 'Hotplug', actions: [{ do: 'set-product-state', state }] });
const regression = (credential: DaCredentialFiles): ToolRequest => ({ mode: 'debug-authentication', actions: [{ do: 'regress', credential }] });
const connection = ['-c', 'port=SWD', `sn=${SN}`, 'speed=fast', 'ap=1'];

afterEach(() => tool.remove());

describe('a call that succeeds', () => {
  it('connect → the probe is named and the rows are read', async () => {
    const report = await programmer('heading();').connect('UR');
    expect(tool.calls()).toEqual([[...connection, 'mode=UR']]);
    expect(report).toMatchObject({ probeSn: SN, deviceId: 0x485, voltage: 3.26 });
    expect(calls).toEqual([
      { startedAt: expect.any(String), arguments: [...connection, 'mode=UR'], exitCode: 0, outcome: 'ok', error: null, durationMs: expect.any(Number), output: expect.arrayContaining(['Voltage     : 3.26V']) },
    ]);
  });

  it('download of a .bin with verification, noisy output → done', async () => {
    const board = programmer(`heading();
      say('14:50:52:908 \\x1b[32mMemory Programming ...\\x1b[0m');
      say('Opening and parsing file: Error: odd name.bin');
      fs.writeSync(1, 'Download in Progress:\\r██ 10%\\r██████ 100%\\r\\n');
      say('14:50:53:001 File download complete');
      say('Download verified successfully ');`);
    const file = join(tool.folder, 'boot.bin');
    writeFileSync(file, 'boot');
    await board.download(file, { address: 0x08000000 });
    expect(tool.calls()).toEqual([[...connection, 'mode=Hotplug', '-d', file, '0x08000000', '-v']]);
  });

  it('an external download → -el before -d, normal connection', async () => {
    const board = programmer("heading(); say('File download complete'); say('Download verified successfully');");
    const file = join(tool.folder, 'image.hex');
    writeFileSync(file, ':00000001FF\n');
    await board.download(file, { externalLoader: 'X.stldr' });
    expect(tool.calls()).toEqual([[...connection, 'mode=normal', '-el', 'X.stldr', '-d', file, '-v']]);
  });

  it('option bytes that are already so → done', async () => {
    await programmer("heading(); say('Warning: Option Bytes are unchanged, Data won\\'t be downloaded');").writeOptionBytes({ ECC_ON_SRAM: 1, HDP_AREA_END: 0xff });
    expect(tool.calls()).toEqual([[...connection, 'mode=Hotplug', '-ob', 'ECC_ON_SRAM=1', 'HDP_AREA_END=0xff']]);
  });

  it('option bytes and mass erase in one call → both lines are needed', async () => {
    const request = { mode: 'UR', actions: [{ do: 'write-option-bytes', values: { WRPS0: 1 } }, { do: 'erase-all' }] } as const;
    await programmer("heading(); say('Option Bytes successfully programmed'); say('Mass erase successfully achieved');").call(request);
    expect(tool.calls()[0]!.slice(-4)).toEqual(['-ob', 'WRPS0=1', '-e', 'all']);
    tool.remove();
    expect(await failure(programmer("heading(); say('Option Bytes successfully programmed');").call(request))).toMatchObject({ code: 'tool-unclear', kind: 'bench' });
  });

  it('read of 5 bytes at an odd address → widened for the tool, cut for the caller', async () => {
    const board = programmer(`heading();
      const at = args.indexOf('-u');
      fs.writeFileSync(args[at + 3], Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
      say('Data read successfully');`);
    expect([...(await board.read(0x70000402, 5))]).toEqual([2, 3, 4, 5, 6]);
    expect(tool.calls()[0]!.slice(5, 9)).toEqual(['mode=Hotplug', '-u', '0x70000400', '0x8']);
    expect(existsSync(tool.calls()[0]!.at(-1)!)).toBe(false);
  });

  it('read with an external loader → -el before -u, normal connection', async () => {
    const board = programmer("heading(); fs.writeFileSync(args[args.indexOf('-u') + 3], Buffer.alloc(16)); say('Data read successfully');");
    await board.read(0x90000000, 16, { externalLoader: 'X.stldr' });
    expect(tool.calls()[0]!.slice(5, 10)).toEqual(['mode=normal', '-el', 'X.stldr', '-u', '0x90000000']);
  });

  it('two calls at once → one after the other', async () => {
    const board = programmer(`const lock = folder + '/busy';
      if (fs.existsSync(lock)) { say('Error: busy'); process.exit(1); }
      fs.writeFileSync(lock, '');
      setTimeout(() => { fs.unlinkSync(lock); heading(); }, 100);`);
    await Promise.all([board.connect('Hotplug'), board.connect('Hotplug')]);
    expect(tool.calls()).toHaveLength(2);
  });
});

describe('probes', () => {
  it('none attached, said as an error with status 1 → an empty list', async () => {
    expect(await programmer("say('Error: No debug probe detected.'); process.exit(1);").listProbes()).toEqual([]);
    expect(calls[0]!.outcome).toBe('ok');
  });

  it('another error → refused', async () => {
    const board = programmer("say('ST-LINK SN : 50FF'); say('Error: libusb is missing');");
    expect(await failure(board.listProbes())).toMatchObject({ code: 'tool-failed', message: expect.stringContaining('libusb') });
  });
});

describe('a call that fails', () => {
  it.each([
    ['exit 0 after an error line', "heading(); say('Error: Option Byte Programming failed');", 'option-byte-refused', 'bench'],
    ['"successfully" after an error line', "heading(); say('Error: Expected value for Option Byte \"X\": 0x0, found: 0x1'); say('Option Bytes successfully programmed');", 'option-byte-refused', 'bench'],
    ['an error behind a progress bar', "heading(); fs.writeSync(1, '███ 40%\\rError: No STM32 target found!\\r'); say('Option Bytes successfully programmed');", 'target-unreachable', 'bench'],
    ['exit 1 after the positive line', "heading(); say('Option Bytes successfully programmed'); process.exit(1);", 'tool-failed', 'bench'],
    ['no positive line', 'heading();', 'tool-unclear', 'bench'],
    ['garbage', "fs.writeSync(1, Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) & 255)));", 'tool-unclear', 'bench'],
    ['end by a signal', "process.kill(process.pid, 'SIGSEGV');", 'tool-failed', 'bench'],
    ['no probe', "say('Error: No debug probe detected.'); process.exit(1);", 'probe-missing', 'bench'],
    ['probe pulled', "heading(); say('Error: ST-LINK error (DEV_USB_COMM_ERR)');", 'probe-lost', 'bench'],
  ])('%s → %s', async (_, body, code, kind) => {
    const error = await failure(programmer(body).writeOptionBytes({ X: 0 }));
    expect(error).toMatchObject({ name: 'HarnessError', code, kind });
    expect(error.nextStep).not.toBe('');
    expect(tool.calls()).toHaveLength(1);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['error']);
  });

  it('an OBKey of the wrong size → usage, with the remedy', async () => {
    const error = await failure(programmer("heading(); say('Error: RSSLIB_SETOBKEY_BAD_SIZE'); say('OBKey Provisioned successfully');").provisionObk('x.obk'));
    expect(error).toMatchObject({ code: 'obk-bad-size', kind: 'usage', nextStep: expect.stringContaining('rebuild') });
  });

  it('a verification that fails after the download → verify-failed', async () => {
    const board = programmer("heading(); say('File download complete'); say('Error: Download verification failed'); process.exit(1);");
    const file = join(tool.folder, 'boot.bin');
    writeFileSync(file, 'boot');
    expect(await failure(board.download(file, { address: 0x08000000 }))).toMatchObject({ code: 'verify-failed', kind: 'bench' });
  });

  it('a file that is not there → usage, and the tool is not started', async () => {
    const board = programmer('heading();');
    expect(await failure(board.download(join(tool.folder, 'absent.hex')))).toMatchObject({ code: 'tool-file', kind: 'usage' });
    expect(tool.calls()).toEqual([]);
  });

  it('a read that says it is done and wrote too little → tool-unclear', async () => {
    const board = programmer("heading(); fs.writeFileSync(args.at(-1), 'abc'); say('Data read successfully');");
    expect(await failure(board.read(0x20000000, 8))).toMatchObject({ code: 'tool-unclear' });
  });

  it('no executable → tool-missing, with what to do', async () => {
    programmer('');
    const board = new Programmer({ path: join(tool.folder, 'nothing'), sn: SN });
    expect(await failure(board.connect('UR'))).toMatchObject({ code: 'tool-missing', kind: 'bench', nextStep: expect.stringContaining('STM32CubeProgrammer') });
  });

  it('huge output → the call is judged all the same', async () => {
    const board = programmer("for (let n = 0; n < 200; n++) fs.writeSync(1, 'x'.repeat(50000) + '\\n'); heading();");
    expect((await board.connect('Hotplug')).deviceId).toBe(0x485);
  });
});

describe('retries', () => {
  it('a read that meets transient failures twice → the third answer', async () => {
    const board = programmer("if (nth < 3) { say('Error: Unable to get core ID'); process.exit(1); } heading(); say('UPLOADING OPTION BYTES DATA ...'); say('  WRPS0 : 0x1 (off)');");
    expect([...(await board.readOptionBytes())]).toEqual([['WRPS0', 1]]);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['error', 'error', 'ok']);
  });

  it('a read that meets them for ever → the error after 4 tries', async () => {
    expect(await failure(programmer("say('Error: No STM32 target found!');").connect('Hotplug'))).toMatchObject({ code: 'target-unreachable' });
    expect(tool.calls()).toHaveLength(4);
  });

  it('a discovery that shows CLOSED → a target that does not answer the debug port is not asked again; OPEN → it is', async () => {
    const board = programmer(`heading();
      if (args.includes('debugauth=2')) { say('discovery: PSA lifecycle................:ST_LIFECYCLE_' + (nth === 1 ? 'CLOSED' : 'OPEN')); say('Debug Authentication: Discovery Success'); }
      else { say('Error: No STM32 target found!'); process.exit(1); }`);
    expect((await board.discover()).lifeCycle).toBe('CLOSED');
    expect(await failure(board.connect('Hotplug'))).toMatchObject({ code: 'target-unreachable' });
    expect(tool.calls()).toHaveLength(2);
    expect((await board.discover()).lifeCycle).toBe('OPEN');
    await failure(board.connect('Hotplug'));
    expect(tool.calls()).toHaveLength(3 + 4);
  });

  it('a read that fails for another reason → at once', async () => {
    await failure(programmer("say('Error: odd');").connect('Hotplug'));
    expect(tool.calls()).toHaveLength(1);
  });

  it('a write that meets the same failure → never repeated', async () => {
    expect(await failure(programmer("say('Error: No STM32 target found!');").hardReset())).toMatchObject({ code: 'target-unreachable' });
    expect(tool.calls()).toHaveLength(1);
  });
});

describe('a tool that hangs', () => {
  /** Hangs, ignores SIGTERM, and has a child that does too and holds the pipes. */
  const hang = `process.on('SIGTERM', () => {});
    const child = require('node:child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'inherit' });
    fs.writeFileSync(folder + '/pids', process.pid + ' ' + child.pid);
    heading();
    setInterval(() => {}, 1000);`;
  const pids = (): number[] => readFileSync(join(tool.folder, 'pids'), 'utf8').split(' ').map(Number);
  const gone = async (): Promise<boolean[]> => {
    for (let n = 0; n < 50 && pids().some(alive); n++) await sleep(20);
    return pids().map((pid) => !alive(pid));
  };

  it('in a read, past the deadline → tool-timeout, tree gone', async () => {
    const error = await failure(programmer(hang, { deadlines: { connect: 700 } }).connect('Hotplug'));
    expect(error).toMatchObject({ code: 'tool-timeout', kind: 'bench', message: expect.stringContaining('700 ms') });
    expect(await gone()).toEqual([true, true]);
    expect(calls).toMatchObject([{ outcome: 'timeout', exitCode: null }]);
  });

  it('in a write, past the deadline → unknown-outcome, not repeated, tree gone', async () => {
    const error = await failure(programmer(hang, { deadlines: { 'hard-reset': 700 } }).hardReset());
    expect(error).toMatchObject({ code: 'unknown-outcome', kind: 'bench', nextStep: expect.stringContaining('read the state back') });
    expect(await gone()).toEqual([true, true]);
    expect(tool.calls()).toHaveLength(1);
  });

  it('aborted → interrupted, tree gone, and later calls are refused without starting anything', async () => {
    const abort = new AbortController();
    const board = programmer(hang, { signal: abort.signal });
    const running = failure(board.connect('Hotplug'));
    while (!existsSync(join(tool.folder, 'pids'))) await sleep(20);
    abort.abort();
    expect(await running).toMatchObject({ code: 'interrupted', kind: 'bench' });
    expect(await gone()).toEqual([true, true]);
    expect(await failure(board.connect('Hotplug'))).toMatchObject({ code: 'interrupted' });
    expect(tool.calls()).toHaveLength(1);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['killed', 'killed']);
  });

  it('a child that keeps the pipes after the tool ended → the call ends, child gone', async () => {
    const board = programmer(`const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      fs.writeFileSync(folder + '/pids', process.pid + ' ' + child.pid);
      heading();
      process.exit(0);`);
    expect((await board.connect('Hotplug')).deviceId).toBe(0x485);
    expect(await gone()).toEqual([true, true]);
  });
});

describe('debug authentication, product states and the boot loader', () => {
  const chatter = "say('SDMOpen : 602 : open : SDM API v1.0'); say('discovery: target ID.......................:0x485'); say('discovery: PSA lifecycle...................:ST_LIFECYCLE_CLOSED'); say('discovery: ST provisioning integrity status:0xeaeaeaea'); say('discovery: permission if authorized...........:(a/14) ==> Full Regression');";

  it('a discovery → no mode, no speed, the rows typed', async () => {
    const report = await programmer(`${chatter} say('Debug Authentication: Discovery Success');`).discover();
    expect(report).toEqual({ targetId: 0x485, lifeCycle: 'CLOSED', integrity: 0xeaeaeaea, permissions: ['Full Regression'] });
    expect(tool.calls()).toEqual([['-c', 'port=SWD', `sn=${SN}`, 'debugauth=2']]);
  });

  it('a discovery that hangs once → asked again; rows without the positive line → no report', async () => {
    const board = programmer(`if (nth === 1) setInterval(() => {}, 1000); else { ${chatter} say('Debug Authentication: Discovery Success'); }`, { deadlines: { discover: 500 } });
    expect((await board.discover()).lifeCycle).toBe('CLOSED');
    expect(calls.map(({ outcome }) => outcome)).toEqual(['timeout', 'ok']);
    tool.remove();
    expect(await failure(programmer(chatter).discover())).toMatchObject({ code: 'tool-unclear' });
  });

  it("a regression → ST's arguments, file names only; in the report redacted", async () => {
    await programmer("say('SDMAuthenticate: Authentication successful'); say('Debug Authentication Success');").call(regression({ method: 'certificate', key: '/k/leaf.pem', chain: '/k/chain.b64' }), permit);
    expect(tool.calls()).toEqual([['-c', 'port=SWD', `sn=${SN}`, 'speed=fast', 'per=a', 'key=/k/leaf.pem', 'cert=/k/chain.b64', 'debugauth=1']]);
    expect(calls[0]!.arguments).toEqual(['-c', 'port=SWD', `sn=${SN}`, 'speed=fast', 'per=a', 'key=<redacted>', 'cert=<redacted>', 'debugauth=1']);
  });

  it('a credential that the device refuses → authentication-refused, never repeated', async () => {
    expect(await failure(programmer("say('Error: Debug Authentication failed');").call(regression({ method: 'password', password: 'p.bin' }), permit))).toMatchObject({ code: 'authentication-refused', kind: 'bench' });
    expect(tool.calls()).toEqual([['-c', 'port=SWD', `sn=${SN}`, 'speed=fast', 'pwd=p.bin', 'debugauth=1']]);
  });

  it('product states and option registers → the codes and order of arguments of the scripts', async () => {
    const board = programmer('heading();');
    for (const state of ['PROVISIONING', 'PROVISIONED', 'CLOSED', 'LOCKED'] as const) await board.call(stateChange(state), permit);
    await board.writeOptionRegister(0x52002234, 0x03ff03ff, 0xff);
    await board.writeOptionRegister(0x5200220c, 0xff000000, 0xb4, 0x18);
    const tail = tool.calls().map((args) => args.slice(6).join(' '));
    expect(tail).toEqual(['-psrss 0x17', '-psrss 0x2e', '-psrss 0x72', '-psrss 0x5c', '-obrss 0x52002234 0x03ff03ff 0xff 0x0', '-obrss 0x5200220c 0xff000000 0xb4 0x18']);
  });

  it.each<[string, ToolAction]>([
    ['-psrss', { do: 'set-product-state', state: 'LOCKED' }],
    ['debugauth=1', { do: 'regress', credential: { method: 'password', password: 'p.bin' } }],
    ['-ob of a byte that spells the product state', { do: 'write-option-bytes', values: { ECC_ON_SRAM: 1, nvstate: 0x51 } }],
    ['-obrss of FLASH_NVSRP', { do: 'write-option-register', address: 0x52002204, mask: 0xff, value: 0x51, position: 0 }],
    ['-obrss of OEM_PROVD and DBG_AUTH', { do: 'write-option-register', address: 0x5200220c, mask: 0xff00, value: 0xb4, position: 8 }],
    ['-w32 over FLASH_NVSRP', { do: 'write-words', address: 0x52002200, values: [0, 0x51] }],
  ])('%s without the permit of the brick guard → no-guard, and no tool is started; with it → called', async (_, action) => {
    const board = programmer("heading(); say('Debug Authentication Success'); say('Option Bytes successfully programmed'); say('Data downloaded successfully');");
    const request: ToolRequest = { mode: action.do === 'regress' ? 'debug-authentication' : 'Hotplug', actions: [action] };
    expect(await failure(board.call(request))).toMatchObject({ code: 'no-guard', kind: 'guard', nextStep: expect.stringContaining('rot-hil provision') });
    expect(tool.calls()).toEqual([]);
    await board.call(request, permit);
    expect(tool.calls()).toHaveLength(1);
  });

  it('a product state that hangs → unknown-outcome; one that ends in an error → that error; neither is repeated', async () => {
    expect(await failure(programmer('setInterval(() => {}, 1000);', { deadlines: { 'set-product-state': 400 } }).call(stateChange('CLOSED'), permit))).toMatchObject({ code: 'unknown-outcome' });
    expect(tool.calls()).toHaveLength(1);
    tool.remove();
    expect(await failure(programmer("heading(); say('Error: failed to reconnect after reset !');").call(stateChange('CLOSED'), permit))).toMatchObject({ code: 'target-unreachable' });
    expect(tool.calls()).toHaveLength(1);
  });

  it('through the boot loader → port and baud rate, -elbl, no probe', async () => {
    const board = programmer("heading(); say('File download complete'); say('Download verified successfully'); say('Erase external sectors successfully achieved');");
    const file = join(tool.folder, 'image.hex');
    writeFileSync(file, ':00000001FF\n');
    const port = { port: 'COM19', baudRate: 921600 };
    await board.eraseExternal('X-SFIx.stldr', 0, 1, port);
    await board.download(file, { externalLoader: 'X-SFIx.stldr', mode: port });
    expect(tool.calls()).toEqual([
      ['-c', 'port=COM19', 'br=921600', '-elbl', 'X-SFIx.stldr', '-e', '[0', '1]'],
      ['-c', 'port=COM19', 'br=921600', '-elbl', 'X-SFIx.stldr', '-d', file, '-v'],
    ]);
  });

  it('words → read and written; a gap in what is shown → tool-unclear', async () => {
    const board = programmer("heading(); if (args.includes('-r32')) { say('0x20000000 : 00000001 00000002'); say('0x20000008 : DEADBEEF'); } else say('Data downloaded successfully');");
    expect(await board.readWords(0x20000000, 3)).toEqual([1, 2, 0xdeadbeef]);
    await board.writeWords(0x20000000, [1]);
    expect(tool.calls().map((args) => args.slice(6).join(' '))).toEqual(['-r32 0x20000000 0xc', '-w32 0x20000000 0x00000001']);
    expect(await failure(board.readWords(0x20000004, 3))).toMatchObject({ code: 'tool-unclear' });
  });
});

describe('the log of calls', () => {
  it('a call that fails, with secrets in its arguments and output → one line on the disk before the caller knows, without them', async () => {
    const { CallLog } = await import('./call-log.js');
    const board = programmer("heading(); say('password: 0123456789012345'); say('Error: odd');", { log: { append: (call) => log.append(call) } });
    const log = new CallLog(join(tool.folder, 'log.jsonl'));
    await failure(board.call(regression({ method: 'password', password: 'secret-folder/password.bin' }), permit));
    log.close();
    const text = readFileSync(log.path, 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ outcome: 'error', error: 'tool-failed', exitCode: 0, output: expect.arrayContaining(['Error: odd', 'password: <redacted>']) });
    expect(text).not.toMatch(/0123456789012345|secret-folder/);
  });

  it('more than the limit → one last line says that it is full', async () => {
    const { CallLog } = await import('./call-log.js');
    programmer('');
    const log = new CallLog(join(tool.folder, 'log.jsonl'), 3000);
    const call = { startedAt: 'now', arguments: [], durationMs: 1, exitCode: 0, outcome: 'ok', error: null, output: ['x'.repeat(400)] } as const;
    for (let n = 0; n < 20; n++) log.append(call);
    const lines = readFileSync(log.path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { note?: string });
    expect(lines.length).toBeLessThan(9);
    expect(lines.at(-1)!.note).toContain('full');
    expect(lines.filter(({ note }) => note !== undefined)).toHaveLength(1);
  });
});

describe('the version of the tool', () => {
  it.each([
    ['2.21.0', true],
    ['2.16.0', true],
    ['2.16', true],
    ['3.0.0', true],
    ['2.15.9', false],
    ['2.4.0', false],
    ['unknown', false],
  ])('%s → supported: %s', async (version, supported) => {
    const { judgeVersion } = await import('./tool-version.js');
    expect(judgeVersion(version).supported).toBe(supported);
  });
});

describe('secrets', () => {
  it('password, key and certificate arguments → redacted in every report', async () => {
    const { redactArguments } = await import('./request.js');
    programmer('');
    expect(redactArguments(['-c', 'port=SWD', 'key=leaf.pem', 'cert=chain.b64', 'pwd=password.bin', 'debugauth=1'])).toEqual([
      '-c',
      'port=SWD',
      'key=<redacted>',
      'cert=<redacted>',
      'pwd=<redacted>',
      'debugauth=1',
    ]);
  });
});
