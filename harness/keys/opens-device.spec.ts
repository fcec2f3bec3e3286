import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HarnessError } from '../errors/index.js';
import { nobleEngine } from '../image/engine-noble.js';
import { nativeEngine } from '../image/index.js';
import {
  adacCertificateSize,
  buildAdacCertificate,
  buildAdacChain,
  buildDaCertificateObk,
  buildDaPasswordObk,
  buildPasswordFile,
  daLockObk,
  deriveKeyPair,
  formatPermissions,
  opensDevice,
  parsePermissions,
  permissionNames,
  readAdacCertificate,
  readChainFile,
  readDaObk,
  readPasswordFile,
  toChainFile,
} from './index.js';
import type { DaCredential } from './index.js';

const pair = (label: string) => deriveKeyPair('opens-device', label);
const keys = { root: pair('root'), intermediate: pair('intermediate'), leaf: pair('leaf') };
const permissions = 0x5007n;
const { root, intermediate, leaf } = buildAdacChain(keys, permissions);
const chainOf = (...certificates: readonly Uint8Array[]) => readChainFile(Buffer.from(toChainFile(...certificates)));
const device = readDaObk(buildDaCertificateObk({ rootPublicKey: keys.root.publicKey, permissions: 0x4007n }));
const credential = (chain = chainOf(root, intermediate, leaf), privateKey = keys.leaf.privateKey): DaCredential => ({ method: 'certificate', chain, privateKey });
const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const edit = (bytes: Uint8Array, at: number, value: number): Uint8Array => bytes.map((byte, i) => (i === at ? value : byte));

