import { HarnessError } from '../errors/index.js';

/** An error about a key. Its text says what was expected where, never what was found: key bytes do not belong in messages. */
export function keyError(code: string, message: string, nextStep: string): HarnessError {
  return new HarnessError({ code, kind: 'usage', message, nextStep });
}

/** The remedy for a file that is no P-256 key. */
export const makeP256Key = 'give an unencrypted P-256 key in PEM, for example from `imgtool keygen -t ecdsa-p256` or `openssl ecparam -name prime256v1 -genkey -noout`';
