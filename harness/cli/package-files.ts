import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file or folder that ships with this package. */
export function packagePath(...parts: string[]): string {
  return join(dirname(createRequire(import.meta.url).resolve('rot-hil/package.json')), ...parts);
}