describe('certificates', () => {
  it.each([nativeEngine(), nobleEngine])('built and read -> the head of ST\'s files, every field back, signed by its issuer ($name)', (engine) => {
    const bytes = buildAdacCertificate({ role: 'leaf', permissions, publicKey: keys.leaf.publicKey, issuerKey: keys.intermediate.privateKey }, engine);
    expect(bytes).toHaveLength(adacCertificateSize);
    expect(Buffer.from(bytes.subarray(0, 16)).toString('hex')).toBe('00000102d40000000100010103010000');
    const read = readAdacCertificate(bytes);
    expect(read).toMatchObject({ role: 'leaf', permissions, lifecycle: 0, socClass: 0 });
    expect(Buffer.from(read.publicKey).equals(keys.leaf.publicKey)).toBe(true);
  });

  it('a whole chain in one file -> its certificates in order; whitespace inside is passed over, raw bytes are read as well', () => {
    const text = toChainFile(root, intermediate, leaf);
    expect(text).toHaveLength(880);
    expect(readChainFile(Buffer.from(`${text.slice(0, 76)}\r\n${text.slice(76)}\n`)).map(({ role }) => role)).toEqual(['root', 'intermediate', 'leaf']);
    expect(readChainFile(Buffer.concat([root, leaf])).map(({ role }) => role)).toEqual(['root', 'leaf']);
  });

  it.each([
    ['half a certificate', Buffer.from(toChainFile(root.subarray(0, 110)))],
    ['nothing', new Uint8Array(0)],
    ['no base64', Buffer.from('!!!!')],
    ['nine certificates', Buffer.from(toChainFile(...Array.from({ length: 9 }, () => root)))],
    ['another type', edit(root, 2, 2)],
    ['version 2', edit(root, 8, 2)],
    ['another curve', edit(root, 11, 2)],
    ['role 0', edit(root, 12, 0)],
    ['extensions', edit(root, 20, 4)],
  ])('%s -> certificate-format', (_what, content) => {
    expect(() => readChainFile(content)).toThrow(usage('certificate-format'));
  });

  it('any bytes -> certificates or certificate-format', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 700 }), fc.tuple(fc.nat(219), fc.nat(255)).map(([at, value]) => edit(root, at, value))), (bytes) => {
        try {
          readChainFile(bytes);
        } catch (error) {
          expect((error as HarnessError).code).toBe('certificate-format');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('does it open the device', () => {
  it.each([nativeEngine(), nobleEngine])('the chain of its root and the leaf\'s key -> opens with what device and chain both permit ($name)', (engine) => {
    expect(opensDevice(device, credential(), engine)).toEqual({ opens: true, permissions: 0x4007n });
  });

  const strangers = buildAdacChain({ root: pair('stranger'), intermediate: keys.intermediate, leaf: keys.leaf }, permissions);
  const weak = buildAdacChain(keys, 0x1007n);
  const bound = edit(leaf, 28, 1);
  it.each([
    ["another leaf's key", credential(undefined, keys.intermediate.privateKey), 'wrong-leaf-key'],
    ["another root's chain", credential(chainOf(strangers.root, strangers.intermediate, strangers.leaf)), 'wrong-root'],
    ['a leaf not signed by the intermediate', credential(chainOf(root, intermediate, buildAdacCertificate({ role: 'leaf', permissions, publicKey: keys.leaf.publicKey, issuerKey: keys.leaf.privateKey }))), 'chain-signature'],
    ['a permission changed after signing', credential(chainOf(root, intermediate, edit(leaf, 44, 0xff))), 'chain-signature'],
    ['a chip id put in after signing', credential(chainOf(root, intermediate, bound)), 'chain-signature'],
    ['leaf and intermediate exchanged', credential(chainOf(root, leaf, intermediate)), 'chain-order'],
    ['a root alone', credential(chainOf(root), keys.root.privateKey), 'chain-order'],
    ['certificates without the full regression', credential(chainOf(weak.root, weak.intermediate, weak.leaf)), 'no-full-regression'],
    ['a password', { method: 'password', password: new Uint8Array(16) } satisfies DaCredential, 'other-method'],
  ])('%s -> stays closed', (_what, wrong, refusal) => {
    const opening = opensDevice(device, wrong);
    expect(opening).toMatchObject({ opens: false, refusal });
    expect(opening.opens || opening.reason.length > 20).toBe(true);
  });

  it('a device that never permits the full regression -> no-full-regression', () => {
    const closed = readDaObk(buildDaCertificateObk({ rootPublicKey: keys.root.publicKey, permissions: 0x7n }));
    expect(opensDevice(closed, credential())).toMatchObject({ opens: false, refusal: 'no-full-regression' });
  });

  it('its password -> opens; another one -> wrong-password; a chain -> other-method', () => {
    const protectedDevice = readDaObk(buildDaPasswordObk({ password: '0123456789abcdef' }));
    const password = (text: string): DaCredential => ({ method: 'password', password: readPasswordFile(buildPasswordFile(text)) });
    expect(opensDevice(protectedDevice, password('0123456789abcdef'))).toEqual({ opens: true, permissions: undefined });
    expect(opensDevice(protectedDevice, password('0123456789abcdeF'))).toMatchObject({ opens: false, refusal: 'wrong-password' });
    expect(opensDevice(protectedDevice, credential())).toMatchObject({ opens: false, refusal: 'other-method' });
  });

  it('a locked device -> stays closed for the right chain', () => {
    expect(opensDevice(readDaObk(daLockObk()), credential())).toMatchObject({ opens: false, refusal: 'locked' });
  });
});

describe('what a device is told', () => {
  it('one changed byte behind the hash -> obk-hash; the original is read', () => {
    const bytes = buildDaCertificateObk({ rootPublicKey: keys.root.publicKey, permissions });
    expect(readDaObk(bytes)).toMatchObject({ method: 'certificate', permissions });
    expect(() => readDaObk(edit(bytes, 60, bytes[60]! ^ 1))).toThrow(usage('obk-hash'));
    expect(() => readDaObk(edit(bytes, 2, 0x52))).toThrow(usage('obk-kind'));
  });

  it('permissions -> text and back, in words', () => {
    expect(parsePermissions(formatPermissions(permissions))).toBe(permissions);
    expect(permissionNames(0x4080n)).toEqual(['bit 7', 'full regression']);
    expect(() => parsePermissions('4007')).toThrow(usage('permissions'));
    expect(() => parsePermissions(`0x${'f'.repeat(33)}`)).toThrow(usage('permissions'));
  });

  it('password.bin -> type, length, password; another length or type -> password-file', () => {
    const bytes = buildPasswordFile('0123456789abcdef');
    expect(Buffer.from(bytes.subarray(0, 8)).toString('hex')).toBe('0000008010000000');
    expect(() => readPasswordFile(bytes.subarray(1))).toThrow(usage('password-file'));
    expect(() => readPasswordFile(edit(bytes, 3, 0))).toThrow(usage('password-file'));
    expect(readPasswordFile(bytes)).toHaveLength(16);
  });
});
