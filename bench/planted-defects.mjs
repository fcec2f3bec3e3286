// Do the board suites notice a defect, in the right suite, for the right reason, and nowhere else?
// `node bench/planted-defects.mjs [--only <text>] [--part <n>/<of>] [--quick] [--own] [--list] [--keep <folder>] [--json]`: every defect of planted-defects/list.mjs in a copy of this package of its
// own, all suites run on a fresh virtual board (--quick: without the long ones where the defect is not theirs; --own: only those that may turn red); before that the package as it is, which must be green. Needs `npm run build`, and gcc-arm-none-eabi for
// the defects of the fixture. Exit code 1 when a defect is not noticed as it must be.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyWith } from './planted-defects/copy.mjs';
import { defects } from './planted-defects/list.mjs';

const { values } = parseArgs({ options: { only: { type: 'string' }, part: { type: 'string', default: '1/1' }, quick: { type: 'boolean' }, own: { type: 'boolean' }, list: { type: 'boolean' }, json: { type: 'boolean' }, keep: { type: 'string' } } });
const [part, parts] = values.part.split('/').map(Number);
const chosen = defects.filter(({ name, file, suite }, number) => number % parts === part - 1 && (values.only === undefined || [name, file, suite].some((text) => text.includes(values.only))));
if (values.list) {
  for (const { name, file, suite, mode = 'overwrite' } of chosen) console.log(`${file.padEnd(46)} ${mode.padEnd(10)} ${suite.padEnd(14)} ${name}`);
  process.exit(0);
}
const runtime = mkdtempSync(join(tmpdir(), 'rot-hil-rt-'));
const say = values.json ? console.error : console.log;
const deadlineMs = 900_000;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const long = ['authenticity', 'rollback', 'encryption', 'power-cut'];
const suitesOf = ({ suite, also = [] }) => (values.own ? [suite, ...also] : values.quick && ![suite, ...also].some((name) => long.includes(name)) ? readdirSync(join(root, 'suites')).filter((file) => file.endsWith('.hil.ts')).map((file) => file.slice(0, -'.hil.ts'.length)).filter((name) => !long.includes(name)) : []);

/** Runs suites (default: all) of a package on a fresh virtual board. @returns what was red, and how it ended */
function run(folder, mode, keepAs, suites = []) {
  const started = Date.now();
  const { status, signal } = spawnSync(process.execPath, [join(folder, 'dist/harness/cli/main.js'), 'run', ...suites, '--mode', mode, '--report', 'reports', '--json'], {
    cwd: folder,
    env: { ...process.env, ROT_HIL_RUNTIME_DIR: runtime, ROT_HIL_STATE_DIR: runtime, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: deadlineMs,
  });
  const reports = join(folder, 'reports');
  if (!existsSync(reports)) throw new Error(`the run ended with ${signal ?? status} before it began: rot-hil run ${suites.join(' ')} --mode ${mode}, in ${folder}`);
  const [latest] = readdirSync(reports, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (values.keep !== undefined) cpSync(join(reports, latest), join(values.keep, keepAs), { recursive: true });
  const events = readFileSync(join(reports, latest, 'record.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const nameOf = (suite) => suite.replace(/^.*\//, '').replace(/\.hil\.ts$/, '');
  const tests = events.filter(({ event }) => event === 'test-ended');
  const red = [
    ...tests.filter(({ verdict }) => verdict === 'failed' || verdict === 'bench').map((test) => ({ suite: nameOf(test.suite), title: [...test.ancestors, test.title].join(' › '), verdict: test.verdict, message: test.messages.join('\n') })),
    ...events.filter(({ event }) => event === 'suite-failed').map((broken) => ({ suite: nameOf(broken.suite), title: '', verdict: broken.kind, message: broken.message })),
  ];
  return { red, count: tests.length, exit: signal ?? status, seconds: (Date.now() - started) / 1000 };
}

/** Why a run is no proof that the defect was noticed; empty when it is. */
function objections({ suite, test, reason, also = [] }, { red, exit }) {
  const right = red.filter((one) => one.suite === suite && one.verdict === 'failed' && test.test(one.title));
  const elsewhere = red.filter((one) => one.suite !== suite && !also.includes(one.suite));
  return [
    ...(exit === 1 ? [] : [`the run ended with ${exit}`]),
    ...(right.length > 0 ? [] : [`no test like ${test} of ${suite} failed`]),
    ...(right.length === 0 || right.some(({ message }) => reason.test(message)) ? [] : [`no reason like ${reason}: ${right[0].message.slice(0, 300)}`]),
    ...[...new Set(elsewhere.map((one) => `${one.verdict} in ${one.suite}: ${one.title}`))].slice(0, 3),
    ...(red.some(({ verdict }) => verdict === 'bench') ? ['told as a bench fault'] : []),
  ];
}

const results = [];
try {
  for (const mode of values.own ? [] : new Set(chosen.map(({ mode: own = 'overwrite' }) => own))) {
    const folder = copyWith(undefined);
    const clean = run(folder, mode, `clean-${mode}`);
    rmSync(folder, { recursive: true, force: true });
    say(`${clean.red.length === 0 && clean.exit === 0 ? 'green ' : 'RED   '} no defect, ${mode}: ${clean.count} tests, ${clean.seconds.toFixed(0)} s`);
    if (clean.red.length > 0 || clean.exit !== 0) {
      for (const one of clean.red.slice(0, 10)) say(`       ${one.suite}: ${one.title}: ${one.message.split('\n', 1)[0]}`);
      throw new Error('the suites are not green without a defect');
    }
  }
  for (const [number, defect] of chosen.entries()) {
    const folder = copyWith(defect);
    try {
      const outcome = run(folder, defect.mode ?? 'overwrite', `defect-${number + 1}`, suitesOf(defect));
      const why = objections(defect, outcome);
      const suites = [...new Set(outcome.red.map(({ suite }) => suite))];
      results.push({ name: defect.name, file: defect.file, noticed: why.length === 0, suites, red: outcome.red.length, seconds: outcome.seconds, why });
      say(`${why.length === 0 ? 'noticed' : 'MISSED '} ${defect.name}: ${outcome.red.length} red in ${suites.join(', ') || 'no suite'}, ${outcome.seconds.toFixed(0)} s`);
      for (const line of why) say(`        ${line}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
} finally {
  rmSync(runtime, { recursive: true, force: true });
}
const noticed = results.filter((one) => one.noticed).length;
say(`${noticed} of ${results.length} planted defects noticed`);
if (values.json) console.log(JSON.stringify({ noticed, defects: results }, null, 2));
process.exitCode = noticed === results.length && results.length > 0 ? 0 : 1;
