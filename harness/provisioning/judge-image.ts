import type { RotConfiguration } from '../board/index.js';
import { imageModeOf } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { applicationMagic, checkImage, formatVersion, headerStructSize, parseHeader, stirotMagic, trailerMagic } from '../image/index.js';
import { decodeOemirotConfig, decodeStirotConfig, parseObk } from '../keys/index.js';

/**
 * The content of a slot with image_ok set (MCUboot, boot_write_image_ok): a swap is then permanent.
 * @throws HarnessError `confirm-mode`, `confirm-trailer` (usage)
 */
export function confirmed({ mode, path, bootPath }: RotConfiguration, content: Uint8Array): Uint8Array {
  if (mode !== 'swap' || bootPath === 'stirot') throw new HarnessError({ code: 'confirm-mode', kind: 'usage', message: 'overwrite mode knows no confirmation: every installation is final', nextStep: 'leave --confirm out' });
  const magicAt = content.length - trailerMagic.length;
  if (!trailerMagic.every((byte, index) => content[magicAt + index] === byte)) throw new HarnessError({ code: 'confirm-trailer', kind: 'usage', message: 'the image has no trailer to confirm', nextStep: 'sign it with --pad' });
  const out = content.slice();
  out[magicAt - path.maxAlign] = 1;
  return out;
}

/**
 * Judges an image before it is written: with the keys of a configuration OBKey by the boot's own checks, without one by its header alone.
 * @param content of the whole slot
 * @throws HarnessError `no-image` (usage), `image-refused` (subject)
 */
export function judgeImage(configuration: RotConfiguration, content: Uint8Array, slot: 'primary' | 'secondary', configObk?: Uint8Array): { readonly version: string; readonly judged: boolean } {
  const header = parseHeader(content.subarray(0, headerStructSize));
  if (header.magic !== (configuration.bootPath === 'stirot' ? stirotMagic : applicationMagic)) throw new HarnessError({ code: 'no-image', kind: 'usage', message: 'the file does not begin like an image of this boot path', nextStep: 'sign the application first (rot-hil image sign)' });
  const version = formatVersion(header.version);
  if (configObk === undefined) return { version, judged: false };
  const { payload } = parseObk(configObk);
  const keys = configuration.bootPath === 'stirot' ? decodeStirotConfig(payload) : decodeOemirotConfig(payload);
  const { verdict, stage, reason } = checkImage(content, {
    mode: imageModeOf(configuration),
    area: slot,
    slotSize: content.length,
    authPublicKey: keys.authPublicKey,
    encPrivateKey: keys.encPrivateKey,
    storedCounter: 0,
    writeUnit: configuration.path.programUnit,
    maxAlign: configuration.path.maxAlign,
  });
  if (verdict === 'valid') return { version, judged: true };
  throw new HarnessError({ code: 'image-refused', kind: 'subject', message: `the root of trust would not install this image: ${stage}: ${reason}`, nextStep: 'sign it with the keys of this configuration, for this slot and mode (rot-hil image verify shows every check)', fields: { stage, reason } });
}
