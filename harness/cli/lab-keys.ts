import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError, isHarnessError } from '../errors/index.js';
import { publicKeyOf, readPrivateKeyPem, type KeyPair } from '../keys/p256-keys.js';
import { readSecret, type LabBench, type LabKeys, type SecretReference } from '../lab/index.js';

/** The keys of a root of trust, as far as a lab file names them; what it does not name follows from the seed. */
export type NamedRotKeys = Pick<LabKeys, 'authentication' | 'encryption'>;

const names = ['authentication', 'encryption'] as const;

/**
 * The keys of a root of trust that a bench names, each proven to be one, before anything is started for it. Undefined where it names none.
 * @throws HarnessError `secret-missing`, `secret-exposed`, and those of `readPrivateKeyPem` (usage), with bench and key; no part of a key is in them
 */
export function namedRotKeys(bench: Pick<LabBench, 'name' | 'keys'> | undefined): NamedRotKeys | undefined {
  if (bench === undefined || names.every((name) => bench.keys[name] === undefined)) return undefined;
  for (const name of names) keyPairOf(bench, name);
  const { authentication, encryption } = bench.keys;
  return { ...(authentication === undefined ? {} : { authentication }), ...(encryption === undefined ? {} : { encryption }) };
}

/** One of them; undefined where the bench does not name it. @throws as `namedRotKeys` */
export function keyPairOf(bench: Pick<LabBench, 'name' | 'keys'>, name: (typeof names)[number]): KeyPair | undefined {
  const reference = bench.keys[name];
  if (reference === undefined) return undefined;
  const what = `bench ${bench.name}, keys.${name}`;
  const pem = readSecret(reference, what).toString('utf8');
  try {
    const privateKey = readPrivateKeyPem(pem);
    return { privateKey, publicKey: publicKeyOf(privateKey) };
  } catch (error) {
    if (!isHarnessError(error)) throw error;
    const from = 'file' in reference ? reference.file : `the environment variable ${reference.env}`;
    throw new HarnessError({ code: error.code, kind: 'usage', message: `${what}: ${from}: ${error.message}`, nextStep: error.nextStep, cause: error });
  }
}

/** The session reads keys from files: those of the environment get one in the work folder, which no run leaves behind. */
export function rotKeyFiles(keys: NamedRotKeys, workDirectory: string): { readonly authentication?: string; readonly encryption?: string } {
  const fileOf = (name: (typeof names)[number], reference: SecretReference): string => {
    if ('file' in reference) return reference.file;
    const path = join(workDirectory, `${name}.pem`);
    writeFileSync(path, readSecret(reference, `keys.${name}`), { mode: 0o600 });
    return path;
  };
  return Object.fromEntries(names.flatMap((name) => (keys[name] === undefined ? [] : [[name, fileOf(name, keys[name])]])));
}
