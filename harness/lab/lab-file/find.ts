import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest } from '../../board/index.js';
import { HarnessError } from '../../errors/index.js';
import { loadLabFile } from './load.js';
import { checkSecretFile, readSecret } from './secrets.js';
import type { LabBench, LabFile, SecretReference } from './types.js';

/** The lab file that a command takes where none is named. */
const defaultLabFile = 'rot-hil.lab.yaml';

/**
 * The lab file that `--lab` names, else `rot-hil.lab.yaml` of the working directory; undefined where there is none.
 * @throws HarnessError `lab-file` (usage)
 */
export function findLabFile(named: string | undefined, workingDirectory = process.cwd()): LabFile | undefined {
  if (named !== undefined) return loadLabFile(named);
  const path = resolve(workingDirectory, defaultLabFile);
  return existsSync(path) ? loadLabFile(path) : undefined;
}

/** The bench of that name, compared without case; undefined for none. */
export function benchNamed(lab: LabFile, name: string): LabBench | undefined {
  return lab.benches.find((bench) => bench.name.toLowerCase() === name.toLowerCase());
}

/** @throws HarnessError `unknown-board` (usage) with the nearest name */
export function benchOfLab(lab: LabFile, name: string): LabBench {
  const bench = benchNamed(lab, name);
  if (bench !== undefined) return bench;
  const known = lab.benches.map((one) => one.name);
  const guess = nearest(name, known);
  throw new HarnessError({
    code: 'unknown-board',
    kind: 'usage',
    message: `${lab.path} has no bench ${JSON.stringify(name.slice(0, 100))}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    nextStep: `name one of ${known.join(', ')}`,
  });
}

/** The bench of a lab file that has one. @throws HarnessError `board-unnamed` (usage) */
export function soleBench(lab: LabFile): LabBench {
  const [only, second] = lab.benches;
  if (only !== undefined && second === undefined) return only;
  throw new HarnessError({ code: 'board-unnamed', kind: 'usage', message: `${lab.path} has ${lab.benches.length} benches`, nextStep: `choose one with --board: ${lab.benches.map(({ name }) => name).join(', ')}` });
}

/**
 * The benches that the words choose: names, or tags written `@tag`; `!` before a word leaves out what it chooses. No word: all of them.
 * @throws HarnessError `unknown-filter` (usage) for a word that no bench has
 */
export function chooseBenches(lab: LabFile, words: readonly string[]): LabBench[] {
  const matches = (word: string) => (bench: LabBench): boolean =>
    word.startsWith('@') ? bench.tags.some((tag) => tag.toLowerCase() === word.slice(1).toLowerCase()) : bench.name.toLowerCase() === word.toLowerCase();
  const plain = words.map((word) => word.replace(/^!/, ''));
  for (const word of plain) {
    if (lab.benches.some(matches(word))) continue;
    const known = [...new Set(lab.benches.flatMap(({ name, tags }) => [name, ...tags.map((tag) => `@${tag}`)]))];
    const guess = nearest(word, known);
    throw new HarnessError({ code: 'unknown-filter', kind: 'usage', message: `no bench of ${lab.path} is ${JSON.stringify(word.slice(0, 100))}${guess === undefined ? '' : `; did you mean ${guess}?`}`, nextStep: `choose by name or tag: ${known.join(', ')}` });
  }
  const wanted = words.filter((word) => !word.startsWith('!'));
  const unwanted = words.filter((word) => word.startsWith('!')).map((word) => word.slice(1));
  return lab.benches.filter((bench) => (wanted.length === 0 || wanted.some((word) => matches(word)(bench))) && !unwanted.some((word) => matches(word)(bench)));
}

/**
 * Looks at everything outside of the lab file that a bench names: files are there, and secrets are nobody else's to read.
 * @throws HarnessError `lab-file` (usage) with the line of the bench · `secret-missing` · `secret-exposed` (usage)
 */
export function checkBenchFiles(lab: LabFile, bench: LabBench): void {
  const files: [string, string | undefined][] = [
    ...bench.rot.flatMap((build, index): [string, string | undefined][] => [
      [`rot.${index}.file`, build.file],
      [`rot.${index}.secondStage`, build.secondStage],
    ]),
    ['app.file', bench.app?.file],
    ['keys.debugAuthentication.chain', bench.keys.debugAuthentication?.chain],
  ];
  for (const [what, path] of files) {
    if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isFile() === true) continue;
    throw new HarnessError({ code: 'lab-file', kind: 'usage', message: `${lab.path}:${bench.line}: bench ${bench.name}, ${what}: there is no file ${path}`, nextStep: 'correct its path; it is relative to the lab file', fields: { file: lab.path, line: bench.line } });
  }
  const { authentication, encryption, debugAuthentication } = bench.keys;
  const secrets: [string, SecretReference | undefined][] = [
    ['keys.authentication', authentication],
    ['keys.encryption', encryption],
    ['keys.debugAuthentication.key', debugAuthentication?.key],
    ['keys.debugAuthentication.password', debugAuthentication?.password],
  ];
  for (const [what, secret] of secrets) {
    if (secret === undefined) continue;
    if ('file' in secret) checkSecretFile(secret.file, `bench ${bench.name}, ${what}`);
    else readSecret(secret, `bench ${bench.name}, ${what}`);
  }
}
