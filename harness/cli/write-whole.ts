import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file so that a reader sees all of it or what stood there before. Throws Node's file errors. */
export function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}
