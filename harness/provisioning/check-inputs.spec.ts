import { describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import { signImage } from '../image/index.js';
import { buildObk, buildOemirotConfigObk, buildDataObk, deriveKeyPair, oemirotAhkOpenObk, parseObk, seededRandom } from '../keys/index.js';
import type { OpenPlanContents } from './check-inputs.js';
import { checkOpenInputs } from './check-inputs.js';

const configuration = rotConfiguration(loadKit('stm32h7s78-dk'), { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' });
const authentication = deriveKeyPair('spec', 'authentication');
const encryption = deriveKeyPair('spec', 'encryption');
const stranger = deriveKeyPair('spec', 'stranger');
const sign = (signKey: Uint8Array): Uint8Array =>
  signImage(new Uint8Array(1000).fill(1), {
    mode: 'overwrite',
    version: '1.0.0',
    headerSize: 0x400,
    slotSize: 0x200000,
    align: 16,
    securityCounter: 'auto',
    signKey,
    encryptionKey: encryption.publicKey,
    pad: true,
    random: seededRandom('spec', 'image'),
  });
const good: OpenPlanContents = {
  rotBinary: new Uint8Array(0x10000),
  hardwareKeys: oemirotAhkOpenObk(),
  config: buildOemirotConfigObk({ authPublicKey: authentication.publicKey, encPrivateKey: encryption.privateKey, doEncryption: false }),
  data: buildDataObk({ owner: 'oemirot', doEncryption: false }),
  image: sign(authentication.privateKey),
};
const check = (change: Partial<OpenPlanContents>) => () => checkOpenInputs(configuration, { ...good, ...change });
const refusal = (code: string, kind = 'usage') => expect.objectContaining({ name: 'HarnessError', code, kind });
const moved = (bytes: Uint8Array, index: number): Uint8Array => buildObk({ ...parseObk(bytes), index });

describe('what an OPEN plan is about to write', () => {
  it('all as it should be → the verdict on the image', () => {
    expect(check({})()).toMatchObject({ verdict: 'valid', stage: 'ok' });
  });

  it('a root of trust of exactly 64 KB → accepted; one byte more → refused; empty → refused', () => {
    expect(check({ rotBinary: new Uint8Array(0x10001) })).toThrow(refusal('rot-binary-size'));
    expect(check({ rotBinary: new Uint8Array(0) })).toThrow(refusal('rot-binary-missing'));
  });

  it.each([
    ['config in place of data', { data: good.config }, 'obk-destination'],
    ['data in place of config', { config: good.data }, 'obk-destination'],
    ['data at another index', { data: moved(good.data, 16) }, 'obk-destination'],
    ['hardware keys cut to one', { hardwareKeys: buildObk({ hdpl: 1, index: 0, payload: new Uint8Array(32), doEncryption: false }) }, 'obk-bad-size'],
    ['a configuration to be encrypted', { config: buildOemirotConfigObk({ authPublicKey: authentication.publicKey, encPrivateKey: encryption.privateKey, doEncryption: true }) }, 'obk-encryption'],
    ['a configuration with a flipped bit', { config: good.config.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) }, 'obk-hash'],
    ['a file cut short', { data: good.data.slice(0, 40) }, 'obk-format'],
  ])('%s → refused', (_, change, code) => expect(check(change)).toThrow(refusal(code)));

  it('an image signed by a stranger → refused with stage and reason, as the boot would', () => {
    expect(check({ image: sign(stranger.privateKey) })).toThrow(expect.objectContaining({ code: 'image-refused', kind: 'subject', fields: { stage: 'key', reason: expect.any(String) } }));
  });

  it('no image → nothing to judge', () => {
    const { rotBinary, config, data } = good;
    expect(checkOpenInputs(configuration, { rotBinary, config, data })).toBeUndefined();
  });
});
