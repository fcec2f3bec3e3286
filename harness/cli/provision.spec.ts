import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { callTool } from '../virtual-board/testing/call-tool.js';
import { filesBelow, found, secretsOf, watchProcesses } from './testing/secret-forms.js';

const main = fileURLToPath(new URL('../../dist/harness/cli/main.js', import.meta.url));
let folder: string;
let environment: Record<string, string>;
/** Everything that any command of this file printed. */
let printed = '';

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (...args: string[]) => execa(process.execPath, [main, ...args], { cwd: join(folder, 'desk'), reject: false, stdin: 'ignore', env: environment });
const run = async (...args: string[]): Promise<Ended> => {
  const { exitCode, stdout, stderr } = await start(...args);
  printed += stdout + stderr;
  return { exitCode, stdout, stderr };
};
const json = async (...args: string[]): Promise<Record<string, unknown>> => JSON.parse((await run(...args, '--json')).stdout) as Record<string, unknown>;
const startBoard = (name: string, ...more: string[]) => json('virtual', 'start', '--kit', 'stm32h7s78-dk', '--exec', 'int-ram', '--seed', '1', '--name', name, '--keep-flash', join(folder, name), ...more);

beforeAll(async () => {
  if (!existsSync(main)) throw new Error('build first: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'rh-prov-'));
  for (const name of ['desk', 'tmp', 'state']) mkdirSync(join(folder, name));
  environment = { ROT_HIL_RUNTIME_DIR: join(folder, 'rt'), ROT_HIL_STATE_DIR: join(folder, 'state'), TMPDIR: join(folder, 'tmp'), NO_COLOR: '1', NODE_OPTIONS: '' };
  await startBoard('one');
}, 60_000);
afterAll(async () => {
  delete process.env['ROT_HIL_RUNTIME_DIR'];
  for (const name of ['one', 'two']) await run('virtual', 'stop', name);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Of all boards. */
function journal(): string {
  const journals = join(folder, 'state', 'journals');
  return existsSync(journals) ? readdirSync(journals).filter((name) => name !== 'tool-calls.jsonl').map((name) => readFileSync(join(journals, name), 'utf8')).join('') : '';
}

describe('a virtual board, provisioned and brought back', () => {
  it('install killed in the middle (kill -9) → status tells that the image may be half there and what to do; again → installed, the journal certain, with the hash of the image', async () => {
    const { chooseConfiguration, loadKit } = await import('../board/index.js');
    const { imageFor } = await import('./provision-image.js');
    const kit = loadKit('stm32h7s78-dk');
    const image = join(folder, 'app.bin');
    const bytes = imageFor({ kit, configuration: chooseConfiguration(kit, { exec: 'int-ram' }) }, { seed: '1' });
    writeFileSync(image, bytes);
    const child = start('install', image, '--board', 'one');
    while (!journal().includes('"step":"write-secondary-slot"') && child.exitCode === null) await sleep(2);
    child.kill('SIGKILL');
    expect((await child).signal).toBe('SIGKILL');
    const status = await json('status', '--board', 'one');
    expect(status).toMatchObject({ productState: 'OPEN', recoverable: true, journal: { lastStep: 'write-secondary-slot', certain: false } });
    expect((status['why'] as string[]).join('\n')).toMatch(/unknown: whether write-secondary-slot was done[^]*install it again: rot-hil install <image> --board one/);
    const again = await run('install', image, '--board', 'one', '--json');
    expect([again.exitCode, again.stderr, JSON.parse(again.stdout)]).toMatchObject([0, expect.stringContaining('install it again'), { verdict: 'installed', slot: 'secondary', version: '1.0.0' }]);
    expect(journal()).toContain(`"files":{"image":"${createHash('sha256').update(bytes).digest('hex')}"}`);
    expect(await json('status', '--board', 'one')).toMatchObject({ journal: { lastStep: 'write-secondary-slot', certain: true } });
  }, 120_000);

  it('closed by certificate → it boots, status says so; no key, password or certificate in any byte that was written, nor in the process list', async () => {
    const processes = watchProcesses();
    const { exitCode, stdout } = await run('provision', '--board', 'one', '--state', 'closed', '--json');
    const lines = processes();
    const document = JSON.parse(stdout) as { verdict: string; productState: string; guard: { rule: string; status: string }[]; console: string[]; journal: string };
    expect([exitCode, document.verdict, document.productState]).toEqual([0, 'done', 'CLOSED']);
    expect(document.guard.filter(({ status }) => status !== 'proven' && status !== 'not-applicable')).toEqual([]);
    expect(document.console).toContain('[INF] Jumping to the first image slot');
    expect(await json('status', '--board', 'one')).toMatchObject({ productState: 'CLOSED', integrity: '0xeaeaeaea', recoverable: true, journal: { lastStep: 'close', certain: true } });

    expect(lines).toMatch(/STM32_Programmer_CLI|tool-call|drop-in/);
    // The board's own memory holds them, as a chip does; and its key files were there for the tool alone.
    const written = new Map(['desk', 'state', 'tmp', 'rt'].flatMap((name) => [...filesBelow(join(folder, name))]));
    expect([...written.keys()].join('\n')).toMatch(/state\/journals\/.*\.jsonl[^]*tool-calls\.jsonl/);
    expect(found(secretsOf('1'), new Map([...written, ['what was printed', Buffer.from(printed)], ['the process list', Buffer.from(lines, 'latin1')]]))).toEqual([]);
    expect([...filesBelow(join(folder, 'tmp')).keys()]).toEqual([]);
  }, 180_000);

  it('a closed board: another credential → refused, it stays closed; provision → refused by the guard with what to do (exit code 4)', async () => {
    const stranger = await run('regress', '--board', 'one', '--seed', '2', '--json');
    expect([stranger.exitCode, JSON.parse(stranger.stdout)]).toMatchObject([3, { error: { code: 'authentication-refused' } }]);
    const again = await run('provision', '--board', 'one', '--state', 'closed');
    expect(again.exitCode).toBe(4);
    expect(journal()).toMatch(/"event":"refused","before":"plan","rules":\["start-state"\]\}\n$/);
    expect(again.stderr).toMatch(/start-state: the board was in product state CLOSED when this run began\n\s+would have happened: .+\n\s+now: .+\n\s+command: rot-hil regress --board one/);
    expect(await json('status', '--board', 'one')).toMatchObject({ productState: 'CLOSED', recoverable: true });
  }, 120_000);

  it("ST's own sequence of calls on another board → the same option bytes, OBKeys and flash as our plan's", async () => {
    const files = join(folder, 'files');
    mkdirSync(files);
    const { derivedContents } = await import('../provisioning/index.js');
    const { loadKit, chooseConfiguration } = await import('../board/index.js');
    const { imageFor } = await import('./provision-image.js');
    const { packagePath } = await import('./package-files.js');
    const kit = loadKit('stm32h7s78-dk');
    const configuration = chooseConfiguration(kit, { exec: 'int-ram' });
    const rot = Uint8Array.from(readFileSync(packagePath('firmware-fixtures', 'prebuilt', 'oemirot-placeholder.bin')));
    const contents = derivedContents({ kit, configuration, state: 'CLOSED', method: 'certificate', seed: '1', rot, image: imageFor({ kit, configuration }, { seed: '1' }) });
    const names: Record<string, string> = { da: 'DA_Config.obk', config: 'OEMiROT_Config.obk', data: 'OEMiROT_Data.obk', rot: 'OEMiROT_Boot.bin', image: 'rot_app_enc_sign.hex' };
    for (const [role, bytes] of Object.entries(contents)) writeFileSync(join(files, names[role]!), bytes);
    // Copies of what our plan left, taken while nothing changes it; then that board goes, since the scripts never name a probe.
    await run('virtual', 'stop', 'one');
    await startBoard('two', '--com-port', 'COM19');
    process.env['ROT_HIL_RUNTIME_DIR'] = environment['ROT_HIL_RUNTIME_DIR'];
    const [hot, reset, com, loader] = ['-c port=SWD speed=fast ap=1 mode=Hotplug', '-c port=SWD speed=fast ap=1 mode=UR', '-c port=COM19 br=921600', '/nowhere/ExternalLoader/MX66UW1G45G_STM32H7S78-DK_XSPIM1-SFIx.stldr'];
    // ROT_Provisioning/OEMiROT: provisioning.sh, obkey_provisioning.sh, ob_flash_programming.sh with the protections of the boot project's postbuild.
    const calls = [
      `${hot} -ob DTCM_AXI_SHARE=0 ITCM_AXI_SHARE=0`, `${hot} -psrss 0x17`,
      hot, `${hot} -sdp DA_Config.obk`, hot, `${hot} -sdp OEMiROT_Config.obk`, hot, `${hot} -sdp OEMiROT_Data.obk`,
      reset, `${hot} -obrss 0x5200221c 0x000000ff 0xff 0x00`, reset, `${hot} -obrss 0x52002234 0x03ff03ff 255 0x00`, reset, `${hot} -e all`,
      `${hot} -ob ECC_ON_SRAM=1`, `${hot} -ob XSPI1_HSLV=1`, `${hot} -ob XSPI2_HSLV=1`, `${hot} -d OEMiROT_Boot.bin 0x8000000 -v`,
      reset, `${hot} -obrss 0x5200221c 0x000000ff 0 0x00`, reset, `${hot} -obrss 0x52002234 0x03ff03ff 16711680 0x00`,
      `${com} -elbl ${loader} -d rot_app_enc_sign.hex --verify`, reset, `${hot} -psrss 0x72`,
    ];
    for (const [index, call] of calls.entries()) {
      const { exitCode, output } = await callTool(files, call.split(' '));
      // The last one closes the door behind it: the script does not look at its exit status.
      if (index < calls.length - 1) expect([call, exitCode, /error/i.test(output)]).toEqual([call, 0, false]);
    }
    // A discovery resets the board: it installs and starts its application, as the first one did.
    expect(await json('status', '--board', 'two')).toMatchObject({ productState: 'CLOSED', integrity: '0xeaeaeaea' });
    await sleep(1500);
    await run('virtual', 'stop', 'two');
    for (const name of ['option-bytes.json', 'life-cycle.json', 'obkeys.json', 'internal-flash.bin', 'external-flash.nor']) {
      expect([name, Buffer.compare(readFileSync(join(folder, 'one', name)), readFileSync(join(folder, 'two', name)))]).toEqual([name, 0]);
    }
  }, 180_000);
});
