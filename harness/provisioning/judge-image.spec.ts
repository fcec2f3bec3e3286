import { describe, expect, it } from '@jest/globals';
import { chooseConfiguration, loadKit } from '../board/index.js';
import { readTrailerRequest, signImage, slotOf } from '../image/index.js';
import { buildOemirotConfigObk, deriveKeyPair, seededRandom } from '../keys/index.js';
import { confirmed, judgeImage } from './judge-image.js';

const kit = loadKit('stm32h7s78-dk');
const overwrite = chooseConfiguration(kit, { exec: 'int-ram' });
const swap = chooseConfiguration(kit, { exec: 'int-ram', mode: 'swap' });
const [authentication, encryption] = [deriveKeyPair('spec', 'a'), deriveKeyPair('spec', 'e')];
const config = buildOemirotConfigObk({ authPublicKey: authentication.publicKey, encPrivateKey: encryption.privateKey, doEncryption: false });
const image = (mode: 'overwrite' | 'swap', who = authentication): Uint8Array =>
  signImage(new Uint8Array(600).fill(1), { mode, version: '2.1.0', headerSize: 0x400, slotSize: 0x20000, align: 16, maxAlign: 16, securityCounter: 'auto', signKey: who.privateKey, encryptionKey: encryption.publicKey, pad: true, random: seededRandom('spec', mode) });

describe('an image that is to be installed', () => {
  it('of the board → its version, judged; without keys → not judged; of a stranger → refused with stage and reason', () => {
    expect(judgeImage(overwrite, image('overwrite'), 'secondary', config)).toEqual({ version: '2.1.0', judged: true });
    expect(judgeImage(overwrite, image('overwrite'), 'secondary')).toEqual({ version: '2.1.0', judged: false });
    expect(() => judgeImage(overwrite, image('overwrite', deriveKeyPair('spec', 'other')), 'secondary', config)).toThrow(expect.objectContaining({ code: 'image-refused', kind: 'subject', fields: { stage: 'key', reason: expect.any(String) } }));
    expect(() => judgeImage(overwrite, new Uint8Array(0x20000), 'secondary')).toThrow(expect.objectContaining({ code: 'no-image' }));
  });

  it('confirmed → the swap is permanent and the image still valid; before it was a test', () => {
    const build = { writeUnit: 16, maxAlign: 16 } as const;
    const type = (bytes: Uint8Array): string => readTrailerRequest(slotOf(bytes, bytes.length), build).swapType;
    const plain = image('swap');
    expect([type(plain), type(confirmed(swap, plain))]).toEqual(['test', 'perm']);
    expect(judgeImage(swap, confirmed(swap, plain), 'secondary', config).judged).toBe(true);
  });

  it('confirmation in overwrite mode, or without a trailer → refused', () => {
    expect(() => confirmed(overwrite, image('overwrite'))).toThrow(expect.objectContaining({ code: 'confirm-mode' }));
    expect(() => confirmed(swap, new Uint8Array(0x20000).fill(0xff))).toThrow(expect.objectContaining({ code: 'confirm-trailer' }));
  });
});
