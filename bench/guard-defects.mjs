// Does a spec notice when the brick guard lets something through? `node bench/guard-defects.mjs [--only <text>] [--list]`: each rule of the guard switched off in
// turn, then each of its refusals by itself, in a copy of the sources; every time the spec of the ways to lose a board must turn red. Exit code 1 when one is missed.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { argumentsOf } from './usage.mjs';

const values = argumentsOf('bench/guard-defects.mjs [--only <text>] [--list]', { only: { type: 'string', default: '' }, list: { type: 'boolean' } });
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const rules = 'harness/provisioning/guard';
const files = ['board-rules.ts', 'key-rules.ts', 'image-rules.ts'];
const spec = 'harness/provisioning/thirty-ways.spec.ts';
const off = "((..._off: readonly unknown[]) => proven('switched off'))(";

/** A rule without its judgement: nothing that it finds is refused. */
function ruleOff(text, id) {
  const at = text.indexOf(`id: '${id}'`);
  const judge = text.indexOf('judge: ', at) + 'judge: '.length;
  return `${text.slice(0, judge)}() => proven('switched off'), was: ${text.slice(judge)}`;
}

/** One refusal of many. @param at index of its `refused(` */
const refusalOff = (text, at) => text.slice(0, at) + off + text.slice(at + 'refused('.length);

const defects = files.flatMap((file) => {
  const text = readFileSync(join(root, rules, file), 'utf8');
  const ids = [...text.matchAll(/^ {4}id: '([a-z-]+)'/gm)];
  const refusals = [...text.matchAll(/(?<![\w.])refused\(/g)].map(({ index }) => index);
  const ruleAt = (index) => ids.filter((id) => id.index < index).at(-1)?.[1];
  const lineAt = (index) => text.slice(0, index).split('\n').length;
  return [
    ...ids.map(([, id]) => ({ name: `rule ${id} switched off`, file, changed: ruleOff(text, id) })),
    ...refusals.filter((at) => ruleAt(at) !== undefined).map((at) => ({ name: `refusal of ${ruleAt(at)}, ${file}:${lineAt(at)}`, file, changed: refusalOff(text, at) })),
  ];
}).filter(({ name }) => name.includes(values.only));
if (values.list) {
  for (const { name } of defects) console.log(name);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'rot-hil-guard-'));
const run = () => spawnSync(process.execPath, ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--rootDir', folder, spec, '--json'], { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_NO_WARNINGS: '1' }, timeout: 120_000 });
let missed = 0;
try {
  for (const part of ['package.json', 'jest.config.js', 'boards', 'harness']) cpSync(join(root, part), join(folder, part), { recursive: true });
  for (const part of ['node_modules']) symlinkSync(join(root, part), join(folder, part));
  mkdirSync(join(folder, 'firmware-fixtures'));
  const clean = run();
  if (clean.status !== 0) throw new Error(`red without a defect: ${clean.stderr.slice(-2000)}`);
  for (const { name, file, changed } of defects) {
    const path = join(folder, rules, file);
    writeFileSync(path, changed);
    const { status, stdout } = run();
    cpSync(join(root, rules, file), path);
    const failed = JSON.parse(stdout || '{"testResults":[]}').testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status: verdict }) => verdict === 'failed').map(({ title }) => title));
    // A copy that does not even load notices nothing.
    const noticed = status === 1 && failed.length > 0;
    if (!noticed) missed += 1;
    console.log(`${noticed ? 'noticed' : 'MISSED '} ${name}${noticed ? `: ${failed[0]}${failed.length > 1 ? ` and ${failed.length - 1} more` : ''}` : ''}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${defects.length - missed} of ${defects.length} defects of the guard noticed`);
process.exitCode = missed === 0 ? 0 : 1;
