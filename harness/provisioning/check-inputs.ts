import type { RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { CheckResult } from '../image/index.js';
import { checkImage } from '../image/index.js';
import { decodeOemirotConfig, parseObk } from '../keys/index.js';

/** The contents of what is about to be written. */
export interface OpenPlanContents {
  readonly rotBinary: Uint8Array;
  /** undefined for devices without a memory cipher engine. */
  readonly hardwareKeys?: Uint8Array;
  readonly config: Uint8Array;
  readonly data: Uint8Array;
  /** Content of the download slot from its first byte. */
  readonly image?: Uint8Array;
}

/** Where each OBKey file of OEMiRoT must go: 32-byte slots of level 1 (OEMiROT_Boot/Inc/low_level_obkeys.h). */
const destinations = {
  hardwareKeys: { name: 'OEMiROT_AHK_OPEN.obk', index: 0, payloadSize: 96 },
  config: { name: 'OEMiROT_Config.obk', index: 8, payloadSize: 224 },
  data: { name: 'OEMiROT_Data_OPEN.obk', index: 15, payloadSize: 192 },
} as const;

function refuse(code: string, message: string, nextStep: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message, nextStep });
}

function checkObk(which: keyof typeof destinations, bytes: Uint8Array): Uint8Array {
  const { name, index, payloadSize } = destinations[which];
  const obk = parseObk(bytes);
  const rebuild = 'build it again for product state OPEN (DoEncryption 0) from its XML';
  if (obk.hdpl !== 1 || obk.index !== index) throw refuse('obk-destination', `${name} is for level ${obk.hdpl}, index ${obk.index}, not for level 1, index ${index}`, rebuild);
  if (obk.payload.length !== payloadSize) throw refuse('obk-bad-size', `${name} has ${obk.payload.length} bytes of payload, not ${payloadSize}`, rebuild);
  if (obk.doEncryption) throw refuse('obk-encryption', `${name} asks for encryption with the hardware key, which a device in product state OPEN cannot do`, rebuild);
  return obk.payload;
}

/**
 * Checks everything that an OPEN plan writes, before anything is erased: sizes, destinations, and that the image is one that the root of
 * trust will accept with the very keys that it is about to be given.
 * @returns the verifier's verdict on the image, undefined without one
 * @throws HarnessError `rot-binary-missing`, `rot-binary-size`, `obk-format`, `obk-hash`, `obk-destination`, `obk-bad-size`, `obk-encryption` (usage),
 *   `image-refused` (subject)
 */
export function checkOpenInputs(configuration: RotConfiguration, contents: OpenPlanContents): CheckResult | undefined {
  const { layout, path, mode } = configuration;
  const { maxSize } = path.rotBinary;
  if (contents.rotBinary.length === 0) throw refuse('rot-binary-missing', 'the binary of the root of trust is empty', 'build OEMiROT_Boot and give its OEMiROT_Boot.bin');
  if (contents.rotBinary.length > maxSize) {
    throw refuse('rot-binary-size', `the binary of the root of trust has ${contents.rotBinary.length} bytes, more than ${maxSize}`, 'build OEMiROT_Boot with optimisation for size (swap mode fits with IAR or Keil only)');
  }
  if (contents.hardwareKeys !== undefined) checkObk('hardwareKeys', contents.hardwareKeys);
  checkObk('data', contents.data);
  const keys = decodeOemirotConfig(checkObk('config', contents.config));
  if (contents.image === undefined) return undefined;
  const verdict = checkImage(contents.image, {
    mode,
    area: 'secondary',
    slotSize: layout.secondary.size,
    authPublicKey: keys.authPublicKey,
    encPrivateKey: keys.encPrivateKey,
    storedCounter: 0,
    writeUnit: path.programUnit,
    maxAlign: path.maxAlign,
  });
  if (verdict.verdict !== 'valid') {
    throw new HarnessError({
      code: 'image-refused',
      kind: 'subject',
      message: `the root of trust would not install this image with the keys of this configuration: ${verdict.stage}: ${verdict.reason}`,
      nextStep: 'sign it with the keys of OEMiROT_Config.obk, for this slot and mode (rot-hil image verify shows every check)',
      fields: { stage: verdict.stage, reason: verdict.reason },
    });
  }
  return verdict;
}
