import type { UpdateMode } from '../../board/index.js';
import { HarnessError } from '../../errors/index.js';
import { buildSignedImage, nativeEngine, slotContent } from '../../image/index.js';
import { deriveKeyPair, seededRandom } from '../../keys/index.js';
import type { SweepOptions } from './sweep.js';

/** Where an update takes place. */
export type SweepPlace = Pick<SweepOptions, 'kit' | 'configuration' | 'sectorSize'>;
type Update = Pick<SweepOptions, 'keys' | 'storedCounter' | 'install' | 'primary' | 'secondary' | 'confirm' | 'boots'>;

/** A ready-made update. */
export interface NamedScenario {
  readonly name: string;
  /** `any`: in either mode, swap unless another is asked for. */
  readonly mode: UpdateMode | 'any';
  readonly description: string;
  readonly update: (images: ImageMaker) => Omit<Update, 'keys' | 'boots'>;
}

export interface NamedSweep extends Update {
  readonly name: string;
  readonly place: SweepPlace;
}

type Change = 'none' | 'signature' | 'payload';
interface ImageWanted {
  readonly encrypted?: boolean;
  /** image_ok set by the signer: a permanent swap. */
  readonly permanent?: boolean;
  readonly change?: Change;
}
type ImageMaker = (version: string, wanted?: ImageWanted) => Uint8Array;

const encrypted = { encrypted: true } as const;

/** Every ready-made update, simplest first. */
export const scenarios: readonly NamedScenario[] = [
  { name: 'overwrite', mode: 'overwrite', description: '1.0.0 is replaced by 2.0.0', update: (image) => ({ storedCounter: 0, install: [image('1.0.0')], secondary: image('2.0.0'), confirm: 'none' }) },
  { name: 'swap-confirm', mode: 'swap', description: '2.0.0 is tried and confirms itself', update: (image) => ({ storedCounter: 0, install: [image('1.0.0')], secondary: image('2.0.0'), confirm: 'secondary' }) },
  { name: 'swap-revert', mode: 'swap', description: '2.0.0 is tried and does not confirm itself: back to 1.0.0', update: (image) => ({ storedCounter: 0, install: [image('1.0.0')], secondary: image('2.0.0'), confirm: 'none' }) },
  { name: 'permanent', mode: 'swap', description: '2.0.0 is signed as confirmed: no way back', update: (image) => ({ storedCounter: 0, install: [image('1.0.0')], secondary: image('2.0.0', { permanent: true }), confirm: 'none' }) },
  { name: 'bootstrap', mode: 'any', description: 'the first image of an empty board', update: (image) => ({ storedCounter: 0, secondary: image('2.0.0'), confirm: 'none' }) },
  { name: 'downgrade', mode: 'any', description: '1.0.0 is offered to a board with 2.0.0: refused by its counter', update: (image) => ({ storedCounter: 0, install: [image('2.0.0')], secondary: image('1.0.0'), confirm: 'none' }) },
  { name: 'bad-signature', mode: 'any', description: '2.0.0 with a changed signature is offered', update: (image) => ({ storedCounter: 0, install: [image('1.0.0')], secondary: image('2.0.0', { change: 'signature' }), confirm: 'none' }) },
  { name: 'both-bad', mode: 'any', description: 'neither slot holds a valid image: nothing can boot', update: (image) => ({ storedCounter: 0, primary: image('1.0.0', { change: 'signature' }), secondary: image('2.0.0', { change: 'payload' }), confirm: 'none' }) },
  { name: 'encrypted-overwrite', mode: 'overwrite', description: 'as overwrite, images encrypted', update: (image) => ({ storedCounter: 0, install: [image('1.0.0', encrypted)], secondary: image('2.0.0', encrypted), confirm: 'none' }) },
  { name: 'encrypted-confirm', mode: 'swap', description: 'as swap-confirm, images encrypted', update: (image) => ({ storedCounter: 0, install: [image('1.0.0', encrypted)], secondary: image('2.0.0', encrypted), confirm: 'secondary' }) },
  { name: 'encrypted-revert', mode: 'swap', description: 'as swap-revert, images encrypted', update: (image) => ({ storedCounter: 0, install: [image('1.0.0', encrypted)], secondary: image('2.0.0', encrypted), confirm: 'none' }) },
  { name: 'encrypted-permanent', mode: 'swap', description: 'as permanent, images encrypted', update: (image) => ({ storedCounter: 0, install: [image('1.0.0', encrypted)], secondary: image('2.0.0', { encrypted: true, permanent: true }), confirm: 'none' }) },
];

/**
 * The sweeps of one scenario, or of all that fit a mode. @param placeOf the layout in an update mode
 * @throws HarnessError `sweep-scenario` (usage) for an unknown name, or one for the other mode
 */
export function scenarioSweeps(name: string, placeOf: (mode: UpdateMode) => SweepPlace, mode?: UpdateMode): NamedSweep[] {
  const chosen = scenarios.filter((scenario) => (name === 'all' || scenario.name === name) && (mode === undefined || scenario.mode === 'any' || scenario.mode === mode));
  if (chosen.length === 0) {
    const known = scenarios.some((scenario) => scenario.name === name);
    throw new HarnessError({
      code: 'sweep-scenario',
      kind: 'usage',
      message: known ? `the scenario ${name} is not for ${mode} mode` : `there is no scenario ${name.slice(0, 40)}`,
      nextStep: 'see `rot-hil sweep --list`',
    });
  }
  return chosen.map((scenario) => {
    const place = placeOf(scenario.mode === 'any' ? (mode ?? 'swap') : scenario.mode);
    return { name: scenario.name, place, keys, boots: 3, ...scenario.update(imageMaker(place)) };
  });
}

/** Throw-away keys: whoever reads this knows them. */
const authentication = deriveKeyPair('rot-hil sweep', 'authentication');
const encryption = deriveKeyPair('rot-hil sweep', 'encryption');
const keys = { authPublicKey: authentication.publicKey, encPrivateKey: encryption.privateKey };

/** Part of a slot that the payload of an image fills. */
const filled = 0.6;
const headerSize = 0x400;

/** Images for a layout, the same for the same version and wishes each time. */
function imageMaker({ configuration }: SweepPlace): ImageMaker {
  const { mode, layout, path } = configuration;
  return (version, { encrypted: encrypts = false, permanent = false, change = 'none' } = {}) => {
    const random = seededRandom('rot-hil sweep', `${version} ${encrypts}`);
    const size = Math.max(16, Math.floor((layout.primary.size * filled - headerSize) / 16) * 16);
    const payload = nativeEngine().aesCtr(random(16), new Uint8Array(size), 0);
    const signed = buildSignedImage(payload, {
      mode,
      version,
      headerSize,
      slotSize: layout.primary.size,
      align: path.programUnit,
      maxAlign: path.maxAlign,
      maxSectors: 1,
      securityCounter: 'auto',
      signKey: authentication.privateKey,
      encryptionKey: encrypts ? encryption.publicKey : undefined,
      pad: true,
      confirm: permanent,
      random,
    });
    const bytes = slotContent(signed);
    // The signature stands in front of the encryption TLV or at the end of the image; its last byte is inside s.
    const at = change === 'payload' ? headerSize : signed.image.length - 1 - (encrypts ? 117 : 0);
    if (change !== 'none') bytes[at] = bytes[at]! ^ 1;
    return bytes;
  };
}
