import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { deriveKeyPair } from '../keys/index.js';
import { derivedCredential, derivedDaContent } from '../provisioning/index.js';
import { registerKeys } from './keys.js';
import { registerObk } from './obk.js';
import { prepareProvisioning } from './testing/prepared-provisioning.js';
import { runCommand } from './testing/run-command.js';
import { filesBelow, formsOf, found, secretsOf, watchProcesses } from './testing/secret-forms.js';

jest.setTimeout(180_000);

const main = fileURLToPath(new URL('../../dist/harness/cli/main.js', import.meta.url));
let folder: string;
/** What commands printed, and the process list while they ran, by command. */
const seen = new Map<string, Uint8Array>();

beforeAll(() => {
  if (!existsSync(main)) throw new Error('build first: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'rh-secret-'));
  for (const name of ['desk', 'tmp', 'state', 'password']) mkdirSync(join(folder, name));
});
afterAll(async () => {
  await run('virtual', 'stop', '--all');
  rmSync(folder, { recursive: true, force: true });
});

/** A command; its output and the process list of its time are kept. */
async function run(...args: readonly string[]): Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }> {
  const processes = watchProcesses();
  try {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], { cwd: join(folder, 'desk'), reject: false, stdin: 'ignore', env: { ROT_HIL_RUNTIME_DIR: join(folder, 'rt'), ROT_HIL_STATE_DIR: join(folder, 'state'), TMPDIR: join(folder, 'tmp'), ROT_HIL_TOOL: 'process', NO_COLOR: '1', NODE_OPTIONS: '' } });
    const name = args.slice(0, 6).join(' ');
    seen.set(`what ${name} printed`, Buffer.from(stdout + stderr));
    seen.set(`the process list during ${name}`, Buffer.from(processes(), 'latin1'));
    return { exitCode, stdout, stderr };
  } finally {
    processes();
  }
}

describe('the search itself', () => {
  it('a key in any form in the middle of a text → found; another one → not', () => {
    const [secret, other] = [deriveKeyPair('spec', 'a').privateKey, deriveKeyPair('spec', 'b').privateKey];
    const der = Buffer.concat([Buffer.from([0x30, 0x77, 0x02, 0x01]), secret, Buffer.from([0xa0, 0x0a])]);
    const texts: Record<string, string | Buffer> = {
      raw: der, hex: `key ${Buffer.from(secret).toString('hex').toUpperCase()}`, colons: der.toString('hex').replace(/..(?=.)/g, '$&:'), inspect: JSON.stringify(Buffer.from(secret)),
      pem0: der.toString('base64'), pem1: Buffer.concat([Buffer.from('x'), der]).toString('base64'), pem2: Buffer.concat([Buffer.from('xx'), der]).toString('base64'), url: der.toString('base64url'),
      escaped: [...secret].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''), c: [...secret].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', '),
      words: Array.from({ length: 8 }, (_, n) => Buffer.from(secret).readUInt32LE(4 * n).toString(16).toUpperCase().padStart(8, '0')).join(' '),
    };
    for (const [name, text] of Object.entries(texts)) {
      expect([name, found([{ name, bytes: secret }], new Map([[name, Buffer.from(text)]])).length > 0, found([{ name, bytes: other }], new Map([[name, Buffer.from(text)]]))]).toEqual([name, true, []]);
    }
    expect(new Set([...formsOf(secret).values()].map((needle) => needle.length)).has(0)).toBe(false);
  });
});

