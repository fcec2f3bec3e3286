import { HarnessError } from '../errors/index.js';
import { checkImage } from './check-image.js';
import type { CheckOptions, CheckResult } from './check-image.js';

export interface ForesightOptions extends Omit<CheckOptions, 'authPublicKey'> {
  readonly authPublicKey?: Uint8Array | undefined;
}

/** What the boot would do, or which key must be known to tell: everything in front of it is in order. */
export type Foresight = { readonly check: CheckResult; readonly missing: null } | { readonly check: null; readonly missing: 'authentication' | 'encryption' };

/** The base point of P-256 (SEC 2, section 2.4.2): a public key that nobody signs with. */
const nobodysKey = Uint8Array.from(
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'.match(/../g) ?? [],
  (digits) => parseInt(digits, 16),
);

/**
 * `checkImage` with the keys at hand. What stops the boot in front of the authentication key is the same for every key.
 * @throws HarnessError `image-too-large` (usage)
 */
export function foreseeVerdict(bytes: Uint8Array, options: ForesightOptions): Foresight {
  try {
    const check = checkImage(bytes, { ...options, authPublicKey: options.authPublicKey ?? nobodysKey });
    const needsKey = options.authPublicKey === undefined && (check.stage === 'key' || check.stage === 'signature');
    return needsKey ? { check: null, missing: 'authentication' } : { check, missing: null };
  } catch (error) {
    if (error instanceof HarnessError && error.code === 'encryption-key-missing') return { check: null, missing: 'encryption' };
    throw error;
  }
}
