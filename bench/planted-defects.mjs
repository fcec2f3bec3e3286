// Do the board suites notice a defect, in the right suite, for the right reason, and nowhere else?
// `node bench/planted-defects.mjs [--only <text> …] [--part <n>/<of>] [--jobs <n>] [--quick] [--own] [--verbose] [--list] [--keep <folder>] [--json]`: every defect of planted-defects/list.mjs in a copy
// of this package of its own, all suites run on a fresh virtual board in the configuration that the defect names (--quick: without the long ones where the defect is not theirs; --own: only those that
// may turn red; --verbose: every red test with its reason); before that the package as it is, in each of these configurations, which must be green. --jobs: so many at a time, with 2 cores no more
// than 2. Needs `npm run build`, and gcc-arm-none-eabi for the defects of the fixture. Exit code 1 when a defect is not noticed as it must be.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { nameOf } from './planted-defects/configuration.mjs';
import { copyWith } from './planted-defects/copy.mjs';
import { objections } from './planted-defects/judgement.mjs';
import { defects } from './planted-defects/list.mjs';
import { runSuites } from './planted-defects/suite-run.mjs';
import { argumentsOf } from './usage.mjs';

const values = argumentsOf('bench/planted-defects.mjs [--only <text> …] [--part <n>/<of>] [--jobs n] [--quick] [--own] [--verbose] [--list] [--keep <folder>] [--json]', { only: { type: 'string', multiple: true }, part: { type: 'string', default: '1/1' }, jobs: { type: 'string', default: '1' }, quick: { type: 'boolean' }, own: { type: 'boolean' }, verbose: { type: 'boolean' }, list: { type: 'boolean' }, json: { type: 'boolean' }, keep: { type: 'string' } }, { numbers: ['jobs'] });
const [part, parts] = values.part.split('/').map(Number);
const chosen = defects.filter(({ name, file, suite }, number) => number % parts === part - 1 && (values.only === undefined || [name, file, suite].some((text) => values.only.some((wanted) => text.includes(wanted)))));
if (values.list) {
  for (const { name, file, suite, on } of chosen) console.log(`${suite.padEnd(20)} ${nameOf(on).padEnd(34)} ${file.padEnd(48)} ${name}`);
  process.exit(0);
}
const say = values.json ? console.error : console.log;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const long = ['authenticity', 'rollback', 'encryption', 'power-cut'];
const every = readdirSync(join(root, 'suites')).filter((file) => file.endsWith('.hil.ts')).map((file) => file.slice(0, -'.hil.ts'.length));
const suitesOf = ({ suite, also = [] }) => (values.own ? [suite, ...also] : values.quick && ![suite, ...also].some((name) => long.includes(name)) ? every.filter((name) => !long.includes(name)) : []);

const folder = mkdtempSync(join(tmpdir(), 'rot-hil-pd-'));
const stop = new AbortController();
const discard = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(code);
    process.exitCode = code;
    console.error('interrupted: putting the boards away (once more to end at once)');
    stop.abort();
  });
}
process.on('exit', discard);

/** Does all of some work, so many at a time, each in a lane of its own. */
async function each(work, body) {
  const left = [...work.entries()];
  const lanes = Array.from({ length: Math.max(1, Math.min(Number(values.jobs) || 1, left.length)) }, async (_, number) => {
    const lane = join(folder, String(number + 1));
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      stop.signal.throwIfAborted();
      mkdirSync(lane, { recursive: true, mode: 0o700 });
      await body(next[1], lane, next[0]);
      rmSync(lane, { recursive: true, force: true, maxRetries: 5 });
    }
  });
  const [failed] = (await Promise.allSettled(lanes.map((lane) => lane.catch((error) => {
    // The other lanes end what they are at, and begin nothing.
    left.length = 0;
    throw error;
  })))).filter(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

const keepIn = (name) => (values.keep === undefined ? undefined : join(values.keep, name));

async function clean(on, lane) {
  const copy = await copyWith(undefined, lane, stop.signal);
  const { red, exit, count, seconds } = await runSuites({ folder: copy, lane, on, keepIn: keepIn(`clean-${nameOf(on).replaceAll('/', '-')}`), signal: stop.signal });
  say(`${red.length === 0 && exit === 0 ? 'green  ' : 'RED    '} no defect, ${nameOf(on)}: ${count} tests, ${seconds.toFixed(0)} s`);
  if (red.length === 0 && exit === 0) return;
  for (const one of red.slice(0, 10)) say(`        ${one.suite}: ${one.title}: ${one.message.split('\n', 1)[0]}`);
  throw new Error('the suites are not green without a defect');
}

const results = [];
async function planted(defect, lane, number) {
  let outcome = { red: [], exit: null, seconds: 0 };
  let why;
  try {
    const copy = await copyWith(defect, lane, stop.signal);
    outcome = await runSuites({ folder: copy, lane, on: defect.on, suites: suitesOf(defect), keepIn: keepIn(`defect-${number + 1}`), signal: stop.signal });
    why = objections(defect, outcome);
  } catch (error) {
    // Its text is not there any more, or does not translate: the others are tried all the same.
    if (stop.signal.aborted) throw error;
    why = [error.message];
  }
  const suites = [...new Set(outcome.red.map(({ suite }) => suite))];
  results[number] = { name: defect.name, file: defect.file, suite: defect.suite, on: nameOf(defect.on), noticed: why.length === 0, suites, red: outcome.red.length, seconds: outcome.seconds, why };
  say(`${why.length === 0 ? 'noticed' : 'MISSED '} ${defect.name}: ${outcome.red.length} red in ${suites.join(', ') || 'no suite'}, ${outcome.seconds.toFixed(0)} s`);
  for (const line of why) say(`        ${line}`);
  if (values.verbose) for (const one of outcome.red) say(`      - ${one.verdict} ${one.suite}: ${one.title}\n          ${one.message.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line)).slice(0, 8).join('\n          ')}`);
}

try {
  const configurations = new Map(values.own ? [] : chosen.map(({ on }) => [nameOf(on), on]));
  await each([...configurations.values()], clean);
  await each(chosen, planted);
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
const done = results.filter((one) => one !== undefined);
const noticed = done.filter((one) => one.noticed).length;
say(`${noticed} of ${done.length} planted defects noticed${done.length < chosen.length ? `, ${chosen.length - done.length} not tried` : ''}`);
if (values.json) console.log(JSON.stringify({ noticed, defects: done }, null, 2));
process.exitCode ??= noticed === chosen.length && chosen.length > 0 ? 0 : 1;
