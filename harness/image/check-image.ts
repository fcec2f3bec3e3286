import { HarnessError } from '../errors/index.js';
import type { ByteCount } from '../units/index.js';
import { hex } from '../units/index.js';
import { describeImage } from './describe-image.js';
import type { ImageDescription } from './describe-image.js';
import { slotOf } from './slot-reader.js';
import type { SlotReader } from './slot-reader.js';
import { imageOkOffset, magicOffset, readTrailerRequest } from './trailer.js';
import { trailerBuild, validateSlot } from './validate-slot.js';
import type { RejectionStage, ValidationOptions } from './validation.js';

export interface CheckOptions extends ValidationOptions {
  /** Bytes of the slot; what the file does not reach reads as erased. */
  readonly slotSize: ByteCount;
}

export interface CheckResult {
  readonly verdict: 'valid' | 'invalid' | 'not-installed';
  /** The first check that failed, in the boot's order. */
  readonly stage: RejectionStage | 'ok';
  /** Empty when valid. */
  readonly reason: string;
  /** What the boot does with the slot. */
  readonly slot: 'kept' | 'erased';
  /** null when the slot does not begin with an image. */
  readonly image: ImageDescription | null;
  /** SHA-256 of the image, 32 bytes, where the checks came that far. */
  readonly digest?: Uint8Array | undefined;
}

/**
 * What ST's boot would do with a slot that holds these bytes: the trailer's request first (secondary slots), then `validateSlot`.
 * @param bytes from the first byte of the slot; at most slotSize
 * @throws HarnessError `image-too-large` · `encryption-key-missing` (usage)
 */
export function checkImage(bytes: Uint8Array, options: CheckOptions): CheckResult {
  if (bytes.length > options.slotSize) {
    throw new HarnessError({
      code: 'image-too-large',
      kind: 'usage',
      message: `${bytes.length} bytes do not fit into a slot of ${hex(options.slotSize)} bytes`,
      nextStep: 'give the size of the slot (--slot-size) that the image was made for',
    });
  }
  const slot = slotOf(bytes, options.slotSize);
  const image = describeImage(slot) ?? null;
  const waiting = trailerObjection(slot, options);
  if (waiting !== undefined) return { verdict: 'not-installed', stage: 'trailer', reason: waiting, slot: 'kept', image };

  const result = validateSlot(slot, options);
  if (result.valid) return { verdict: 'valid', stage: 'ok', reason: '', slot: 'kept', image, digest: result.digest };
  const erased = result.cause === 'image-invalid' && options.mode !== 'primary-only' && options.area !== 'primary';
  return { verdict: 'invalid', stage: result.stage, reason: result.reason, slot: erased ? 'erased' : 'kept', image, digest: result.digest };
}

/** Why the boot does not look at a secondary slot. */
function trailerObjection(slot: SlotReader, options: CheckOptions): string | undefined {
  if (options.mode === 'primary-only' || options.area === 'primary') return undefined;
  const build = trailerBuild(options.mode, slot.size, options);
  const request = readTrailerRequest(slot, build);
  if (request.swapType !== 'none') return undefined;
  if (request.magic !== 'good') {
    return `the trailer magic at ${hex(Math.max(0, magicOffset(slot.size)))} is ${request.magic === 'unset' ? 'not there' : 'wrong'}: nothing asks for an installation`;
  }
  return `image_ok at ${hex(imageOkOffset(slot.size, build.maxAlign))} is neither erased nor 1 (write unit ${build.writeUnit}, max align ${build.maxAlign}): swap type none`;
}
