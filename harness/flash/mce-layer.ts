import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { HarnessError } from '../errors/index.js';
import type { ByteCount } from '../units/index.js';
import type { NorDevice } from './nor-flash.js';

/** Bytes of one cipher block, and the smallest program operation through the cipher (OEMiROT_Boot/Src/low_level_ext_flash.c with OEMIROT_MCE_PROTECTION). */
const blockSize = 16;
/**
 * Chosen so that an erased swap type reads as 3 through the cipher, as it does in the scenarios that were recorded with ST's code: logs can then be compared. And so that no status
 * entry and no swap type of the kits' layouts begins with 0xff as ciphertext: ST's code looks at the first byte of these on the chip alone (swap_scratch.c swap_read_status_bytes,
 * swap_misc.c swap_read_status, OEMiROT_Boot/Src/boot_hal.c boot_is_in_primary_and_erased) and takes such a one for erased. One key in 256 has it at any one place:
 * with it a swap that is resumed there loses its type or its place.
 */
const keySeed = 33;

export interface CipherRange {
  readonly offset: ByteCount;
  readonly size: ByteCount;
}

/**
 * The memory cipher engine in front of a flash: what is programmed in its regions is enciphered on the way, what is read is deciphered, block by block,
 * depending on the address. An erased block therefore reads as noise, which the boot's own test for erased bytes does not know in every region.
 *
 * unverified: that an erased block does not read as 0xff (it cannot with a block cipher; ST's comment in OEMiROT_Boot/Src/boot_hal.c says so too).
 * The cipher here is AES-128 with the address mixed into the block; the chip's key and tweak are nobody's business.
 */
export class MceLayer implements NorDevice {
  readonly size: ByteCount;
  readonly sectorSize: ByteCount;
  readonly #key: Buffer;

  /** @param regions whole sectors */
  constructor(
    private readonly chip: NorDevice,
    private readonly regions: readonly CipherRange[],
  ) {
    this.size = chip.size;
    this.sectorSize = chip.sectorSize;
    this.#key = createHash('sha256').update(`mce ${keySeed}`).digest().subarray(0, blockSize);
  }

  /** @throws HarnessError `flash-range` */
  read(offset: ByteCount, length: ByteCount): Uint8Array {
    if (!this.#ciphered(offset, length)) return this.chip.read(offset, length);
    const from = offset - (offset % blockSize);
    const to = Math.ceil((offset + length) / blockSize) * blockSize;
    const clear = this.#decipher(from, this.chip.read(from, to - from));
    return clear.slice(offset - from, offset - from + length);
  }

  /** Only whole blocks can be programmed. @throws HarnessError `flash-range` · `nor-violation`, PowerCut as the flash does */
  program(offset: ByteCount, bytes: Uint8Array): void {
    if (!this.#ciphered(offset, bytes.length)) {
      this.chip.program(offset, bytes);
      return;
    }
    if (offset % blockSize !== 0 || bytes.length % blockSize !== 0) throw rangeError('through the memory cipher engine whole blocks of 16 bytes are programmed');
    this.chip.program(offset, this.#encipher(offset, bytes));
  }

  erase(offset: ByteCount): void {
    this.chip.erase(offset);
  }

  isErased(offset: ByteCount, length: ByteCount): boolean {
    return this.chip.isErased(offset, length);
  }

  /** @throws HarnessError `flash-range` for a range that reaches over the border of a region */
  #ciphered(offset: ByteCount, length: ByteCount): boolean {
    const region = this.regions.find((candidate) => offset < candidate.offset + candidate.size && offset + length > candidate.offset);
    if (region === undefined) return false;
    if (offset < region.offset || offset + length > region.offset + region.size) throw rangeError('a range that reaches over the border of a cipher region');
    return true;
  }

  #encipher(offset: ByteCount, bytes: Uint8Array): Uint8Array {
    const cipher = createCipheriv('aes-128-ecb', this.#key, null).setAutoPadding(false);
    return new Uint8Array(cipher.update(mixed(offset, bytes)));
  }

  #decipher(offset: ByteCount, bytes: Uint8Array): Uint8Array {
    const cipher = createDecipheriv('aes-128-ecb', this.#key, null).setAutoPadding(false);
    return mixed(offset, new Uint8Array(cipher.update(bytes)));
  }
}

/** Every block with its address in its first word. */
function mixed(offset: ByteCount, bytes: Uint8Array): Uint8Array {
  // A Buffer's own slice would share the caller's bytes: a key that is programmed must stay what it is.
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  for (let at = 0; at < out.length; at += blockSize) view.setUint32(at, (view.getUint32(at, true) ^ (offset + at)) >>> 0, true);
  return out;
}

function rangeError(message: string): HarnessError {
  return new HarnessError({ code: 'flash-range', kind: 'usage', message, nextStep: 'give addresses inside one area, aligned to 16 bytes' });
}
