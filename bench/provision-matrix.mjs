// Every combination of kit, boot path, update mode, execution mode and final state, each provisioned on a virtual board by `rot-hil provision`:
// `npm run matrix:provision [-- --kit <id>] [--boot-path <path>] [--jobs <n>] [--sample]`. A combination is good when the board is in that state and the application
// has started from there; a closed one must then be opened again by its credential, and a locked one must refuse that. `--sample`: one of each kind of end.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { listKits, loadKit } from '../dist/harness/board/index.js';
import { argumentsOf } from './usage.mjs';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'harness', 'cli', 'main.js');
const values = argumentsOf('bench/provision-matrix.mjs [--kit <id>] [--boot-path <path>] [--jobs n] [--sample]', { kit: { type: 'string' }, 'boot-path': { type: 'string' }, jobs: { type: 'string', default: '2' }, sample: { type: 'boolean', default: false } }, { numbers: ['jobs'], known: { kit: listKits(), 'boot-path': ['oemirot', 'stirot', 'stirot-oemurot'] } });
const ends = [
  { state: 'open' },
  { state: 'closed', da: 'certificate' },
  { state: 'closed', da: 'password' },
  { state: 'locked' },
];
const all = listKits().flatMap((kit) =>
  Object.entries(loadKit(kit).bootPaths).flatMap(([bootPath, { layouts }]) =>
    layouts.flatMap(({ exec, modes }) => modes.flatMap((mode) => ends.filter(({ state }) => state !== 'open' || bootPath === 'oemirot').map((end) => ({ kit, bootPath, mode, exec, ...end })))),
  ),
);
const sample = ['nucleo-h7s3l8 oemirot swap xip open', 'stm32h7s78-dk oemirot overwrite xip closed password', 'stm32h7s78-dk stirot-oemurot swap int-ram closed certificate', 'nucleo-h7s3l8 stirot overwrite int-ram locked'];
const nameOf = ({ kit, bootPath, mode, exec, state, da }) => [kit, bootPath, mode, exec, state, da].filter((word) => word !== undefined).join(' ');
const wanted = all.filter((one) => (values.kit === undefined || one.kit === values.kit) && (values['boot-path'] === undefined || one.bootPath === values['boot-path']) && (!values.sample || sample.includes(nameOf(one))));

const folder = mkdtempSync(join(tmpdir(), 'rot-hil-provision-'));
const environment = { ...process.env, ROT_HIL_RUNTIME_DIR: join(folder, 'run'), ROT_HIL_STATE_DIR: join(folder, 'state'), NO_COLOR: '1' };
mkdirSync(join(folder, 'state'));

/** One command of rot-hil. */
function call(...argv) {
  return new Promise((done) => {
    execFile(process.execPath, [main, ...argv, '--json'], { cwd: folder, env: environment, timeout: 180_000, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      try {
        done({ status: error === null ? 0 : (error.code ?? error.signal), ...JSON.parse(stdout) });
      } catch {
        done({ status: error?.code ?? error?.signal ?? 0, said: stderr.slice(-500) });
      }
    });
  });
}

function must(found, what, condition) {
  if (!condition) throw new Error(`${what}: ${JSON.stringify(found).slice(0, 600)}`);
}

/** The run address that the application must tell. */
const runAddress = ({ kit, bootPath, exec }) => `0x${loadKit(kit).bootPaths[bootPath].layouts.find((layout) => layout.exec === exec).runAddress.toString(16).padStart(8, '0')}`;

async function provisioned(one, board, ...more) {
  const { bootPath, mode, exec, state, da } = one;
  const found = await call('provision', ...board, '--boot-path', bootPath, '--mode', mode, '--exec', exec, '--state', state, ...(da === undefined ? [] : ['--da', da]), ...more);
  must(found, 'provision', found.status === 0 && found.verdict === 'done' && found.productState === state.toUpperCase());
  must(found.console, 'what the application said', found.console.some((line) => line.startsWith('$rot-hil fixture=app version=1.0.0') && line.includes(` run=${runAddress(one)} `)));
}

async function closedOrOpen(one, name) {
  const started = await call('virtual', 'start', '--kit', one.kit, '--boot-path', one.bootPath, '--mode', one.mode, '--exec', one.exec, '--name', name);
  must(started, 'virtual start', started.status === 0);
  try {
    await provisioned(one, ['--board', name]);
    if (one.state === 'open') return;
    const back = await call('regress', '--board', name, '--da', one.da);
    must(back, 'regress', back.status === 0 && back.before === 'CLOSED' && back.productState === 'OPEN');
  } finally {
    await call('virtual', 'stop', name);
  }
}

/** Only a lab file permits LOCKED, and only with the serial number of the probe. */
async function locked(one, name) {
  const lab = join(folder, `${name}.yaml`);
  writeFileSync(lab, `benches:\n  - { name: ${name}, virtual: true, kit: ${one.kit}, permissions: { productStates: [PROVISIONING, CLOSED], locked: true } }\n`);
  const board = ['--lab', lab, '--board', name];
  const { bootPath, mode, exec } = one;
  const dry = await call('provision', ...board, '--boot-path', bootPath, '--mode', mode, '--exec', exec, '--state', 'locked', '--dry-run');
  const flag = dry.guard?.find(({ rule }) => rule === 'locked-is-for-ever');
  must(dry, 'without the flag', dry.status === 4 && flag.status === 'refused');
  await provisioned(one, board, '--locked-is-for-ever', /hangs on|--locked-is-for-ever (\w+)/.exec(flag.command)[1]);
}

const began = performance.now();
const left = wanted.map((one, index) => ({ one, name: `m${index}` }));
let bad = 0;
await Promise.all(
  Array.from({ length: Math.max(1, Number(values.jobs) || 1) }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { one, name } = next;
      const from = performance.now();
      const error = await (one.state === 'locked' ? locked(one, name) : closedOrOpen(one, name)).then(() => undefined, (thrown) => thrown);
      if (error !== undefined) bad += 1;
      console.log(`${error === undefined ? 'passed' : 'FAILED'}  ${nameOf(one).padEnd(66)} ${((performance.now() - from) / 1000).toFixed(1)} s${error === undefined ? '' : `\n        ${error.message}`}`);
    }
  }),
);
rmSync(folder, { recursive: true, force: true });
console.log(`${bad === 0 && wanted.length > 0 ? 'passed' : 'FAILED'}: ${wanted.length - bad} of ${wanted.length} combinations in ${((performance.now() - began) / 1000).toFixed(1)} s`);
process.exitCode = bad === 0 && wanted.length > 0 ? 0 : 1;
