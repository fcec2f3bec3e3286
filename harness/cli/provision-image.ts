import type { KeyPair } from '../keys/index.js';
import { deriveKeyPair, seededRandom } from '../keys/index.js';
import { imageModeOf } from '../board/index.js';
import { signImage } from '../image/index.js';
import { readApplication } from '../session/index.js';
import { runApplications } from './run-applications.js';
import type { ResolvedBoard } from './resolve-board.js';

export interface ImageArguments {
  readonly app?: string;
  readonly appVersion?: string;
  readonly seed: string;
  readonly keys?: { readonly authentication: KeyPair; readonly encryption: KeyPair };
}

/** The application, signed and encrypted for the board's download slot; default: the prebuilt fixture. */
export function imageFor({ kit, configuration }: Pick<ResolvedBoard, 'kit' | 'configuration'>, options: ImageArguments): Uint8Array {
  const { application } = runApplications(kit, configuration, options.app, options.appVersion);
  const { payload, sha256 } = readApplication(application.path, configuration);
  const { path, layout } = configuration;
  return signImage(payload, {
    mode: imageModeOf(configuration),
    version: application.version,
    headerSize: path.headerSize,
    slotSize: layout.secondary.size,
    align: path.programUnit,
    maxAlign: path.maxAlign,
    securityCounter: 'auto',
    signKey: (options.keys?.authentication ?? deriveKeyPair(options.seed, 'board/authentication')).privateKey,
    encryptionKey: (options.keys?.encryption ?? deriveKeyPair(options.seed, 'board/encryption')).publicKey,
    pad: true,
    random: seededRandom(options.seed, `image/${sha256}/${application.version}`),
  });
}
