// One run of the board suites of a copy, on a virtual board of its own.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import { optionsOf } from './configuration.mjs';

const deadlineSeconds = 1200;
/** For what a run does after its deadline, or after a Ctrl-C. */
const graceMs = 30_000;

const suiteName = (path) => path.replace(/^.*\//, '').replace(/\.hil\.ts$/, '');

/**
 * @param lane folder that boards, journals and temporary files of this run alone lie in
 * @param suites default: all
 * @returns what was red, how many tests there were, and how it ended
 */
export async function runSuites({ folder, lane, on, suites = [], keepIn, signal }) {
  const started = Date.now();
  const [runtime, state, temporary] = ['rt', 'st', 'tmp'].map((name) => join(lane, name));
  for (const own of [runtime, state, temporary]) {
    rmSync(own, { recursive: true, force: true });
    mkdirSync(own, { mode: 0o700 });
  }
  const env = { ...process.env, ROT_HIL_RUNTIME_DIR: runtime, ROT_HIL_STATE_DIR: state, TMPDIR: temporary, ROT_HIL_PARENT: String(process.pid), NO_COLOR: '1' };
  const words = ['run', ...suites, ...optionsOf(on), '--report', 'reports', '--timeout', String(deadlineSeconds), '--json'];
  const exit = await ended(join(folder, 'dist/harness/cli/main.js'), words, { cwd: folder, env, signal, deadlineMs: deadlineSeconds * 1000 });
  signal.throwIfAborted();
  const reports = join(folder, 'reports');
  if (!existsSync(reports)) throw new Error(`the run ended with ${exit} before it began: rot-hil ${words.join(' ')}, in ${folder}`);
  const [latest] = readdirSync(reports, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (keepIn !== undefined) cpSync(join(reports, latest), keepIn, { recursive: true });
  const events = readFileSync(join(reports, latest, 'record.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const tests = events.filter(({ event }) => event === 'test-ended');
  const red = [
    ...tests.filter(({ verdict }) => verdict === 'failed' || verdict === 'bench').map((test) => ({ suite: suiteName(test.suite), title: [...test.ancestors, test.title].join(' › '), verdict: test.verdict, message: test.messages.join('\n') })),
    ...events.filter(({ event }) => event === 'suite-failed').map((broken) => ({ suite: suiteName(broken.suite), title: '', verdict: broken.kind, message: broken.message })),
  ];
  return { red, count: tests.length, exit, seconds: (Date.now() - started) / 1000 };
}

/** In a group of its own: a Ctrl-C at the terminal comes to it once, from here, and it puts its board away. @returns exit code or signal */
function ended(script, words, { cwd, env, signal, deadlineMs }) {
  const child = spawn(process.execPath, [script, ...words], { cwd, env, stdio: 'ignore', detached: true });
  let kill;
  const end = () => {
    child.kill('SIGTERM');
    kill = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), graceMs);
  };
  const deadline = setTimeout(end, deadlineMs + graceMs);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status, by) => {
      clearTimeout(deadline);
      clearTimeout(kill);
      signal.removeEventListener('abort', end);
      done(by ?? status);
    });
  });
}
