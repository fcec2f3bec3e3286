import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPrivateKeyPem, readPublicKeyPem } from '../../keys/index.js';

/** Recorded images and scenarios; see the README there. */
export const vectorFolder = 'harness/rot/testing/vectors';

/** A fresh copy of a recorded image. */
export function recordedImage(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(vectorFolder, 'images', name)));
}

function recordedKeys(authentication: string, encryption: string) {
  const pem = (name: string): string => readFileSync(join(vectorFolder, 'images', name), 'utf8');
  return { authPublicKey: readPublicKeyPem(pem(authentication)), encPrivateKey: readPrivateKeyPem(pem(encryption)) };
}

/** Keys of v1, v1pow, v2ow, v2badsigow. */
export const keys = recordedKeys('sign_pub.pem', 'enc.pem');
/** Keys of encrypted.bin. */
export const encryptedKeys = recordedKeys('encrypted_auth_pub.pem', 'encrypted_enc.pem');
