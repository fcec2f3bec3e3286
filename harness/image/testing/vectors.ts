import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

const folder = new URL('./vectors/', import.meta.url);

/** One entry of vectors/manifest.json. */
export interface ImageVector {
  readonly file: string;
  readonly how: string;
  readonly mode: 'overwrite' | 'swap' | 'primary-only';
  readonly slotSize: number;
  readonly storedCounter: number;
  readonly writeUnit?: 4 | 16;
  readonly maxAlign?: 8 | 16;
  readonly statusEntries?: number;
  readonly verdict: string;
  readonly stage: string;
  readonly digest?: string;
  readonly aesKey?: string;
}

export const imageVectors = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as readonly ImageVector[];

export function vectorBytes(vector: Pick<ImageVector, 'file'>): Uint8Array {
  return new Uint8Array(readFileSync(new URL(vector.file, folder)));
}

const fromBase64Url = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64url'));

/** The keys of the vectors, read by OpenSSL. */
export const vectorKeys = {
  get authPublicKey(): Uint8Array {
    const { x, y } = createPublicKey(readFileSync(new URL('keys/auth_pub.pem', folder))).export({ format: 'jwk' });
    return Uint8Array.of(4, ...fromBase64Url(x), ...fromBase64Url(y));
  },
  get encPrivateKey(): Uint8Array {
    return fromBase64Url(createPrivateKey(readFileSync(new URL('keys/enc.pem', folder))).export({ format: 'jwk' }).d);
  },
};
