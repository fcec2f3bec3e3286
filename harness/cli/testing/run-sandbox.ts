import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { XMLParser } from 'fast-xml-parser';
import { terminalPair, type TerminalPair } from '../../console/testing/terminal-pair.js';

const main = fileURLToPath(new URL('../../../dist/harness/cli/main.js', import.meta.url));

/** Path of a prebuilt fixture. */
export const prebuilt = (name: string): string => fileURLToPath(new URL(`../../../firmware-fixtures/prebuilt/${name}`, import.meta.url));

const answers = `case "$*" in --version) echo 'STM32CubeProgrammer version: 2.21.0'; exit;; -l*) echo 'ST-LINK SN  : 0011'; exit;; esac`;

/** Shell commands of a tool that hangs with a child, both deaf to SIGTERM; the file `hangs` says that it does. */
export const hang = `trap '' TERM; (trap '' TERM; sleep 600) & touch "$0.hangs"; sleep 600`;
export const hangs = 'tool/STM32_Programmer_CLI.hangs';

/** What `run --json` prints, or the error instead. */
export interface RunDocument {
  readonly verdict: string;
  readonly passed: number;
  readonly failed: number;
  readonly bench: number;
  readonly skipped: number;
  readonly board: { readonly state?: string; readonly reason?: string | null };
  readonly reportDir: string;
  readonly junit: string;
  readonly error?: { readonly code: string; readonly kind: string; readonly message: string; readonly nextStep: string };
}

export interface Ended {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of the command, or from `since` of `finish`. */
  readonly durationMs: number;
  /** The one JSON document; null where nothing was printed. */
  readonly document: RunDocument | null;
}

export interface JunitCase {
  readonly name: string;
  readonly failure?: { readonly message: string };
  readonly error?: { readonly message: string };
}

export interface Started {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** As `| head` does: nobody reads what it prints. */
  closeStdout(): void;
  /** Waits for the end. @param since moment from which the time is taken, as `Date.now()` */
  finish(since?: number): Promise<Ended>;
}

/** A folder, a runtime folder and a temporary folder of its own, and the built command started in them: what a run leaves behind shows. */
export class RunSandbox {
  private terminal: TerminalPair | undefined;
  readonly folder = mkdtempSync(join(tmpdir(), 'rh-'));
  readonly reports = join(this.folder, 'reports');
  private readonly runtime = join(this.folder, 'rt');
  private readonly temporary = join(this.folder, 'tmp');

  /** Runs a spec's body, checks that nothing is left, and removes the folder. */
  static async with(body: (sandbox: RunSandbox) => Promise<void>): Promise<void> {
    if (!existsSync(main)) throw new Error('build first: npm run build');
    const sandbox = new RunSandbox();
    try {
      await body(sandbox);
      const left = await sandbox.left();
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    } finally {
      for (const pid of sandbox.processes()) process.kill(pid, 'SIGKILL');
      sandbox.terminal?.remove();
      rmSync(sandbox.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  private constructor() {
    mkdirSync(this.temporary);
  }

  start(...args: string[]): Started {
    const startedAt = Date.now();
    const child = execa(process.execPath, [main, ...args], { cwd: this.folder, reject: false, stdin: 'ignore', env: { ROT_HIL_RUNTIME_DIR: this.runtime, TMPDIR: this.temporary, NODE_OPTIONS: '', NO_COLOR: '1' } });
    return {
      pid: child.pid ?? 0,
      kill: (signal) => void child.kill(signal),
      closeStdout: () => void child.stdout.destroy(),
      finish: async (since = startedAt) => {
        const { exitCode, signal, stdout, stderr } = await child;
        return { exitCode, signal, stdout, stderr, durationMs: Date.now() - since, document: args.includes('--json') ? (JSON.parse(stdout || 'null') as RunDocument | null) : null };
      },
    };
  }

  run(...args: string[]): Promise<Ended> {
    return this.start('run', '--json', ...args).finish();
  }

  /** Writes a suite of the user's and returns its name for the command line. */
  suite(name: string, body: string): string {
    writeFileSync(join(this.folder, `${name}.hil.ts`), `import { expect, it } from '@jest/globals';\nimport { board } from 'rot-hil';\n${body}`);
    return `${name}.hil.ts`;
  }

  /**
   * Options that describe somebody's bench whose tool is a shell script. It answers for its version and its probe; what it does for
   * every other call, `commands` say.
   * @param port a pseudo-terminal that stays silent, where none is given
   */
  bench(commands: string, port = this.silentPort()): string[] {
    const tool = join(this.folder, 'tool', 'STM32_Programmer_CLI');
    mkdirSync(join(tool, '..'));
    writeFileSync(tool, `#!/bin/sh\n${answers}\n${commands}\n`);
    chmodSync(tool, 0o755);
    return ['--board', 'bench', '--kit', 'stm32h7s78-dk', '--probe-sn', '0011', '--console', port, '--rot', prebuilt('oemirot-placeholder.bin'), '--tool', tool];
  }

  private silentPort(): string {
    this.terminal = terminalPair();
    return this.terminal.path;
  }

  has(file: string): boolean {
    return existsSync(join(this.folder, file));
  }

  /** The running boards of this sandbox. */
  boards(): { name: string; pid: number }[] {
    const folder = join(this.runtime, 'boards');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { name: string; pid: number });
  }

  /** The record of the only run so far, as text; empty before it begins. */
  record(): string {
    const runs = existsSync(this.reports) ? readdirSync(this.reports) : [];
    const path = runs.map((run) => join(this.reports, run, 'record.jsonl')).find((file) => existsSync(file));
    return path === undefined ? '' : readFileSync(path, 'utf8');
  }

  async recordHolds(pattern: RegExp): Promise<void> {
    await until(`${String(pattern)} in the record`, () => pattern.test(this.record()));
  }

  junit(): JunitCase[] {
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', isArray: (name) => ['testsuite', 'testcase'].includes(name) });
    const document = parser.parse(readFileSync(join(this.reports, 'junit.xml'), 'utf8')) as { testsuites: { testsuite: { testcase?: JunitCase[] }[] } };
    return document.testsuites.testsuite.flatMap((one) => one.testcase ?? []);
  }

  /** Everything of a run that should be gone a moment after its end: processes, registry entries, sockets, claims, temporary files. */
  async left(): Promise<string[]> {
    const now = (): string[] => [
      ...this.processes().map((pid) => `process ${pid}`),
      ...filesIn(join(this.runtime, 'boards')).filter((file) => !file.endsWith('.log') && !this.isLostClaim(file)),
      ...filesIn(this.temporary),
    ];
    await until('the end of it', () => now().length === 0).catch(() => undefined);
    return now();
  }

  /** The name that a process had taken for its board when it was killed (kill -9): whoever wants it next takes it. */
  private isLostClaim(file: string): boolean {
    if (!file.endsWith('.claim')) return false;
    const owner = Number(readFileSync(join(this.runtime, 'boards', file), 'utf8'));
    return Number.isSafeInteger(owner) && owner > 1 && !existsSync(`/proc/${owner}`);
  }

  /** Processes with this sandbox in their environment, however they are related; those that ended and were not collected too. Linux only. */
  processes(): number[] {
    if (!existsSync('/proc/self/environ')) return [];
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(this.runtime);
        } catch {
          return false;
        }
      });
  }
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
}

/** Waits until something is so. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(30)) if (isSo()) return;
  throw new Error(`it did not come: ${what}`);
}
