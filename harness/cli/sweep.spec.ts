import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerSweep } from './sweep.js';
import { runCommand } from './testing/run-command.js';

const vectors = 'harness/rot/testing/vectors/images';
const keys = ['--auth-pub', `${vectors}/sign_pub.pem`, '--enc-key', `${vectors}/enc.pem`];
const layout = ['--layout', 'slot=0x40000,scratch=0x10000,sector=0x1000,unit=16'];
const small = ['--layout', 'slot=0x8000,scratch=0x2000,sector=0x1000,unit=16'];
const sweep = (...args: readonly string[]) => runCommand(registerSweep, 'sweep', ...args);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-sweep-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('sweep', () => {
  it('an update from files, as JSON -> the document of the contract, exit code 0', async () => {
    const run = await sweep(...layout, ...keys, '--mode', 'overwrite', '--install', `${vectors}/v1pow.bin`, '--primary', 'installed', '--secondary', `${vectors}/v2ow.bin`, '--confirm', 'none', '--step', '50', '--crc', '--trace', '--json');
    expect(run).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(run.stdout)).toEqual({
      operations: 194,
      uncut: ['2.0.0', '2.0.0', '2.0.0'],
      trace: 'EP0+1000x64 WP0+1000x64 C2000000 ES0+1000x64 H0',
      log: expect.stringMatching(/^\[INF\] Starting bootloader OEMiROT\n/),
      outcomes: [1, 51, 101, 151].map((after) => ({ after, cut: expect.stringMatching(/^b0\|test:2\.0\.0\||^b0\|none:/), crc: expect.stringMatching(/^[0-9a-f]{8}$/) })),
      bricked: [],
      halted: [],
      norViolations: 0,
      bootsPerSecond: expect.any(Number),
    });
  });

  it('a scenario for a person -> table, picture and figures; --svg draws it', async () => {
    const svg = join(folder, 'sweep.svg');
    const run = await sweep('--scenario', 'swap-revert', ...small, '--svg', svg);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toMatch(/swap-revert[^]*without a cut +\d+ operations, boots 2\.0\.0, 1\.0\.0, 1\.0\.0[^]*after every cut something boots/);
    const drawn = readFileSync(svg, 'utf8');
    expect(drawn).toMatch(/^<svg [^]*<\/svg>\n$/);
  });

  it('cuts after which nothing boots -> exit code 1 and a replay command; with --cut its log', async () => {
    const args = ['--scenario', 'swap-confirm', ...small, '--mce', 'model'];
    const run = await sweep(...args, '--step', '1', '--boots', '1');
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/after which nothing boots \(result of the model[^]*replay one with: {2}rot-hil .* --cut \d+/);
    const k = /--cut (\d+)/.exec(run.stdout)![1]!;
    const replayed = await sweep(...args, '--cut', k);
    expect(replayed).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('[ERR] Unable to find bootable image') });
  });

  it.each([
    ['no keys', [...layout, '--secondary', `${vectors}/v2ow.bin`]],
    ['an image larger than the slot', [...small, ...keys, '--secondary', `${vectors}/v2ow.bin`]],
    ['--half with --torn', ['--scenario', 'overwrite', '--half', '--torn', '1']],
    ['installed without --install', [...layout, ...keys, '--primary', 'installed']],
    ['the cipher with unit 4', ['--scenario', 'overwrite', '--layout', 'unit=4', '--mce', 'model']],
    ['a boot path whose operations are not known', ['--boot-path', 'stirot']],
    ['an unknown scenario', ['--scenario', 'nothing']],
    ['all scenarios as JSON', ['--scenario', 'all', '--json']],
  ])('%s -> exit code 2', async (_what, args) => {
    expect(await sweep(...args)).toMatchObject({ exitCode: 2 });
  });

  it('--list -> every scenario with its mode', async () => {
    const list = JSON.parse((await sweep('--list', '--json')).stdout) as { name: string }[];
    expect(list.map(({ name }) => name)).toEqual(expect.arrayContaining(['swap-confirm', 'swap-revert', 'permanent', 'overwrite', 'bootstrap', 'downgrade', 'bad-signature', 'both-bad']));
    expect((await sweep('--list')).stdout).toContain('swap-confirm');
  });
});
