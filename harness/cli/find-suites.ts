import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import process from 'node:process';
import { nearest } from '../board/nearest.js';
import { HarnessError } from '../errors/index.js';
import { packagePath } from './package-files.js';

export interface SuiteFile {
  /** Absolute. */
  readonly path: string;
  /** As reports call it, with forward slashes: `suites/boot.hil.ts` for a shipped one, else relative to the working directory. */
  readonly name: string;
}

const ending = '.hil.ts';
/** What tells most about a board comes first, and what needs another image comes last. */
const shippedOrder = ['self-check', 'boot', 'memory-map', 'mpu', 'ramecc', 'clock', 'watchdog', 'soak', 'authenticity', 'update-overwrite', 'update-swap', 'confirmation', 'rollback', 'encryption', 'power-cut', 'provisioning', 'product-state', 'debug-authentication', 'stirot'];

/** Names of the shipped suites: `boot`, `mpu`, … */
function shippedSuites(): string[] {
  const rank = (name: string): number => (shippedOrder.includes(name) ? shippedOrder.indexOf(name) : shippedOrder.length);
  return readdirSync(packagePath('suites'))
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * The suite files that the words name: a shipped suite by its name, or a file. No word means all shipped suites.
 * @throws HarnessError `unknown-suite` (usage)
 */
export function findSuites(words: readonly string[]): SuiteFile[] {
  const shipped = shippedSuites();
  const found = (words.length === 0 ? shipped : words).map((word) => {
    const name = word.replace(/\\/g, '/').replace(/^(\.\/)?suites\//, '').replace(/\.hil\.ts$/, '').toLowerCase();
    const path = resolve(word);
    if (isFile(path)) return { path, name: relative(process.cwd(), path).replaceAll('\\', '/') };
    if (shipped.includes(name)) return { path: packagePath('suites', name + ending), name: `suites/${name}${ending}` };
    const isFileName = word.endsWith(ending);
    const guess = isFile(path + ending) ? word + ending : nearest(isFileName ? word : name, isFileName ? suiteFilesBeside(path, word) : shipped);
    throw new HarnessError({
      code: 'unknown-suite',
      kind: 'usage',
      message: `there is no ${isFileName ? 'file' : 'suite'} ${JSON.stringify(word.slice(0, 200))}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
      nextStep: `name a *${ending} file, or one of: ${shipped.join(', ')}`,
    });
  });
  return [...new Map(found.map((suite) => [suite.path, suite])).values()];
}

/** The suites that lie where a file was looked for, called as it was. */
function suiteFilesBeside(path: string, word: string): string[] {
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder).filter((file) => file.endsWith(ending)).map((file) => word.slice(0, word.length - basename(word).length) + file);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
