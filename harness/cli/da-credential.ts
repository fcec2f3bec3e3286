import { HarnessError } from '../errors/index.js';
import type { DaCredential, DaOpening, ObkMatch } from '../keys/index.js';
import { readBinaryFile, readKeyFile } from './image-file.js';

/** Options that name what an operator holds to open a closed device. */
export interface CredentialArguments {
  readonly chain?: string;
  readonly key?: string;
  readonly passwordFile?: string;
}

const fileLimit = 0x10000;

/** Reads the files of a credential; undefined when none is named. @throws HarnessError (usage) `credential-arguments`, and those of the files */
export async function daCredential({ chain, key, passwordFile }: CredentialArguments): Promise<DaCredential | undefined> {
  if (passwordFile !== undefined) {
    if (chain !== undefined || key !== undefined) throw invalid('--password-file stands alone');
    const { readPasswordFile } = await import('../keys/index.js');
    return { method: 'password', password: readPasswordFile(await readBinaryFile(passwordFile, fileLimit)) };
  }
  if (chain === undefined && key === undefined) return undefined;
  if (chain === undefined || key === undefined) throw invalid('--chain and --key go together');
  const { readChainFile, readPrivateKeyPem } = await import('../keys/index.js');
  return { method: 'certificate', chain: readChainFile(await readBinaryFile(chain, fileLimit)), privateKey: readPrivateKeyPem(await readKeyFile(key)) };
}

export function openingAsMatch(opening: DaOpening): ObkMatch {
  return opening.opens ? { matches: true } : { matches: false, reason: opening.reason };
}

function invalid(message: string): HarnessError {
  return new HarnessError({ code: 'credential-arguments', kind: 'usage', message, nextStep: 'give --chain <b64> with --key <pem>, or --password-file <bin>' });
}
