import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { HarnessError } from '../../errors/index.js';
import type { SecretReference } from './types.js';

/** Keys are a few hundred bytes. */
const maxSecretBytes = 64 * 1024;

/**
 * The content of a secret: the bytes of its file, or those of its environment variable.
 * @param what its place in the lab file, for errors: `keys.authentication`
 * @throws HarnessError `secret-missing` · `secret-exposed` (usage); the content is in none of them
 */
export function readSecret(reference: SecretReference, what: string, environment: Readonly<Record<string, string | undefined>> = process.env): Buffer {
  if ('env' in reference) {
    const value = environment[reference.env];
    if (value === undefined || value === '') throw missing(`${what}: the environment variable ${reference.env} is not set`, 'set it where the command is started');
    return Buffer.from(value, 'utf8');
  }
  checkSecretFile(reference.file, what);
  return readFileSync(reference.file);
}

/**
 * A file with a secret must be a file of this user's, or root's, that nobody else may read or write. (Windows has no modes to look at.)
 * @throws HarnessError `secret-missing` · `secret-exposed` (usage)
 */
export function checkSecretFile(path: string, what: string): void {
  const seen = statSync(path, { throwIfNoEntry: false });
  if (seen === undefined) throw missing(`${what}: there is no file ${path}`, 'correct its path; it is relative to the lab file');
  if (!seen.isFile()) throw missing(`${what}: ${path} is no file`, 'name the file itself');
  if (seen.size > maxSecretBytes) throw missing(`${what}: ${path} is larger than ${maxSecretBytes} bytes`, 'name the file of the key or password');
  const uid = process.getuid?.();
  if (uid === undefined) return;
  if (seen.uid !== uid && seen.uid !== 0) throw exposed(`${what}: ${path} belongs to another user`, `make it yours: sudo chown $USER ${path}`);
  if ((seen.mode & 0o077) !== 0) throw exposed(`${what}: ${path} may be read or written by others (mode ${(seen.mode & 0o777).toString(8).padStart(4, '0')})`, `chmod 600 ${path}`);
}

function missing(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'secret-missing', kind: 'usage', message, nextStep });
}

function exposed(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'secret-exposed', kind: 'usage', message, nextStep });
}
