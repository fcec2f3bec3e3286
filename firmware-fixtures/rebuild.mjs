// Builds every fixture into build/ and compares with prebuilt/ and its manifest. See README.md.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const build = join(root, 'build');
const prebuilt = join(root, 'prebuilt');
const manifestFile = join(prebuilt, 'manifest.json');
/** The application for the execution modes that have no file of the plain name. */
const placed = (kit, infix) =>
  Object.fromEntries(
    Object.entries({ xip: '0x90000400', 'int-ram': '0x24040400', stirot: '0x24000400' }).flatMap(([exec, runAddress]) =>
      ['1.0.0', '1.1.0'].map((version) => [`app-${version}-${infix}${exec}.elf`, { fixture: 'app', version, kit, runAddress }]),
    ),
  );
const fixtures = {
  'app-1.0.0.elf': { fixture: 'app', version: '1.0.0', kit: 'stm32h7s78-dk', runAddress: '0x70000400' },
  'app-1.1.0.elf': { fixture: 'app', version: '1.1.0', kit: 'stm32h7s78-dk', runAddress: '0x70000400' },
  'app-silent.elf': { fixture: 'silent', version: '1.0.0', kit: 'stm32h7s78-dk', runAddress: '0x70000400' },
  'app-reset-loop.elf': { fixture: 'reset-loop', version: '1.0.0', kit: 'stm32h7s78-dk', runAddress: '0x70000400' },
  'app-babble.elf': { fixture: 'babble', version: '1.0.0', kit: 'stm32h7s78-dk', runAddress: '0x70000400' },
  ...placed('stm32h7s78-dk', ''),
  ...placed('nucleo-h7s3l8', 'nucleo-h7s3l8-'),
  'oemirot-placeholder.elf': { fixture: 'oemirot-placeholder', version: '1.0.0', kit: 'stm32h7s78-dk', runAddress: '0x08000000' },
  'oemirot-placeholder.bin': { fixture: 'oemirot-placeholder', version: '1.0.0', kit: 'stm32h7s78-dk', runAddress: '0x08000000' },
};

const say = (line) => process.stdout.write(`${line}\n`);
const fail = (line) => {
  process.stderr.write(`error: ${line}\n`);
  process.exit(1);
};
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** Everything that decides the bytes, in a fixed order. */
function listSources() {
  const inFolder = (folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  return ['Makefile', ...inFolder('link'), ...inFolder('src')].sort();
}

/** SHA-256 over the lines `<SHA-256 of the file>  <path>\n` of all sources (what `sha256sum` prints), line ends as LF. */
function hashSources(sources) {
  const lines = sources.map((path) => `${sha256(readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n'))}  ${path}\n`);
  return sha256(lines.join(''));
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (result.error?.code === 'ENOENT') fail(`${command} not found: install it (Debian: apt-get install make gcc-arm-none-eabi)`);
  if (result.error) fail(`${command}: ${result.error.message}`);
  if (result.status !== 0) fail(`${command} ${args.join(' ')} ended with ${String(result.status ?? result.signal)}\n${result.stderr}`);
  return result.stdout.trim();
}

const firstLine = (text) => text.split('\n')[0];

function describeBuild() {
  const sources = listSources();
  return {
    toolchain: `${firstLine(run('arm-none-eabi-gcc', ['--version']))}; ${firstLine(run('arm-none-eabi-ld', ['--version']))}`,
    flags: run('make', ['--no-print-directory', '-s', 'flags']),
    sources,
    sourceHash: hashSources(sources),
  };
}

function buildAll() {
  rmSync(build, { recursive: true, force: true });
  run('make', ['--no-print-directory', '-s', 'all']);
}

function update(description) {
  mkdirSync(prebuilt, { recursive: true });
  const artefacts = Object.entries(fixtures).map(([file, facts]) => {
    copyFileSync(join(build, file), join(prebuilt, file));
    return { file, sha256: sha256(readFileSync(join(build, file))), ...facts };
  });
  writeFileSync(manifestFile, `${JSON.stringify({ ...description, artefacts }, null, 2)}\n`);
  say(`prebuilt/ rewritten: ${String(artefacts.length)} files, ${description.toolchain}`);
}

function compare(description) {
  if (!existsSync(manifestFile)) fail('prebuilt/manifest.json is missing: firmware-fixtures/rebuild --update writes it');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const wrong = [];
  if (manifest.sourceHash !== description.sourceHash) wrong.push('the sources changed since prebuilt/ was made');
  if (manifest.toolchain !== description.toolchain) {
    if (wrong.length) fail(wrong.join('\n'));
    say(`notice: toolchain differs (manifest ${manifest.toolchain}, here ${description.toolchain}): byte comparison skipped`);
    return;
  }
  if (manifest.flags !== description.flags) wrong.push(`the build flags changed:\n  manifest ${manifest.flags}\n  here     ${description.flags}`);
  const named = manifest.artefacts.map(({ file }) => file);
  for (const file of Object.keys(fixtures)) if (!named.includes(file)) wrong.push(`${file}: not in the manifest`);
  for (const { file, sha256: expected } of manifest.artefacts) {
    if (!(file in fixtures)) wrong.push(`${file}: in the manifest, but nothing builds it`);
    else if (!existsSync(join(prebuilt, file))) wrong.push(`prebuilt/${file} is missing`);
    else if (!readFileSync(join(prebuilt, file)).equals(readFileSync(join(build, file)))) wrong.push(`prebuilt/${file} is not what its source builds to`);
    else if (sha256(readFileSync(join(build, file))) !== expected) wrong.push(`${file}: the manifest has another SHA-256`);
  }
  if (wrong.length) fail(`${wrong.join('\n')}\nfirmware-fixtures/rebuild --update rewrites prebuilt/; commit it together with the sources`);
  say(`${String(manifest.artefacts.length)} fixtures rebuilt: byte for byte as in prebuilt/`);
}

const [option, ...rest] = process.argv.slice(2);
if (rest.length || (option !== undefined && option !== '--update')) {
  process.stderr.write('usage: firmware-fixtures/rebuild [--update]\n');
  process.exit(2);
}
const description = describeBuild();
buildAll();
if (option === '--update') update(description);
else compare(description);
