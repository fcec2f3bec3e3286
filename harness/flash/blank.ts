import type { ByteCount } from '../units/index.js';

/** Whether bytes are all in the erased state, 0xff. Looks at whole words where it can: this is asked for every program operation. */
export function isBlank(bytes: Uint8Array, from: ByteCount, to: ByteCount): boolean {
  let at = from;
  while (at < to && ((bytes.byteOffset + at) & 3) !== 0) if (bytes[at++] !== 0xff) return false;
  if (at >= to) return true;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (to - at) >> 2);
  for (let index = 0; index < words.length; index++) if (words[index] !== -1) return false;
  for (at += words.length * 4; at < to; at++) if (bytes[at] !== 0xff) return false;
  return true;
}
