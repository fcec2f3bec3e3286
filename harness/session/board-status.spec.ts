import { afterEach, describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import { encodeHeader, imageFlag, parseVersion, applicationMagic } from '../image/index.js';
import { Programmer } from '../programmer/index.js';
import type { FakeTool } from '../programmer/testing/fake-tool.js';
import { fakeTool } from '../programmer/testing/fake-tool.js';
import { emptyJournal } from '../provisioning/index.js';
import type { BoardStatusReport } from './board-status.js';
import { readBoardStatus } from './board-status.js';

const kit = loadKit('stm32h7s78-dk');
const configuration = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' });
let tool: FakeTool;
const status = (body: string): Promise<BoardStatusReport> => {
  tool = fakeTool(body);
  return readBoardStatus(new Programmer({ path: tool.path, sn: 'S1', retries: { count: 1, pauseMs: 1 } }), { kit, configuration, boardArguments: '--board desk' });
};
const header = encodeHeader({ magic: applicationMagic, loadAddress: 0, headerSize: 0x400, protectedTlvSize: 0, imageSize: 100, flags: imageFlag.ENCRYPTED, version: parseVersion('1.4.2') });
/** A board that shows these option bytes and this run slot. */
const board = (optionBytes: Record<string, number>, slot: Uint8Array): string => `heading();
  const at = args.indexOf('-u');
  if (args.includes('displ')) { say('OPTION BYTES BANK: 0'); ${Object.entries(optionBytes).map(([name, value]) => `say('  ${name} : 0x${value.toString(16)} (x)');`).join(' ')} }
  if (at >= 0) { fs.writeFileSync(args[at + 3], Buffer.from(${JSON.stringify([...slot])})); say('Data read successfully'); }`;
const open = { NVSTATE: 0xb4, OEM_PROVD: 0x6a, DBG_AUTH: 0xff };

afterEach(() => tool.remove());

describe('status of a board', () => {
  it('OPEN, provisioned, with an application → its version, recoverable, and nothing wrong', async () => {
    const report = await status(board({ ...open, ...configuration.path.optionBytes }, header));
    expect(report).toMatchObject({ productState: 'OPEN', boots: '1.4.2', recoverable: true, integrity: null, journal: { lastStep: null, certain: true } });
    expect(report.why.join()).not.toContain('would not start');
    expect(tool.calls().every((args) => args.includes('mode=Hotplug'))).toBe(true);
    expect(tool.calls().at(-1)!.slice(-4, -1)).toEqual(['-u', '0x70000000', '0x20']);
  });

  it('OPEN and empty → no application, and what the root of trust would object to', async () => {
    const report = await status(board({ ...open, ...configuration.path.optionBytes, HDP_AREA_END: 0 }, new Uint8Array(32).fill(0xff)));
    expect(report).toMatchObject({ productState: 'OPEN', boots: null, recoverable: true });
    expect(report.why).toContain('the root of trust would not start: HDP_AREA_END is 0x0, it demands 0xff');
    expect(report.why.join()).toContain('no image in the run slot at 0x70000000');
  });

  it('another device than the kit has → said', async () => {
    const report = await status(board(open, header).replace('heading();', "say('Device ID   : 0x450');"));
    expect(report.why.join()).toContain('device id is 0x450, not 0x485');
  });

  it('a target that refuses debugging → unknown, not an exception', async () => {
    const report = await status("say('ST-LINK SN : S1'); say('Error: Unable to get core ID'); process.exit(1);");
    expect(report).toMatchObject({ productState: 'unknown', boots: null, recoverable: false });
    expect(report.why[0]).toContain('target does not');
  });

  it('no probe → a bench error', async () => {
    await expect(status("say('Error: No debug probe detected.'); process.exit(1);")).rejects.toMatchObject({ code: 'probe-missing', kind: 'bench' });
  });

  const closed = (integrity: string, permission = 'Full Regression', lifeCycle = 'CLOSED'): string => `if (!args.includes('debugauth=2')) { say('Error: Unable to get core ID'); process.exit(1); }
    say('discovery: target ID.......................:0x485'); say('discovery: PSA lifecycle...................:ST_LIFECYCLE_${lifeCycle}'); say('discovery: ST provisioning integrity status:${integrity}');
    say('discovery: permission if authorized...........:(a/14) ==> ${permission}'); say('Debug Authentication: Discovery Success');`;

  it('CLOSED with a sound credential → recoverable, by the discovery', async () => {
    expect(await status(closed('0xeaeaeaea'))).toMatchObject({ productState: 'CLOSED', integrity: '0xeaeaeaea', boots: null, recoverable: true });
  });

  it.each([
    ['no valid credential', closed('0xf5f5f5f5'), 'lost'],
    ['no full regression', closed('0xeaeaeaea', 'Partial Regression'), 'no full regression'],
    ['LOCKED', closed('0xf5f5f5f5', 'Full Regression', 'LOCKED'), 'LOCKED has no way back'],
  ])('%s → not recoverable, and why', async (_, body, why) => {
    const report = await status(body);
    expect(report.recoverable).toBe(false);
    expect(report.why.join('\n')).toContain(why);
  });

  it('a journal that ends in the middle of a step → not certain, and what is known', async () => {
    tool = fakeTool(board(open, header));
    const journal = { ...emptyJournal, certain: false, unfinished: true, plan: 'p', lastStep: 'close', done: ['read-back'], unknown: { event: 'step-begin', number: 9, step: 'close', arguments: [], files: [], changesState: true, reaches: 'CLOSED' } } as const;
    const report = await readBoardStatus(new Programmer({ path: tool.path, sn: 'S1' }), { kit, configuration, journal, boardArguments: '--board desk' });
    expect(report.journal).toEqual({ lastStep: 'close', certain: false });
    expect(report.why.join('\n')).toMatch(/certain: of "p", these were done: read-back[^]*unknown: whether close was done, that is whether the product state is CLOSED[^]*rot-hil regress --board desk/);
  });
});
