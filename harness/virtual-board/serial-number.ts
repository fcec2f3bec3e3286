import { createHash } from 'node:crypto';

/** Serial number of a virtual board's ST-LINK: 24 hexadecimal digits, the same for the same name. */
export function probeSerialNumber(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 24).toUpperCase();
}
