// A copy of this package with one defect in it: sources as they are, built output with the changed file translated anew.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const parts = ['package.json', 'boards', 'suites', 'dist', 'harness/virtual-board/bin', 'firmware-fixtures'];

/** @returns the folder of the copy; the caller removes it */
export function copyWith(defect) {
  const folder = mkdtempSync(join(tmpdir(), 'rot-hil-defect-'));
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true, filter: (path) => !path.includes(join('firmware-fixtures', 'build')) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  if (defect === undefined) return folder;
  const changed = planted(readFileSync(join(root, defect.file), 'utf8'), defect);
  if (defect.file.endsWith('.c')) fixtureWith(folder, defect.file, changed);
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

/** Both versions of the application that the default execution mode runs. */
function fixtureWith(folder, file, text) {
  const fixtures = join(folder, 'firmware-fixtures');
  writeFileSync(join(folder, file), text);
  const files = ['app-1.0.0.elf', 'app-1.1.0.elf'];
  const { status, stderr } = spawnSync('make', ['--no-print-directory', '-s', '-C', fixtures, ...files.map((name) => `build/${name}`)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (status !== 0) throw new Error(`${file}: ${stderr}`);
  const manifestFile = join(fixtures, 'prebuilt', 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  for (const name of files) {
    copyFileSync(join(fixtures, 'build', name), join(fixtures, 'prebuilt', name));
    manifest.artefacts.find((one) => one.file === name).sha256 = createHash('sha256').update(readFileSync(join(fixtures, 'prebuilt', name))).digest('hex');
  }
  writeFileSync(manifestFile, JSON.stringify(manifest));
}
