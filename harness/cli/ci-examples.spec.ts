import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';

jest.setTimeout(60_000);

const examples = fileURLToPath(new URL('../../docs/ci/', import.meta.url));
const main = fileURLToPath(new URL('../../dist/harness/cli/main.js', import.meta.url));
const read = (name: string): string => readFileSync(join(examples, name), 'utf8');
/** `npx rot-hil …` up to the end of the line or of the quoted text. */
const commandsIn = (text: string): string[] => [...text.matchAll(/npx rot-hil ([^\n'"]+)/g)].map(([, args]) => args!.trim());

let folder: string;
beforeAll(() => {
  if (!existsSync(main)) throw new Error('build first: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-ci-'));
  cpSync(join(examples, 'rot-hil.lab.yaml'), join(folder, 'rot-hil.lab.yaml'));
  mkdirSync(join(folder, 'rot'));
  writeFileSync(join(folder, 'rot', 'OEMiROT_Boot.bin'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('examples for CI and systemd', () => {
  const files = readdirSync(examples).filter((name) => commandsIn(read(name)).length > 0);

  it('each of the four → has a command line', () => expect(files).toEqual(['Jenkinsfile', 'github-actions.yml', 'gitlab-ci.yml', 'rot-hil-nightly.service']));

  it.each(files.flatMap((file) => commandsIn(read(file)).map((args) => [file, args] as const)))('%s: rot-hil %s → accepted, and has something to run', async (_file, args) => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args.split(/\s+/), '--dry-run', '--json'], { cwd: folder, reject: false, env: { NODE_OPTIONS: '' } });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect((JSON.parse(stdout) as { runs: object[] }).runs.length).toBeGreaterThan(0);
  });

  it('the first command line of each, run as it stands on a small virtual lab → a night that passes, with its JUnit and its summary', async () => {
    const nights = files.map(async (file) => {
      const own = join(folder, file);
      mkdirSync(own);
      writeFileSync(join(own, 'quick.hil.ts'), "import { expect, it } from '@jest/globals';\nimport { board } from 'rot-hil';\nit('is there', () => expect(board.kit.id).toBe('stm32h7s78-dk'));\n");
      // The tags of the example's lab file.
      writeFileSync(join(own, 'rot-hil.lab.yaml'), 'nightly: { suites: [./quick.hil.ts] }\nbenches: [{ name: v, kit: stm32h7s78-dk, virtual: true, tags: [virtual, rack] }]\n');
      const [args] = commandsIn(read(file));
      const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args!.split(/\s+/)], { cwd: own, reject: false, env: { NODE_OPTIONS: '', NO_COLOR: '1', ROT_HIL_RUNTIME_DIR: join(own, 'rt'), GITHUB_STEP_SUMMARY: join(own, 'step.md') } });
      const summary = /--summary github/.test(args!) ? readFileSync(join(own, 'step.md'), 'utf8') : stdout;
      return { file, exitCode, stderr, passed: summary.includes('PASSED: 1 of 1 runs passed'), junit: readFileSync(join(own, 'reports', 'junit.xml'), 'utf8').includes('<testcase') };
    });
    expect(await Promise.all(nights)).toEqual(files.map((file) => ({ file, exitCode: 0, stderr: '', passed: true, junit: true })));
  });

  it.each(['github-actions.yml', 'gitlab-ci.yml', 'rot-hil.lab.yaml'])('%s → YAML without an error or a warning', (file) => {
    for (const document of parseAllDocuments(read(file)) as { errors: unknown[]; warnings: unknown[] }[]) expect([document.errors, document.warnings]).toEqual([[], []]);
  });

  it('systemd units → accepted by systemd, where it is installed', async () => {
    const there = await execa('systemd-analyze', ['--version'], { reject: false });
    if (there.exitCode !== 0) return void process.stderr.write('systemd-analyze is not installed: units not verified\n');
    const { exitCode, stderr } = await execa('systemd-analyze', ['verify', '--man=no', join(examples, 'rot-hil-nightly.service'), join(examples, 'rot-hil-nightly.timer')], { reject: false });
    // Of the machine's own units it may complain, too.
    expect([exitCode, stderr.split('\n').filter((line) => line.includes('rot-hil-nightly'))]).toEqual([0, []]);
  });
});
