import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { counterTlv, craft, slotSize, testKeys } from '../image/testing/craft-image.js';
import type { Changes } from '../image/testing/craft-image.js';
import { toPrivateKeyPem, toPublicKeyPem } from '../keys/index.js';
import { registerImage } from './image.js';
import { runCommand } from './testing/run-command.js';
import type { CommandRun } from './testing/run-command.js';

let folder = '';
const at = (name: string): string => join(folder, name);
const vector = (name: string): string => fileURLToPath(new URL(`../image/testing/vectors/${name}`, import.meta.url));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-inspect-'));
  writeFileSync(at('auth.pem'), toPublicKeyPem(testKeys.auth.publicKey));
  writeFileSync(at('enc.pem'), toPrivateKeyPem(testKeys.enc.privateKey));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  jest.restoreAllMocks();
});

const inspect = (changes: Changes, ...more: readonly string[]): Promise<CommandRun> => {
  writeFileSync(at('i.bin'), craft(changes).slot);
  return runCommand(registerImage, 'image', 'inspect', at('i.bin'), ...more);
};
const document = async (changes: Changes, ...more: readonly string[]): Promise<Record<string, unknown>> => JSON.parse((await inspect(changes, '--json', ...more)).stdout) as Record<string, unknown>;
const keys = (): string[] => ['--auth-pub', at('auth.pem'), '--enc-key', at('enc.pem')];
const text = (run: CommandRun): string => run.stdout.replace(/\u001b\[\d+m/g, '');

describe('image inspect', () => {
  it('an encrypted image and both keys -> header, flags, TLVs, trailer and verdict by name, no line but the file over 80 columns', async () => {
    const run = await inspect({ encrypted: true, protectedTlvs: [counterTlv(), { type: 0x40, value: Uint8Array.of(1, 0, 0, 0, 2, 3, 4, 0, 0, 0, 0, 0) }] }, ...keys());
    expect(run.exitCode).toBe(0);
    const lines = text(run).split('\n');
    expect(lines.slice(1).filter((line) => line.length > 80)).toEqual([]);
    for (const part of [
      /magic +0x96f3b83d, MCUboot image/, /version +1\.0\.0/, /ENCRYPTED: the payload is encrypted/, /0x50 +SEC_CNT +0x[0-9a-f]+ +4 +protected/, /0x32 +ENCEC256 +0x[0-9a-f]+ +113$/m,
      /counter +0x5 \(5\)/, /image hash +[0-9a-f]{64}$/m, /key id +[0-9a-f]{64}$/m, /depends on +image 1 from 2\.3\.4 on/, /image_ok +erased at 0x7fe0/, /magic +right at 0x7ff0/, /asks for +installation over/,
      /valid: the boot accepts it/,
    ]) expect(text(run)).toMatch(part);
    expect(text(run)).not.toContain('77777777');
  });

  it.each<[string, Changes, readonly string[], RegExp]>([
    ['no key, plain -> open up to the authentication key', {}, [], /in front of the authentication key[^]*--auth-pub/],
    ['no key, encrypted -> open up to the encryption key', { encrypted: true }, [], /in front of the encryption key[^]*--enc-key/],
    ['no key, a changed payload -> refused at the hash all the same', { patch: [{ at: 0x400, bytes: Uint8Array.of(9) }] }, [], /stops at +hash[^]*slot +erased/],
    ['no key, no trailer -> not installed', { trailer: false }, [], /not installed[^]*stops at +trailer[^]*slot +kept/],
    ['a stored counter above the image -> refused', {}, ['--stored-counter', '6'], /stops at +security-counter[^]*0x5 below stored 0x6/],
  ])('%s', async (_what, changes, args, expected) => {
    expect(text(await inspect(changes, ...args))).toMatch(expected);
  });

  it('image_ok, copy_done and where the trailer begins -> as the build given reads them', async () => {
    const changes: Changes = { patch: [{ at: slotSize - 24, bytes: Uint8Array.of(1) }] };
    const narrow = await document(changes, '--mode', 'swap', '--max-align', '8', '--write-unit', '4', '--status-entries', '2', ...keys());
    expect(narrow).toMatchObject({ mode: 'swap', trailer: { magic: 'good', imageOk: 'set', copyDone: 'unset', swapType: 'perm', at: { imageOk: slotSize - 24, copyDone: slotSize - 32, start: slotSize - (24 + 32 + 16 + 16 + 16) } }, check: { verdict: 'valid' } });
    const wide = await document(changes, '--mode', 'swap', ...keys());
    expect(wide).toMatchObject({ trailer: { imageOk: 'bad', swapType: 'none', at: { imageOk: slotSize - 32 } }, check: { stage: 'trailer' } });
  });

  it('JSON -> one document with the verdict, or with the key that is missing', async () => {
    expect(await document({}, ...keys())).toMatchObject({ magicMeaning: expect.stringContaining('OEMiROT'), image: { version: '1.0.0', flagNames: [] }, check: { verdict: 'valid', stage: 'ok' }, missingKey: null });
    expect(await document({})).toMatchObject({ check: null, missingKey: 'authentication' });
  });

  it('an image for STiROT -> primary-only by its magic, no trailer', async () => {
    const run = await runCommand(registerImage, 'image', 'inspect', vector('v04_stirot.bin'), '--enc-key', vector('keys/enc.pem'), '--auth-pub', vector('keys/auth_pub.pem'));
    expect(text(run)).toMatch(/image for STiROT[^]*PRIMARY_ONLY: [^]*valid: the boot accepts it/);
    expect(text(run)).not.toContain('Trailer');
  });

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['bytes that are no image', new Uint8Array(100).fill(0x41)],
  ])('%s -> said, exit 0', async (_what, bytes) => {
    writeFileSync(at('x.bin'), bytes);
    const run = await runCommand(registerImage, 'image', 'inspect', at('x.bin'));
    expect(run.exitCode).toBe(0);
    expect(text(run)).toMatch(/magic +0x[0-9a-f]{8}, (erased|no image)[^]*stops at/);
  });
});
