/** Everything that the tool is handed to provision a boot path: OBKeys, images, credentials, made from derived keys. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseConfiguration, imageModeOf, loadKit, stirotSlots } from '../../board/index.js';
import type { BootPathName } from '../../board/index.js';
import { flattenElf, readElf } from '../../elf/index.js';
import { signImage, stirotMagic, toIntelHex } from '../../image/index.js';
import {
  buildAdacChain,
  buildDaCertificateObk,
  buildDaPasswordObk,
  buildDataObk,
  buildObk,
  buildOemirotConfigObk,
  buildPasswordFile,
  daLockObk,
  deriveKeyPair,
  seededRandom,
  shippedCertificatePermissions,
  shippedDevicePermissions,
  toChainFile,
  toPrivateKeyPem,
} from '../../keys/index.js';
import { ObkStore } from '../../rot/index.js';
import { provisionStirot } from '../../rot/testing/stirot.js';

const pair = (name: string) => deriveKeyPair('boot-paths', name);
const signing = pair('signing');
const encryption = pair('encryption');
const keys = { authPublicKey: signing.publicKey, encPrivateKey: encryption.privateKey };
const root = pair('root');
const adac = { root, intermediate: pair('intermediate'), leaf: pair('leaf') };
const password = 'sixteen letters!';

const prebuilt = (name: string): string => join(import.meta.dirname, '..', '..', '..', 'firmware-fixtures', 'prebuilt', name);

/** Placeholder of a root of trust, a 64 KB at most: OEMiROT_Boot, STiROT_iLoader. */
export const rotPlaceholder = prebuilt('oemirot-placeholder.bin');

/** Writes the debug-authentication files: DA_Config.obk and the like, leaf key, chain, password. */
export function writeCredentials(path: (name: string) => string): void {
  writeFileSync(path('DA_Config.obk'), buildDaCertificateObk({ rootPublicKey: root.publicKey, permissions: shippedDevicePermissions }));
  writeFileSync(path('DA_ConfigWithPassword.obk'), buildDaPasswordObk({ password }));
  writeFileSync(path('DA_ConfigLock.obk'), daLockObk());
  const { root: first, intermediate, leaf } = buildAdacChain(adac, shippedCertificatePermissions);
  writeFileSync(path('chain.b64'), toChainFile(first, intermediate, leaf));
  writeFileSync(path('leaf.pem'), toPrivateKeyPem(adac.leaf.privateKey));
  writeFileSync(path('stranger.pem'), toPrivateKeyPem(pair('stranger').privateKey));
  writeFileSync(path('password.bin'), buildPasswordFile(password));
  writeFileSync(path('other-password.bin'), buildPasswordFile('fifteen letters?'));
}

/** Writes OBKeys and images of a boot path. @returns the `.obk` files behind the debug-authentication one and the `.hex` images, in the order in which ST's scripts hand them over */
export function writeBootPath(bootPath: BootPathName, path: (name: string) => string): { readonly obkeys: readonly string[]; readonly images: readonly string[] } {
  const kit = loadKit('stm32h7s78-dk');
  // The shortest slots: what is signed, written and read is a sixteenth of the others'.
  const configuration = chooseConfiguration(kit, { bootPath, exec: 'int-ram' });
  const obkeys: string[] = [];
  const obk = (name: string, bytes: Uint8Array): void => {
    writeFileSync(path(name), bytes);
    obkeys.push(path(name));
  };
  const slots = stirotSlots(configuration);
  if (slots !== undefined) {
    const store = new ObkStore();
    provisionStirot(store, keys, slots);
    obk('STiROT_Config.obk', buildObk({ hdpl: 1, index: 8, payload: store.read(1, 8, 256, { encrypted: true }), doEncryption: true }));
    obk('STiROT_Data.obk', buildDataObk({ owner: 'stirot', doEncryption: true }));
  }
  if (bootPath !== 'stirot') {
    const level = bootPath === 'oemirot' ? 1 : 2;
    obk(`OEM${String(level)}_Config.obk`, buildOemirotConfigObk({ ...keys, doEncryption: true, level }));
    obk(`OEM${String(level)}_Data.obk`, buildDataObk({ owner: level === 1 ? 'oemirot' : 'oemurot', doEncryption: true }));
  }
  const images: string[] = [];
  const image = (name: string, payload: Uint8Array, address: number, slotSize: number, stirot: boolean): void => {
    const bytes = signImage(payload, {
      mode: stirot ? 'primary-only' : configuration.mode, version: '1.0.0', securityCounter: 'auto', headerSize: 0x400, slotSize, align: 16, maxAlign: 16, pad: true,
      ...(stirot ? { magic: stirotMagic } : {}), signKey: signing.privateKey, encryptionKey: encryption.publicKey, random: seededRandom('boot-paths', name),
    });
    writeFileSync(path(name), toIntelHex([{ address, bytes }]));
    images.push(path(name));
  };
  if (bootPath === 'stirot-oemurot' && slots !== undefined) image('oemurot.hex', readFileSync(rotPlaceholder), slots.secondary.base, slots.secondary.size, true);
  const { secondary } = configuration.layout;
  const elf = readElf(readFileSync(prebuilt(bootPath === 'stirot' ? 'app-1.0.0-stirot.elf' : 'app-1.0.0-int-ram.elf')));
  image('app.hex', flattenElf(elf, secondary.size).bytes, secondary.base, secondary.size, imageModeOf(configuration) === 'primary-only');
  return { obkeys, images };
}
