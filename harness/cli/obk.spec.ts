import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildOemirotConfigObk, deriveKeyPair, readPrivateKeyPem, readPublicKeyPem, toPrivateKeyPem, toPublicKeyPem, publicKeyOf } from '../keys/index.js';
import { registerKeys } from './keys.js';
import { registerObk } from './obk.js';
import { runCommand } from './testing/run-command.js';

const auth = deriveKeyPair('cli-obk', 'authentication');
const enc = deriveKeyPair('cli-obk', 'encryption');
let folder = '';
const at = (...names: readonly string[]): string => join(folder, ...names);
const obk = (...args: readonly string[]) => runCommand(registerObk, 'obk', ...args);
const keys = (...args: readonly string[]) => runCommand(registerKeys, 'keys', ...args);
const xml = (destination: string, fields: string, output: string): string =>
  `<Root><Obdata><Info><ObDestAddress>${destination}</ObDestAddress><DoEncryption>1</DoEncryption><GlobalAlign>32</GlobalAlign></Info><Hash/>${fields}<Output><Value>${output}</Value></Output></Obdata></Root>`;
const keyField = (path: string, type: string): string => `<File><Value>${path}</Value><KeyType>ecdsa-p256</KeyType><Type>${type}</Type></File>`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-obk-'));
  for (const name of ['Keys', 'Config', 'Binary']) mkdirSync(at(name));
  writeFileSync(at('Keys', 'auth.pem'), toPrivateKeyPem(auth.privateKey));
  writeFileSync(at('Keys', 'enc.pem'), toPrivateKeyPem(enc.privateKey));
  writeFileSync(at('Keys', 'enc_pub.pem'), toPublicKeyPem(enc.publicKey));
  writeFileSync(at('Config', 'OEMiROT_Config.xml'), xml('0x108', keyField('./../Keys/auth.pem', 'Public') + keyField('.\\..\\Keys\\enc.pem', ''), './../Binary/OEMiROT_Config.obk'));
  writeFileSync(at('Config', 'DA_ConfigWithPassword.xml'), xml('0x8a0008', '<DA/><Text><Value>0123456789abcdef</Value></Text><Data><Value>0</Value><Width>4</Width></Data>', './../Binary/DA_ConfigWithPassword.obk'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('obk', () => {
  it("build from XML -> the file the XML names, its keys found beside the XML, readable by its owner alone", async () => {
    const run = await obk('build', at('Config', 'OEMiROT_Config.xml'), '--json');
    expect(run).toMatchObject({ exitCode: 0 });
    const { file } = JSON.parse(run.stdout) as { file: string };
    expect(file).toBe(at('Binary', 'OEMiROT_Config.obk'));
    expect(Buffer.from(readFileSync(file)).equals(buildOemirotConfigObk({ authPublicKey: auth.publicKey, encPrivateKey: enc.privateKey, doEncryption: true }))).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('inspect and verify -> what it holds by hash, never a private key; its keys match, others do not (1)', async () => {
    const file = at('Binary', 'OEMiROT_Config.obk');
    const inspected = await obk('inspect', file, '--json');
    expect(JSON.parse(inspected.stdout)).toMatchObject({ kind: 'oemirot-config', level: 1, index: 8, doEncryption: true });
    expect(inspected.stdout).not.toContain(Buffer.from(enc.privateKey).toString('hex'));
    expect(await obk('verify', file, '--auth-pub', at('Keys', 'auth.pem'), '--enc-key', at('Keys', 'enc_pub.pem'))).toMatchObject({ exitCode: 0 });
    const crossed = await obk('verify', file, '--auth-pub', at('Keys', 'enc_pub.pem'), '--json');
    expect(crossed).toMatchObject({ exitCode: 1 });
    expect(JSON.parse(crossed.stdout)).toMatchObject({ matches: false, findings: [{ what: 'authentication key', matches: false, reason: expect.stringContaining('another authentication key') }] });
  });

  it('a configuration with password -> password.bin beside it; it opens that device; the password stands in no output', async () => {
    const built = await obk('build', at('Config', 'DA_ConfigWithPassword.xml'));
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stdout + built.stderr).not.toContain('0123456789abcdef');
    expect(statSync(at('Binary', 'password.bin')).mode & 0o777).toBe(0o600);
    const check = ['check', '--obk', at('Binary', 'DA_ConfigWithPassword.obk'), '--password-file'];
    expect(await keys(...check, at('Binary', 'password.bin'))).toMatchObject({ exitCode: 0 });
    expect(await obk('verify', at('Binary', 'DA_ConfigWithPassword.obk'), '--password-file', at('Binary', 'password.bin'))).toMatchObject({ exitCode: 0 });
  });

  it('a damaged file -> exit code 2 and its error as JSON', async () => {
    writeFileSync(at('broken.obk'), buildOemirotConfigObk({ authPublicKey: auth.publicKey, encPrivateKey: enc.privateKey, doEncryption: true }).fill(0, 100, 101));
    const run = await obk('inspect', at('broken.obk'), '--json');
    expect(run).toMatchObject({ exitCode: 2 });
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'obk-hash', kind: 'usage' } });
  });

  it.each([
    ['neither XML nor --kind', []],
    ['--kind without --out', ['--kind', 'oemirot-data']],
    ['an XML that is not there', ['missing.xml']],
  ])('build with %s -> exit code 2, a next step, nothing written', async (_what, args) => {
    const before = readdirSync(folder);
    const run = await obk('build', ...args);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('next:') });
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('keys', () => {
  it('generate --out -> a pair that belongs together, mode 0600; once more -> exit code 2 and the old key kept', async () => {
    expect(await keys('generate', '--out', at('new', 'pair.pem'))).toMatchObject({ exitCode: 0 });
    const pem = readFileSync(at('new', 'pair.pem'), 'latin1');
    expect(publicKeyOf(readPrivateKeyPem(pem))).toEqual(Uint8Array.from(readPublicKeyPem(readFileSync(at('new', 'pair_pub.pem'), 'latin1'))));
    expect(statSync(at('new', 'pair.pem')).mode & 0o777).toBe(0o600);
    rmSync(at('new', 'pair_pub.pem'));
    expect(await keys('generate', '--out', at('new', 'pair.pem'))).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('exists already') });
    expect(readFileSync(at('new', 'pair.pem'), 'latin1')).toBe(pem);
    expect(existsSync(at('new', 'pair_pub.pem'))).toBe(false);
  });

  it('generate --da -> a chain that opens the device told of it; with a key of another role -> exit code 1 and the refusal', async () => {
    expect(await keys('generate', '--da', at('DA'))).toMatchObject({ exitCode: 0 });
    const check = ['check', '--obk', at('DA', 'Binary', 'DA_Config.obk'), '--chain', at('DA', 'Certificates', 'cert_leaf_chain.b64'), '--json', '--key'];
    const opened = await keys(...check, at('DA', 'Keys', 'key_3_leaf.pem'));
    expect(opened).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(opened.stdout)).toMatchObject({ opens: true, permissions: '0x80000000000000000000000000004007' });
    const closed = await keys(...check, at('DA', 'Keys', 'key_1_root.pem'));
    expect(closed).toMatchObject({ exitCode: 1 });
    expect(JSON.parse(closed.stdout)).toMatchObject({ opens: false, refusal: 'wrong-leaf-key' });
  });

  it('check with nothing to open with, or a chain without its key -> exit code 2', async () => {
    const device = ['check', '--obk', at('DA', 'Binary', 'DA_Config.obk')];
    expect(await keys(...device)).toMatchObject({ exitCode: 2 });
    expect(await keys(...device, '--chain', at('DA', 'Certificates', 'cert_leaf_chain.b64'))).toMatchObject({ exitCode: 2 });
  });
});
