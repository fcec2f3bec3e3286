import { buildSignedImage, slotContent } from '../../image/index.js';
import { deriveKeyPair, seededRandom } from '../../keys/index.js';
import { TestBoard } from './board.js';
import type { TestBuild } from './board.js';

const authentication = deriveKeyPair('rot spec', 'authentication');
const encryption = deriveKeyPair('rot spec', 'encryption');
/** Throw-away keys of the images made here. */
export const smallKeys = { authPublicKey: authentication.publicKey, encPrivateKey: encryption.privateKey };

export const smallSlot = 0x10000;
export const smallScratch = 0x4000;
const headerSize = 0x400;
/** Two pieces of scratch size and a bit. */
const payloadSize = 0x8300;

export interface SmallImage {
  readonly encrypted?: boolean;
  /** image_ok set by the signer: a permanent swap. */
  readonly permanent?: boolean;
  /** One byte of the payload changed behind the signer's back. */
  readonly changed?: boolean;
  readonly programUnit?: 4 | 16;
  readonly payloadSize?: number;
}

/** A swap image for a slot of 64 KB, padded, with magic. */
export function smallImage(version: string, wanted: SmallImage = {}): Uint8Array {
  const random = seededRandom('rot spec', version);
  const signed = buildSignedImage(random(wanted.payloadSize ?? payloadSize), {
    mode: 'swap',
    version,
    headerSize,
    slotSize: smallSlot,
    align: wanted.programUnit ?? 16,
    maxAlign: 16,
    maxSectors: 1,
    securityCounter: 'auto',
    signKey: authentication.privateKey,
    encryptionKey: wanted.encrypted === true ? encryption.publicKey : undefined,
    pad: true,
    confirm: wanted.permanent === true,
    random,
  });
  const bytes = slotContent(signed);
  if (wanted.changed === true) bytes[headerSize] ^= 1;
  return bytes;
}

/** A swap board of small slots. */
export function smallBoard(build: TestBuild = {}, counter = 0): TestBoard {
  return new TestBoard(smallSlot, smallKeys, counter, { mode: 'swap', scratchSize: smallScratch, ...build });
}
