import type { ByteCount } from '../units/index.js';

const integerSize: ByteCount = 32;

/**
 * Reads a DER signature as ST's boot does (MCUboot, bootutil/src/image_ec256.c, bootutil_decode_sig, over mbedTLS asn1parse): a SEQUENCE, two INTEGERs;
 * of longer INTEGERs the last 32 bytes count, shorter ones are filled with zeros, lengths need not be minimal, the SEQUENCE's own length is not the
 * border of its INTEGERs, bytes behind them do not matter.
 * @returns r and s, 64 bytes; undefined where the boot gives up
 */
export function decodeSignature(der: Uint8Array): Uint8Array | undefined {
  const sequence = readTag(der, 0, 0x30);
  if (sequence === undefined) return undefined;
  const out = new Uint8Array(2 * integerSize);
  let at = sequence.start;
  for (const part of [0, integerSize]) {
    const integer = readTag(der, at, 0x02);
    if (integer === undefined) return undefined;
    const value = der.subarray(integer.start, integer.end).slice(-integerSize);
    out.set(value, part + integerSize - value.length);
    at = integer.end;
  }
  return out;
}

/** mbedtls_asn1_get_tag: tag, then a length in short form or in 1 to 4 bytes, that ends inside the buffer. */
function readTag(bytes: Uint8Array, at: number, tag: number): { start: number; end: number } | undefined {
  if (at + 2 > bytes.length || bytes[at] !== tag) return undefined;
  let start = at + 2;
  let length = bytes[at + 1];
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || start + count > bytes.length) return undefined;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[start + i];
    start += count;
  }
  return start + length > bytes.length ? undefined : { start, end: start + length };
}

/** Minimal DER of r and s. @param signature 64 bytes */
export function encodeSignature(signature: Uint8Array): Uint8Array {
  const r = derInteger(signature.subarray(0, integerSize));
  const s = derInteger(signature.subarray(integerSize));
  return Uint8Array.from([0x30, r.length + s.length, ...r, ...s]);
}

/** Whether r or s takes fewer than 32 bytes as a DER INTEGER: ST's imgtool then signs again, up to three times (scripts/imgtool/keys/ecdsa.py). */
export function hasShortInteger(signature: Uint8Array): boolean {
  return [0, integerSize].some((at) => signature[at] === 0 && signature[at + 1] < 0x80);
}

function derInteger(value: Uint8Array): number[] {
  let first = 0;
  while (first < value.length - 1 && value[first] === 0) first++;
  const digits = [...value.subarray(first)];
  if (digits[0] >= 0x80) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}
