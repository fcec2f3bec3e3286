// A copy of this package with one defect in it: sources as they are, built output with the changed file translated anew.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { configurationOf, kitOf } from './configuration.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const parts = ['package.json', 'boards', 'suites', 'dist', 'harness/virtual-board/bin', 'firmware-fixtures'];

/** @param lane folder that the copy lies in @returns the folder of the copy, which takes the place of an earlier one in this lane */
export async function copyWith(defect, lane, signal) {
  const folder = join(lane, 'copy');
  rmSync(folder, { recursive: true, force: true });
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true, filter: (path) => !path.includes(join('firmware-fixtures', 'build')) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  if (defect === undefined) return folder;
  const changed = planted(readFileSync(join(root, defect.file), 'utf8'), defect);
  if (/\.[cS]$/.test(defect.file)) await fixtureWith(folder, defect, changed, signal);
  else writeFileSync(join(folder, 'dist', defect.file.replace(/\.ts$/, '.js')), translated(changed, defect.file));
  return folder;
}

function planted(text, { name, file, find, replace }) {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`${name}: ${file} has its text ${places} times, not once: ${find}`);
  return text.replace(find, () => replace);
}

function translated(text, fileName) {
  const { outputText, diagnostics } = ts.transpileModule(text, { fileName, reportDiagnostics: true, compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true } });
  const [first] = diagnostics ?? [];
  if (first) throw new Error(`${fileName}: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`);
  return outputText;
}

/** Both versions of the application that a run in the defect's configuration takes. */
async function fixtureWith(folder, { file, on }, text, signal) {
  const fixtures = join(folder, 'firmware-fixtures');
  writeFileSync(join(folder, file), text);
  const manifestFile = join(fixtures, 'prebuilt', 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const { runAddress } = configurationOf(on).layout;
  const artefacts = manifest.artefacts.filter((one) => one.fixture === 'app' && one.kit === kitOf(on).id && Number(one.runAddress) === runAddress && one.file.endsWith('.elf'));
  await make(['--no-print-directory', '-s', '-C', fixtures, ...artefacts.map((one) => `build/${one.file}`)], file, signal);
  for (const one of artefacts) {
    copyFileSync(join(fixtures, 'build', one.file), join(fixtures, 'prebuilt', one.file));
    one.sha256 = createHash('sha256').update(readFileSync(join(fixtures, 'prebuilt', one.file))).digest('hex');
  }
  writeFileSync(manifestFile, JSON.stringify(manifest));
}

function make(words, file, signal) {
  const child = spawn('make', words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' }, signal });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status) => (status === 0 ? done() : failed(new Error(`${file}: ${errors}`))));
  });
}
