import { hex } from '../units/index.js';
import { checkTlvs } from './check-tlvs.js';
import { loadContentKey } from './content-key.js';
import { nativeEngine } from './engine-native.js';
import { applicationMagic, headerStructSize, imageFlag, parseHeader, stirotMagic } from './header.js';
import type { ImageHeader } from './header.js';
import { imageDigest, isEncryptedPrimaryOnly } from './image-digest.js';
import { checkSlotPattern } from './slot-pattern.js';
import type { SlotReader } from './slot-reader.js';
import { shippedStatusEntries } from './trailer.js';
import type { TrailerBuild } from './trailer.js';
import type { RejectedImage, RejectionStage, Validation, ValidationOptions } from './validation.js';

/**
 * Decides on the image in a slot as ST's boot does, in its order and with its leniencies (stm32-mw-mcuboot, bootutil/src/loader.c
 * boot_validate_slot, image_validate.c bootutil_img_validate, configured as OEMiROT_Boot on STM32H7RS is). The trailer's request is not looked at.
 * The line `[ERR] Image in the … slot is not valid!` is left to the caller, since the boot erases the slot before it prints it.
 * @throws HarnessError `encryption-key-missing` (usage)
 */
export function validateSlot(slot: SlotReader, options: ValidationOptions): Validation {
  const engine = options.engine ?? nativeEngine();
  const area = options.mode === 'primary-only' ? 'primary' : (options.area ?? 'secondary');
  const header = parseHeader(slot.size >= headerStructSize ? slot.read(0, headerStructSize) : new Uint8Array(headerStructSize).fill(0xff));
  const noImage = checkHeader(header, slot.size, options);
  if (noImage !== undefined) return { valid: false, stage: 'header', header, ...noImage };

  const rejected = (stage: RejectionStage, reason: string, digest?: Uint8Array): RejectedImage => ({ valid: false, stage, reason, cause: 'image-invalid', header, digest });
  const inPlace = options.mode === 'primary-only' && isEncryptedPrimaryOnly(header);
  let contentKey: Uint8Array | undefined;
  if (inPlace || (area === 'secondary' && (header.flags & imageFlag.ENCRYPTED) !== 0)) {
    const loaded = options.contentKey === undefined ? loadContentKey(slot, header, { ...options, engine }) : { key: options.contentKey };
    if ('reason' in loaded) return rejected('decrypt-key', loaded.reason);
    contentKey = loaded.key;
  }
  const digest = imageDigest(slot, header, engine, { contentKey, clearFlag: inPlace ? imageFlag.ENCRYPTED : 0 });
  if (digest === undefined) return rejected('hash', 'header, payload and protected TLVs reach out of the slot');
  const tlvs = checkTlvs(slot, header, digest, { ...options, engine });
  if ('stage' in tlvs) return rejected(tlvs.stage, tlvs.reason, digest);
  if (area === 'secondary' && options.mode !== 'primary-only') {
    const pattern = checkSlotPattern(slot, tlvs.end, trailerBuild(options.mode, slot.size, options), options.log);
    // A missing signature is only noticed in the end, but it is the earlier reason.
    if (tlvs.failure === undefined && pattern !== undefined) return rejected('slot-pattern', pattern, digest);
  }
  if (tlvs.failure !== undefined) return rejected('signature', tlvs.failure, digest);
  return { valid: true, header, digest, securityCounter: tlvs.securityCounter, contentKey, hashReferenceMatched: tlvs.hashReferenceMatched };
}

/** The trailer that options and slot size stand for. */
export function trailerBuild(mode: 'overwrite' | 'swap', slotSize: number, options: Pick<ValidationOptions, 'writeUnit' | 'maxAlign' | 'statusEntries'>): TrailerBuild {
  return {
    mode,
    writeUnit: options.writeUnit ?? 16,
    maxAlign: options.maxAlign ?? 16,
    statusEntries: options.statusEntries ?? shippedStatusEntries(slotSize),
  };
}

/** boot_check_header_erased, the NON_BOOTABLE flag, then boot_is_header_valid. */
function checkHeader(header: ImageHeader, slotSize: number, options: ValidationOptions): Pick<RejectedImage, 'cause' | 'reason'> | undefined {
  if (header.magic === 0xffffffff) return { cause: 'header-erased', reason: 'no image: the header is erased' };
  if ((header.flags & imageFlag.NON_BOOTABLE) !== 0) return { cause: 'non-bootable', reason: 'no image: marked as non-bootable' };
  const magic = options.magic ?? (options.mode === 'primary-only' ? stirotMagic : applicationMagic);
  if (header.magic !== magic) return { cause: 'header-invalid', reason: `no image: magic ${hex(header.magic, 8)} instead of ${hex(magic, 8)}` };
  const size = header.headerSize + header.imageSize;
  if (size > 0xffffffff || size >= slotSize) {
    return { cause: 'header-invalid', reason: `no image: ${size} bytes of header and payload do not fit into a slot of ${slotSize}` };
  }
  return undefined;
}
