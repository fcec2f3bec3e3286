import { describe, expect, it } from '@jest/globals';
import { deriveKeyPair } from './derived-keys.js';
import { parseObk } from './obk-file.js';
import { buildStirotConfigObk, decodeStirotConfig } from './stirot-obk.js';

const [authentication, encryption] = [deriveKeyPair('spec', 'authentication'), deriveKeyPair('spec', 'encryption')];
const config = {
  clock: 1,
  sramEcc: true,
  runAddress: 0x24000000,
  areaSize: 0x20000,
  minimumProductState: 0x72,
  installAddress: 0x90000000,
  downloadAddress: 0x90020000,
  iLoaderOffset: 0,
  iLoaderSize: 0x6000,
  mce: 0,
  authPublicKey: authentication.publicKey,
  encPrivateKey: encryption.privateKey,
};

describe('STiROT_Config.obk', () => {
  it('built and decoded → the same configuration, level 1, index 8, 268 bytes', () => {
    const bytes = buildStirotConfigObk({ ...config, doEncryption: true });
    const { hdpl, index, doEncryption, payload } = parseObk(bytes);
    expect([bytes.length, hdpl, index, doEncryption]).toEqual([268, 1, 8, true]);
    expect(decodeStirotConfig(payload)).toEqual(config);
  });

  it('one bit changed → refused by its hash', () => {
    const { payload } = parseObk(buildStirotConfigObk({ ...config, doEncryption: true }));
    payload[0x24] ^= 1;
    expect(() => decodeStirotConfig(payload)).toThrow(expect.objectContaining({ code: 'obk-hash' }));
  });
});