describe('everything that is written while boards are closed and opened', () => {
  it('provision and regress by password, right and wrong credentials', async () => {
    const target = { kit: 'stm32h7s78-dk', bootPath: 'oemirot', mode: 'overwrite', exec: 'int-ram', state: 'CLOSED', method: 'password' } as const;
    const { options, regressOptions } = prepareProvisioning(target, join(folder, 'password'));
    expect((await run('virtual', 'start', '--kit', target.kit, '--exec', target.exec, '--name', 'one')).exitCode).toBe(0);
    expect((await run('provision', '--board', 'one', ...options)).exitCode).toBe(0);
    const stranger = await run('regress', '--board', 'one', '--da', 'password', '--seed', '2', '--json');
    expect([stranger.exitCode, stranger.stdout]).toEqual([3, expect.stringContaining('authentication-refused')]);
    // Credentials that cannot even be read: what is wrong with them is said without them.
    const files = derivedCredential('1');
    writeFileSync(join(folder, 'short.bin'), Buffer.from(files['password.bin']).subarray(0, 15));
    writeFileSync(join(folder, 'short.pem'), files['leaf.pem'].replace(/.{8}\n-----END/, '\n-----END'));
    writeFileSync(join(folder, 'chain.b64'), files['chain.b64']);
    for (const words of [['--da-password-file', join(folder, 'short.bin')], ['--da-key', join(folder, 'short.pem'), '--da-chain', join(folder, 'chain.b64')]]) expect((await run('regress', '--board', 'one', ...words)).exitCode).toBe(2);
    expect((await run('regress', '--board', 'one', ...regressOptions)).exitCode).toBe(0);
  });

  it('a run that closes its board by key and chain of a lab file and opens it again → none in record, JUnit, page, console, tool calls', async () => {
    const files = derivedCredential('1');
    for (const name of ['leaf.pem', 'chain.b64'] as const) writeFileSync(join(folder, name), files[name], { mode: 0o600 });
    writeFileSync(join(folder, 'desk', 'rot-hil.lab.yaml'), `benches:\n  - name: desk\n    kit: stm32h7s78-dk\n    virtual: true\n    permissions: { productStates: [CLOSED] }\n    keys: { debugAuthentication: { key: { file: ${join(folder, 'leaf.pem')} }, chain: ${join(folder, 'chain.b64')} } }\n`);
    writeFileSync(
      join(folder, 'desk', 'closing.hil.ts'),
      `import { expect, it } from '@jest/globals';\nimport { board, image } from 'rot-hil';\nit('closed, started, opened', async () => { await expect(image()).toBoot(); expect(await board.regress()).toBe('CLOSED'); }, 60_000);\nit('fails, with all that a failure shows', async () => { await board.provision({}); });\n`,
    );
    const { exitCode, stdout, stderr } = await run('run', 'closing.hil.ts', '--board', 'desk', '--boot-path', 'stirot', '--json');
    expect([exitCode, stderr.slice(-600), JSON.parse(stdout)]).toMatchObject([exitCode, expect.anything(), { passed: 1 }]);
    const written = [...filesBelow(join(folder, 'desk', 'reports')).keys()].join('\n');
    for (const name of [/record\.jsonl/, /junit\.xml/, /report\.html/, /tool-calls\.jsonl/, /console\.log/]) expect(written).toMatch(name);
  });

  it('obk inspect, obk verify, keys check → none in what they print', async () => {
    const path = (name: string): string => join(folder, 'password', name);
    const da = join(folder, 'da.obk');
    writeFileSync(da, derivedDaContent('1', 'certificate'));
    for (const [register, words] of [
      [registerObk, ['obk', 'inspect', path('config.obk')]],
      [registerObk, ['obk', 'inspect', path('da.obk'), '--json']],
      [registerKeys, ['keys', 'check', '--obk', da, '--chain', join(folder, 'chain.b64'), '--key', join(folder, 'leaf.pem')]],
    ] as const) {
      const { exitCode, stdout, stderr } = await runCommand(register, ...words);
      expect([words.join(' '), exitCode, stderr]).toEqual([words.join(' '), 0, '']);
      seen.set(`what ${words.join(' ')} printed`, Buffer.from(stdout));
    }
  });

  it('no secret in any byte that was printed, listed or written; nothing left of the key files', () => {
    const files = new Map([...filesBelow(join(folder, 'state')), ...filesBelow(join(folder, 'desk')), ...filesBelow(join(folder, 'tmp')), ...filesBelow(join(folder, 'rt'))]);
    expect([...files.keys()].join('\n')).toMatch(/journals\/.*\.jsonl[^]*tool-calls\.jsonl/);
    const lists = [...seen].filter(([name]) => name.startsWith('the process list during')).map(([, list]) => Buffer.from(list).toString('latin1')).join('\n');
    // The tool was seen with its arguments: file names alone.
    expect(lists).toMatch(/STM32_Programmer_CLI|drop-in/);
    expect(lists).toMatch(/pwd=\S*password\.bin/);
    const all = new Map([...seen, ...files]);
    expect([...all.values()].reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(100_000);
    expect(found([...secretsOf('1'), ...secretsOf('2')], all)).toEqual([]);
    expect([...filesBelow(join(folder, 'tmp')).keys()]).toEqual([]);
  });
});
