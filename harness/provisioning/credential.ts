import { readFileSync } from 'node:fs';
import { HarnessError } from '../errors/index.js';
import type { DaCredential } from '../keys/index.js';
import { buildDaCertificateObk, buildDaPasswordObk, readChainFile, readPasswordFile, readPrivateKeyPem, shippedDevicePermissions } from '../keys/index.js';
import type { DaCredentialFiles } from '../programmer/index.js';

/** The contents of the files that open a board again. @throws HarnessError `credential-file` and those of the key readers (usage) */
export function readCredential(files: DaCredentialFiles): DaCredential {
  const read = (path: string): Uint8Array => {
    try {
      return Uint8Array.from(readFileSync(path).subarray(0, 0x10000));
    } catch (cause) {
      throw new HarnessError({ code: 'credential-file', kind: 'usage', message: `cannot read ${path}`, nextStep: 'check the path of the credential', cause });
    }
  };
  if (files.method === 'password') return { method: 'password', password: readPasswordFile(read(files.password)) };
  return { method: 'certificate', chain: readChainFile(read(files.chain)), privateKey: readPrivateKeyPem(new TextDecoder().decode(read(files.key))) };
}

/** The DA_Config.obk that belongs to a credential. */
export function daContentFor(credential: DaCredential): Uint8Array {
  if (credential.method === 'password') return buildDaPasswordObk({ password: new TextDecoder('latin1').decode(credential.password) });
  return buildDaCertificateObk({ rootPublicKey: credential.chain[0]!.publicKey, permissions: shippedDevicePermissions });
}
