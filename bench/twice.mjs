// The same run twice: do the boards print the same, byte for byte, and are the verdicts the same? `npm run twice [-- <suite…> <options of run…>]`, default: all suites in
// the default configuration. Both runs at once, so that neither has the machine for itself. Exit code 1 when something differs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { endWithUsage } from './usage.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const shown = 10;

/** Of one run: what each test was and came to, and what the board printed in it, the time stamps left out. */
async function run(folder) {
  const child = spawn(process.execPath, [join(root, 'dist/harness/cli/main.js'), 'run', ...process.argv.slice(2), '--report', folder, '--json'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const status = await new Promise((done) => child.on('close', done));
  // Usage or configuration: there is no run.
  if (status === 2) endWithUsage('bench/twice.mjs [<suite…> <options of rot-hil run…>]', said.trimEnd());
  const [latest] = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const lines = [];
  for (const line of readFileSync(join(folder, latest.name, 'record.jsonl'), 'utf8').trim().split('\n')) {
    const event = JSON.parse(line);
    if (event.event === 'test-started') lines.push(`# ${event.suite} › ${[...event.ancestors, event.title].join(' › ')}`);
    if (event.event === 'test-ended') lines.push(`# ${event.verdict}`);
    if (event.event === 'console') lines.push(...event.lines.map(({ text }) => text));
  }
  return { status, lines };
}

const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'rot-hil-twice-')));
try {
  const [first, second] = await Promise.all(folders.map(run));
  const differences = [];
  for (let i = 0; i < Math.max(first.lines.length, second.lines.length); i++) if (first.lines[i] !== second.lines[i]) differences.push(i);
  for (const i of differences.slice(0, shown)) {
    const test = first.lines.slice(0, i).findLast((line) => line.startsWith('# suites') || line.includes(' › '));
    console.log(`${test ?? ''}\n  - ${first.lines[i] ?? '(nothing)'}\n  + ${second.lines[i] ?? '(nothing)'}`);
  }
  const printed = first.lines.filter((line) => !line.startsWith('# ')).length;
  const same = differences.length === 0 && first.status === 0 && second.status === 0 && printed > 0;
  console.log(`${same ? 'the same' : 'DIFFERENT'}: ${printed} lines of console, ${first.lines.length - printed} of tests and verdicts; ${differences.length} differ; exit codes ${first.status} and ${second.status}`);
  process.exitCode = same ? 0 : 1;
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
