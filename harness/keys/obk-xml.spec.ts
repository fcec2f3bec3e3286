import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HarnessError } from '../errors/index.js';
import { nobleEngine } from '../image/engine-noble.js';
import { nativeEngine } from '../image/index.js';
import {
  buildDaCertificateObk,
  buildDaPasswordObk,
  buildObkFromXml,
  buildOemirotConfigObk,
  decodeStirotConfig,
  deriveKeyPair,
  parseObk,
  readPasswordFile,
  toPrivateKeyPem,
  toPublicKeyPem,
} from './index.js';

const auth = deriveKeyPair('obk-xml', 'authentication');
const enc = deriveKeyPair('obk-xml', 'encryption');
const usage = (code: string) => expect.objectContaining({ name: 'HarnessError', code, kind: 'usage' });
const field = (kind: string, inner: Readonly<Record<string, string>>): string => `<${kind}>${Object.entries(inner).map(([name, text]) => `<${name}>${text}</${name}>`).join('')}</${kind}>`;
const number = (value: string, width: number, kind = 'Data'): string => field(kind, { Name: 'n', Value: value, Width: String(width) });
const file = (path: string, type: string): string => field('File', { Name: 'key', Value: path, KeyType: 'ecdsa-p256', Type: type });
const document = (destination: string, ...fields: readonly string[]): string =>
  `<?xml version="1.0"?><Root xmlns:xsi="x"><Obdata>${field('Info', { Title: 't', ObDestAddress: destination, DoEncryption: '1', GlobalAlign: '32' })}${fields.join('')}${field('Output', { Name: 'o', Value: '.\\..\\Binary\\out.obk' })}</Obdata></Root>`;

const asked: string[] = [];
const readKey = (path: string): Promise<string> => {
  asked.push(path);
  return Promise.resolve(path.endsWith('auth.pem') ? toPrivateKeyPem(auth.privateKey) : path.endsWith('auth_pub.pem') ? toPublicKeyPem(auth.publicKey) : toPrivateKeyPem(enc.privateKey));
};
const build = (xml: string, engine = nativeEngine()) => buildObkFromXml(xml, { readKey, engine });

describe('OBKey file from XML', () => {
  const oemirot = document('0x00000108', '<Hash></Hash>', file('./../Keys/auth.pem', 'Public'), file('.\\..\\Keys\\enc.pem', ''));

  it.each([nativeEngine(), nobleEngine])('configuration of OEMiROT -> the bytes of the builder made for it, keys asked for with / in their paths ($name)', async (engine) => {
    asked.length = 0;
    const { bytes, output } = await build(oemirot, engine);
    expect(bytes).toEqual(buildOemirotConfigObk({ authPublicKey: auth.publicKey, encPrivateKey: enc.privateKey, doEncryption: true }));
    expect(asked).toEqual(['./../Keys/auth.pem', './../Keys/enc.pem']);
    expect(output).toBe('./../Binary/out.obk');
  });

  it('DoEncryption overridden -> the encryption word 0, all else equal', async () => {
    const open = (await buildObkFromXml(oemirot, { readKey, doEncryption: false })).bytes;
    const closed = (await build(oemirot)).bytes;
    expect([...open.keys()].filter((at) => open[at] !== closed[at])).toEqual([8]);
  });

  it('fields of STiROT -> little endian in their widths, one behind the other, under the hash', async () => {
    const words = (...values: readonly string[]): string[] => values.map((value) => number(value, 4));
    const fields = [
      number('0x01', 1), number('0x01,label', 1, 'List'), number('0x00', 1), number('0x01', 1, 'Bool'),
      ...words('0x24000000', '0x00020000', '0', '0', '0', '0', '0x72', '0x90000000', '0x90020000', '0', '0x10000000', '0x2000', '0x6000', '0x1'),
      number('0', 3), file('enc.pem', ''), file('auth_pub.pem', 'Public'),
    ];
    const { payload } = parseObk((await build(document('0x108', '<Hash/>', ...fields))).bytes);
    expect(payload).toHaveLength(256);
    const config = decodeStirotConfig(payload);
    expect(config).toMatchObject({ clock: 1, sramEcc: true, runAddress: 0x24000000, areaSize: 0x20000, minimumProductState: 0x72, installAddress: 0x90000000, downloadAddress: 0x90020000, iLoaderOffset: 0x2000, iLoaderSize: 0x6000, mce: 1 });
    expect(Buffer.from(config.authPublicKey).equals(auth.publicKey)).toBe(true);
    expect(Buffer.from(config.encPrivateKey).equals(enc.privateKey)).toBe(true);
  });

  it('debug authentication -> the bytes of the builders made for it; password.bin with the password', async () => {
    const permission = field('Permission', { Name: 'p', Value: '0x80000000000000000000000000004007', Width: '4' });
    const certificate = await build(document('0x510008', '<Hash/><DA/>', file('auth.pem', 'Public'), permission));
    expect(certificate.bytes).toEqual(buildDaCertificateObk({ rootPublicKey: auth.publicKey, permissions: 0x80000000000000000000000000004007n }));
    expect(certificate.passwordFile).toBeUndefined();

    const text = field('Text', { Name: 'p', Value: 'sixteen letters!', MinWidth: '4', Width: '16' });
    const password = await build(document('0x8a0008', '<Hash/><DA/>', text, number('0', 4)));
    expect(password.bytes).toEqual(buildDaPasswordObk({ password: 'sixteen letters!' }));
    expect(Buffer.from(readPasswordFile(password.passwordFile!)).toString()).toBe('sixteen letters!');
  });

  it.each([
    ['a field of an unknown kind', document('0x108', '<Blob/>'), 'st-xml'],
    ['a value wider than its width', document('0x108', number('0x100', 1)), 'st-xml'],
    ['a value that is no number', document('0x108', number('zero', 1)), 'st-xml'],
    ['no field', document('0x108', '<Hash/>'), 'st-xml'],
    ['a hash behind the fields', document('0x108', number('1', 1), '<Hash/>'), 'st-xml'],
    ['a destination beyond 24 bits', document('0x1000108', number('1', 1)), 'st-xml'],
    ['more fields than a level holds', document('0x108', ...Array.from({ length: 300 }, () => number('1', 4))), 'st-xml'],
    ['a key type of another curve', document('0x108', field('File', { Name: 'k', Value: 'auth.pem', KeyType: 'ecdsa-p384', Type: 'Public' })), 'st-xml'],
    ['fields that pass the last slot', document('0x11f', '<Hash/>', number('1', 1)), 'obk-format'],
    ['a password outside a debug-authentication file', document('0x108', field('Text', { Name: 'p', Value: 'sixteen letters!' })), 'st-xml'],
    ['a password of 4 characters', document('0x8a0008', '<DA/>', field('Text', { Name: 'p', Value: '0000' })), 'password'],
  ])('%s -> refused', async (_what, xml, code) => {
    await expect(build(xml)).rejects.toEqual(usage(code));
  });

  it('a password that is refused -> the error does not tell it', async () => {
    const refused = build(document('0x8a0008', '<DA/>', field('Text', { Name: 'p', Value: 'secret' })));
    await expect(refused).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });

  it('mutated XML -> an OBKey file or a typed error, nothing else', async () => {
    const xml = oemirot;
    await fc.assert(
      fc.asyncProperty(fc.nat(xml.length - 1), fc.nat(12), fc.string({ maxLength: 12 }), async (at, cut, inserted) => {
        try {
          parseObk((await build(xml.slice(0, at) + inserted + xml.slice(at + cut))).bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(HarnessError);
        }
      }),
      { numRuns: 400 },
    );
  });
});
