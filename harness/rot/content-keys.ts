import type { ImageHeader } from '../image/index.js';
import { applicationMagic, imageFlag, nativeEngine } from '../image/index.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { FlashArea } from './flash-area.js';
import type { ImageChecks } from './image-checks.js';
import { contentKeySize } from './trailer.js';

/** Which slot an image stands in while keys are concerned: 0 primary, 1 secondary. */
export type SlotNumber = 0 | 1;

/** IS_ENCRYPTED: a header without the application magic is none, whatever its flags say. */
export const isEncrypted = (header: ImageHeader): boolean => header.magic === applicationMagic && (header.flags & imageFlag.ENCRYPTED) !== 0;

/** The content keys that a boot has at hand while it moves images (enc_key_data, boot_status.enckey). */
export class ContentKeys {
  /** As the trailers hold them: erased where an image is not encrypted. */
  readonly bytes: [Uint8Array, Uint8Array] = [erasedKey(), erasedKey()];
  readonly #valid: [boolean, boolean] = [false, false];

  constructor(private readonly context: { readonly encPrivateKey: Uint8Array; readonly checks: ImageChecks; readonly log: LogLine }) {}

  /**
   * Takes the key of an encrypted image out of its TLV, with the lines that this prints (boot_enc_load, boot_enc_set_key).
   * @throws ErrorHandlerReached for a key that cannot be had: an assertion, since the image was validated
   */
  load(slot: SlotNumber, area: FlashArea, header: ImageHeader): void {
    const { encPrivateKey, checks, log } = this.context;
    const loaded = checks.loadKey(area, header, { encPrivateKey, engine: nativeEngine(), log });
    if ('reason' in loaded) throw new ErrorHandlerReached(`the key of a validated image cannot be loaded: ${loaded.reason}`);
    this.#set(slot, loaded.key);
  }

  /** The key as a trailer holds it: valid unless it is erased. */
  restore(slot: SlotNumber, key: Uint8Array): void {
    if (key.some((byte) => byte !== 0xff)) this.#set(slot, key);
  }

  /**
   * Encrypts or decrypts a piece of a payload. @param payloadOffset of its first byte
   * @throws ErrorHandlerReached without a key: an assertion
   */
  crypt(slot: SlotNumber, payloadOffset: number, piece: Uint8Array): Uint8Array {
    if (!this.#valid[slot]) throw new ErrorHandlerReached('an encrypted image is moved without its key: assertion in boot_encrypt');
    const lead = payloadOffset & 0xf;
    const engine = nativeEngine();
    if (lead === 0) return engine.aesCtr(this.bytes[slot], piece, payloadOffset >>> 4);
    const padded = new Uint8Array(lead + piece.length);
    padded.set(piece, lead);
    return engine.aesCtr(this.bytes[slot], padded, payloadOffset >>> 4).subarray(lead);
  }

  #set(slot: SlotNumber, key: Uint8Array): void {
    this.bytes[slot] = key;
    this.#valid[slot] = true;
  }
}

function erasedKey(): Uint8Array {
  return new Uint8Array(contentKeySize).fill(0xff);
}
