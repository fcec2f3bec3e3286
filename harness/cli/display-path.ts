import { relative } from 'node:path';
import process from 'node:process';

/** The path as it stands in reports: below the working directory without it. */
export function displayPath(path: string): string {
  const below = relative(process.cwd(), path).replaceAll('\\', '/');
  return below.startsWith('..') ? path : below;
}
