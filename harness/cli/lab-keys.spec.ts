import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deriveKeyPair, toPrivateKeyPem } from '../keys/index.js';
import { keyPairOf, namedRotKeys, rotKeyFiles } from './lab-keys.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-keys-'));
});
afterEach(() => {
  delete process.env['ROT_HIL_TEST_KEY'];
  rmSync(folder, { recursive: true, force: true });
});

const pair = deriveKeyPair('lab-keys', 'a key');
const keyFile = (text: string): string => {
  const path = join(folder, 'key.pem');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

describe('keys of a root of trust that a bench names', () => {
  it('none → undefined; one of them → that one, and a file of it alone', () => {
    expect(namedRotKeys({ name: 'desk', keys: {} })).toBeUndefined();
    const file = keyFile(toPrivateKeyPem(pair.privateKey));
    const bench = { name: 'desk', keys: { authentication: { file } } };
    expect(keyPairOf(bench, 'authentication')).toEqual(pair);
    expect(keyPairOf(bench, 'encryption')).toBeUndefined();
    expect(rotKeyFiles(namedRotKeys(bench)!, folder)).toEqual({ authentication: file });
  });

  it('one in the environment → a file that only its owner may read', () => {
    process.env['ROT_HIL_TEST_KEY'] = toPrivateKeyPem(pair.privateKey);
    const { encryption } = rotKeyFiles(namedRotKeys({ name: 'desk', keys: { encryption: { env: 'ROT_HIL_TEST_KEY' } } })!, folder);
    expect(readFileSync(encryption!, 'utf8')).toBe(process.env['ROT_HIL_TEST_KEY']);
  });

  it('what is no key → refused with bench, key and file before anything is started, and nothing of its content', () => {
    const file = keyFile('-----BEGIN SECRET-----\nAAAA\n-----END SECRET-----\n');
    expect(() => namedRotKeys({ name: 'desk', keys: { encryption: { file } } })).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringMatching(/^bench desk, keys\.encryption: .*key\.pem: /) }));
    expect(() => namedRotKeys({ name: 'desk', keys: { encryption: { file } } })).not.toThrow(/AAAA/);
  });
});
