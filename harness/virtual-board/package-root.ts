import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This package's folder: sources lie two folders below it, the build three. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package folder was not found');
    folder = parent;
  }
  return folder;
}

/** The folder with the drop-in tools. */
export function toolDirectory(): string {
  return join(packageRoot(), 'harness', 'virtual-board', 'bin');
}

/** The compiled entry file of the board's process. */
export function processEntry(): string {
  return join(packageRoot(), 'dist', 'harness', 'virtual-board', 'process.js');
}

/** The compiled entry file of the command `rot-hil`. */
export function commandEntry(): string {
  return join(packageRoot(), 'dist', 'harness', 'cli', 'main.js');
}
