import type { RotConfiguration } from '../board/index.js';
import { imageModeOf } from '../board/index.js';
import type { CheckResult, SignOptions } from '../image/index.js';
import { checkImage, signImage } from '../image/index.js';
import { seededRandom } from '../keys/index.js';
import type { Application } from './application.js';
import type { RotKeys } from './session-keys.js';

/** How an image is to differ from what the board's root of trust wants; what is left out is right. */
export interface SignRequest {
  /** `1.0.0`. */
  readonly version: string;
  /** Default `auto`: the version. null: no counter at all. */
  readonly securityCounter?: number | 'auto' | null;
  /** Private key, 32 bytes; default: the board's. null: no signature. */
  readonly signKey?: Uint8Array | null;
  /** Public key, 65 bytes; default: the board's. null: not encrypted. */
  readonly encryptionKey?: Uint8Array | null;
  /** Default true: fill the slot and ask for the installation. */
  readonly pad?: boolean;
  /** Default false: swap mode does not go back to what was there before. */
  readonly confirm?: boolean;
  readonly magic?: number;
}

/** A slot's content, and what the software verifier says about it. */
export interface SignedApplication {
  readonly application: Application;
  readonly version: string;
  /** From the first byte of the slot; shorter than the slot without padding. */
  readonly bytes: Uint8Array;
  /** With the board's keys, in the download slot, nothing stored yet. */
  readonly verdict: CheckResult;
}

export interface SigningContext {
  readonly configuration: RotConfiguration;
  readonly keys: RotKeys;
  /** Makes images reproducible. */
  readonly seed: string;
}

/** Signs and encrypts as ST's image XML asks for (ROT_Provisioning/OEMiROT/Images/OEMiROT_Code_Image.xml), with the wanted deviations. */
export function signFor(context: SigningContext, application: Application, request: SignRequest): SignedApplication {
  const { configuration, keys, seed } = context;
  const { path, layout } = configuration;
  const orNothing = <T>(value: T | null | undefined, standard: T): T | undefined => (value === undefined ? standard : (value ?? undefined));
  const options: SignOptions = {
    mode: imageModeOf(configuration),
    version: request.version,
    headerSize: path.headerSize,
    slotSize: layout.secondary.size,
    align: path.programUnit,
    maxAlign: path.maxAlign,
    securityCounter: orNothing(request.securityCounter, 'auto'),
    signKey: orNothing(request.signKey, keys.authentication.privateKey),
    encryptionKey: orNothing(request.encryptionKey, keys.encryption.publicKey),
    pad: request.pad ?? true,
    confirm: request.confirm ?? false,
    magic: request.magic,
    random: seededRandom(seed, `image/${application.sha256}/${request.version}`),
  };
  const bytes = signImage(application.payload, options);
  return { application, version: request.version, bytes, verdict: verifyFor(context, bytes) };
}

export interface VerifyOptions {
  /** Default 0. */
  readonly storedCounter?: number;
  /** Default secondary. */
  readonly area?: 'secondary' | 'primary';
  /** Gets each line that the root of trust prints while it validates. */
  readonly log?: (line: string) => void;
}

/** What the board's root of trust would do with a slot that holds these bytes. */
export function verifyFor({ configuration, keys }: SigningContext, bytes: Uint8Array, options: VerifyOptions = {}): CheckResult {
  const { path, layout } = configuration;
  return checkImage(bytes, {
    mode: imageModeOf(configuration),
    area: options.area ?? 'secondary',
    slotSize: layout.secondary.size,
    authPublicKey: keys.authentication.publicKey,
    encPrivateKey: keys.encryption.privateKey,
    storedCounter: options.storedCounter ?? 0,
    writeUnit: path.programUnit,
    maxAlign: path.maxAlign,
    log: options.log,
  });
}
