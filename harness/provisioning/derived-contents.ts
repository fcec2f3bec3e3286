import type { Kit, RotConfiguration } from '../board/index.js';
import { stirotSlots, userFlashOf } from '../board/index.js';
import { intelHexBytes, signImage } from '../image/index.js';
import {
  buildAdacChain,
  buildDaCertificateObk,
  buildDaPasswordObk,
  buildDataObk,
  buildOemirotConfigObk,
  buildPasswordFile,
  buildStirotConfigObk,
  daLockObk,
  deriveKeyPair,
  oemirotAhkOpenObk,
  seededRandom,
  shippedCertificatePermissions,
  shippedDevicePermissions,
  toChainFile,
  toPrivateKeyPem,
} from '../keys/index.js';
import type { KeyPair } from '../keys/index.js';
import type { FileContents, FinalState } from './files.js';

/** Which credential opens the board again. */
export type DaMethod = 'certificate' | 'password';

export interface DerivedContentsOptions {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly state: FinalState;
  readonly method: DaMethod;
  /** Everything secret follows from it: test keys, which anybody can derive. */
  readonly seed: string;
  /** Keys of the last root of trust, instead of derived ones. */
  readonly keys?: { readonly authentication: KeyPair; readonly encryption: KeyPair };
  /** Binary for user flash. */
  readonly rot: Uint8Array;
  /** What stands in for OEMuROT, before it is signed. */
  readonly oemurot?: Uint8Array;
  /** Content of the application's download slot. */
  readonly image?: Uint8Array;
}

/** Files that open the board again, by name. */
export interface CredentialContents {
  readonly 'leaf.pem': string;
  readonly 'chain.b64': string;
  readonly 'password.bin': Uint8Array;
}

/** The keys by which a board of that seed is opened: a chain, and a password of 16 hexadecimal digits. */
export function derivedCredential(seed: string): CredentialContents {
  const { leaf } = daKeys(seed);
  const chain = buildAdacChain(daKeys(seed), shippedCertificatePermissions);
  return { 'leaf.pem': toPrivateKeyPem(leaf.privateKey), 'chain.b64': toChainFile(chain.root, chain.intermediate, chain.leaf), 'password.bin': buildPasswordFile(password(seed)) };
}

const daKeys = (seed: string): Record<'root' | 'intermediate' | 'leaf', KeyPair> => ({
  root: deriveKeyPair(seed, 'board/da-root'),
  intermediate: deriveKeyPair(seed, 'board/da-intermediate'),
  leaf: deriveKeyPair(seed, 'board/da-leaf'),
});

const password = (seed: string): string => Buffer.from(seededRandom(seed, 'board/da-password')(8)).toString('hex');

/** The DA_Config.obk that `derivedCredential` opens. */
export function derivedDaContent(seed: string, method: DaMethod): Uint8Array {
  return method === 'password' ? buildDaPasswordObk({ password: password(seed) }) : buildDaCertificateObk({ rootPublicKey: daKeys(seed).root.publicKey, permissions: shippedDevicePermissions });
}

/** Every file of a provisioning with keys that follow from a seed: for boards whose keys nobody must rely on. Images are .hex files. */
export function derivedContents(options: DerivedContentsOptions): FileContents {
  const { kit, configuration, state, method, seed, rot, image } = options;
  const authentication = options.keys?.authentication ?? deriveKeyPair(seed, 'board/authentication');
  const encryption = options.keys?.encryption ?? deriveKeyPair(seed, 'board/encryption');
  const first = { authentication: deriveKeyPair(seed, 'board/first-authentication'), encryption: deriveKeyPair(seed, 'board/first-encryption') };
  const { bootPath, layout } = configuration;
  const doEncryption = state !== 'OPEN' && kit.device.memoryCipherEngine;
  const slots = stirotSlots(configuration);
  const stirot = (keys: typeof first): Uint8Array =>
    buildStirotConfigObk({
      clock: 1,
      sramEcc: true,
      runAddress: slots!.run.base,
      areaSize: slots!.primary.size,
      minimumProductState: state === 'LOCKED' ? 0x5c : 0x72,
      installAddress: slots!.primary.base,
      downloadAddress: slots!.secondary.base,
      iLoaderOffset: configuration.path.rotBinary.address - userFlashOf(kit),
      iLoaderSize: configuration.path.rotBinary.maxSize,
      mce: 0,
      authPublicKey: keys.authentication.publicKey,
      encPrivateKey: keys.encryption.privateKey,
      doEncryption,
    });
  const oemirot = (level: 1 | 2): Uint8Array => buildOemirotConfigObk({ authPublicKey: authentication.publicKey, encPrivateKey: encryption.privateKey, doEncryption, level });
  const da = state === 'LOCKED' ? daLockObk() : derivedDaContent(seed, method);
  const common = { rot, ...(state === 'OPEN' ? {} : { da }), ...(image === undefined ? {} : { image: intelHexBytes([{ address: layout.secondary.base, bytes: image }]) }) };
  switch (bootPath) {
    case 'oemirot':
      return { ...common, ...(state === 'OPEN' && kit.device.memoryCipherEngine ? { 'hardware-keys': oemirotAhkOpenObk() } : {}), config: oemirot(1), data: buildDataObk({ owner: 'oemirot', doEncryption }) };
    case 'stirot':
      return { ...common, config: stirot({ authentication, encryption }), data: buildDataObk({ owner: 'stirot', doEncryption }) };
    case 'stirot-oemurot': {
      const signed = signImage(options.oemurot ?? rot, {
        mode: 'primary-only',
        version: '1.0.0',
        headerSize: configuration.path.headerSize,
        slotSize: slots!.secondary.size,
        align: configuration.path.programUnit,
        maxAlign: configuration.path.maxAlign,
        securityCounter: 'auto',
        signKey: first.authentication.privateKey,
        encryptionKey: first.encryption.publicKey,
        pad: true,
        random: seededRandom(seed, 'oemurot'),
      });
      return {
        ...common,
        'first-config': stirot(first),
        'first-data': buildDataObk({ owner: 'stirot', doEncryption }),
        config: oemirot(2),
        data: buildDataObk({ owner: 'oemurot', doEncryption }),
        oemurot: intelHexBytes([{ address: slots!.secondary.base, bytes: signed }]),
      };
    }
  }
}
