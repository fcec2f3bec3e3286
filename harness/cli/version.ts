import process from 'node:process';
import { createRequire } from 'node:module';

/** This package's version. */
export function packageVersion(): string {
  const manifest = createRequire(import.meta.url)('rot-hil/package.json') as { version: string };
  return manifest.version;
}

/** What `--version` prints. */
export function describeVersion(): string {
  return `rot-hil ${packageVersion()}\nNode ${process.version}`;
}
