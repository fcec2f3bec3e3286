import { createHash } from 'node:crypto';
import type { ByteCount } from '../../units/index.js';

/** How many bytes of a torn operation happened: from none to all but one, the same for a seed and an operation each time. @param k number of the operation */
export function tornLength(seed: string, k: number, length: ByteCount): ByteCount {
  return createHash('sha256').update(`${seed} ${k}`).digest().readUInt32LE(0) % length;
}
