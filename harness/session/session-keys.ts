import { readFileSync } from 'node:fs';
import { HarnessError } from '../errors/index.js';
import type { KeyPair } from '../keys/index.js';
import { deriveKeyPair, publicKeyOf, readPrivateKeyPem } from '../keys/index.js';

/** The keys of a root of trust: what signs images, and what their payload is encrypted for. */
export interface RotKeys {
  readonly authentication: KeyPair;
  readonly encryption: KeyPair;
}

/** PEM files of private keys; a key without one follows from the seed. */
export interface RotKeyFiles {
  readonly authentication?: string;
  readonly encryption?: string;
}

/** Keys for one run, the same for the same seed; `whose` tells those of the board from a stranger's. */
export function derivedRotKeys(seed: string, whose: 'board' | 'stranger'): RotKeys {
  return { authentication: deriveKeyPair(seed, `${whose}/authentication`), encryption: deriveKeyPair(seed, `${whose}/encryption`) };
}

/** @throws HarnessError `key-file` and those of `readPrivateKeyPem` (usage) */
export function readRotKeys(files: RotKeyFiles, seed: string): RotKeys {
  const derived = derivedRotKeys(seed, 'board');
  return {
    authentication: files.authentication === undefined ? derived.authentication : readPair(files.authentication),
    encryption: files.encryption === undefined ? derived.encryption : readPair(files.encryption),
  };
}

function readPair(path: string): KeyPair {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HarnessError({ code: 'key-file', kind: 'usage', message: `cannot read the key file ${path}`, nextStep: 'give the PEM file of a P-256 private key', cause });
  }
  const privateKey = readPrivateKeyPem(pem);
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}
