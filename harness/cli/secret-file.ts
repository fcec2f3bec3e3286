import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HarnessError } from '../errors/index.js';

/** Readable by its owner alone: keys, passwords, and OBKey files, which hold a private key in the clear. */
const secretMode = 0o600;

interface SecretFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/**
 * Writes a file with secrets, in place of an older one: whole or not at all, mode 0600.
 * @throws HarnessError `file-unwritable` (usage)
 */
export async function writeSecret(path: string, content: string | Uint8Array): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeExclusively(draft, content);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw unwritable(path, cause);
  }
}

/**
 * Writes new files with secrets, mode 0600, and their folders. None is written when one of them exists already.
 * @throws HarnessError `file-exists` · `file-unwritable` (usage)
 */
export async function writeNewSecrets(files: readonly SecretFile[]): Promise<void> {
  for (const { path } of files) if (await exists(path)) throw already(path);
  const written: string[] = [];
  for (const { path, content } of files) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeExclusively(path, content);
      written.push(path);
    } catch (cause) {
      for (const one of written) await rm(one, { force: true });
      throw (cause as NodeJS.ErrnoException).code === 'EEXIST' ? already(path) : unwritable(path, cause);
    }
  }
}

async function writeExclusively(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', secretMode);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

function already(path: string): HarnessError {
  return new HarnessError({ code: 'file-exists', kind: 'usage', message: `${path} exists already, and a key that was overwritten is lost`, nextStep: 'give another name or folder, or move the old file away' });
}

function unwritable(path: string, cause: unknown): HarnessError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new HarnessError({ code: 'file-unwritable', kind: 'usage', message: `cannot write ${path}: ${code}`, nextStep: 'check the folder and its permissions', cause });
}
