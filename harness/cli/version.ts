import { createRequire } from 'node:module';
import process from 'node:process';
import { asHarnessError } from '../errors/index.js';

/** This package's version. */
export function packageVersion(): string {
  const manifest = createRequire(import.meta.url)('rot-hil/package.json') as { version: string };
  return manifest.version;
}

/** What `--version` prints: this package, Node, and STM32CubeProgrammer where it is installed. Never throws. */
export async function describeVersion(): Promise<string> {
  return [`rot-hil ${packageVersion()}`, `Node ${process.version}`, `STM32_Programmer_CLI ${await toolVersion()}`].join('\n');
}

async function toolVersion(): Promise<string> {
  const { findProgrammer, Programmer } = await import('../programmer/index.js');
  try {
    const path = findProgrammer({});
    return `${await new Programmer({ path }).version()} at ${path}`;
  } catch (error) {
    const { code, message } = asHarnessError(error);
    return code === 'tool-missing' ? 'not found (needed for real boards only)' : `unusable: ${message}`;
  }
}
