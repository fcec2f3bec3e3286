import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseConfiguration, loadKit } from '../board/index.js';
import type { RotConfigurationChoice } from '../board/index.js';
import type { RotRelease } from '../rot/index.js';
import { HarnessError } from '../errors/index.js';
import type { HarnessErrorInit } from '../errors/index.js';
import { parseFault } from './faults.js';
import type { MemoryCipher } from './flash-cipher.js';
import { checkCipher } from './flash-cipher.js';
import { processEntry } from './package-root.js';
import { ProbeClient } from './probe-client.js';
import { birthOf, isAlive, signal } from './processes.js';
import { forgetBoard, readEntry, runningBoards } from './registry.js';
import type { BoardEntry } from './registry.js';
import { boardFiles, prepareRuntimeFolder } from './runtime-folder.js';
import { startErrorPrefix } from './start-options.js';
import type { ProcessOptions } from './start-options.js';

export interface StartOptions {
  /** Kit id, compared without case. */
  readonly kit: string;
  /** Letters, digits, `.`, `_`, `-`; default: the kit's id, numbered where it is taken. */
  readonly name?: string;
  /** Folder in which flash, option bytes and OBKeys survive a restart. */
  readonly keepFlash?: string;
  /** What a boot-loader connection calls this board's port (`COM19`). */
  readonly comPort?: string;
  /** Noise of the RAMs at power-on and the chip's random numbers; default 1. */
  readonly seed?: number;
  /** Which root of trust the board has; default OEMiRoT, overwrite, the kit's first execution mode. */
  readonly configuration?: RotConfigurationChoice;
  /** Which release of OEMiROT_Boot is modelled; default the current one. */
  readonly rotRelease?: RotRelease;
  /** OEMIROT_DEV_MODE of the root of trust: a production build prints nothing, wants a closed device and resets instead of stopping; default `development`, as ST ships it. */
  readonly rotBuild?: 'development' | 'production';
  /** Faults of tool and bench: `<name>@<command>[:nth]`, see faults.ts. */
  readonly faults?: readonly string[];
  /** Whether the root of trust enciphers what it installs; default: as ST's builds for the device. */
  readonly cipher?: MemoryCipher;
  /** A snapshot to go on from; kit, configuration and build must be those of the snapshot. */
  readonly from?: string;
  /** Blocks of the chip, by ST's name without case, whose unmodelled registers are storage instead of the end of the run. */
  readonly allowUnmodelled?: readonly string[];
  /** False: every instruction is interpreted; default: hot code is translated. */
  readonly translate?: boolean;
  /** Port of the loopback interface on which GDB is served, 1 to 65535. */
  readonly gdb?: number;
  /** The board ends itself when this process is gone; without one it goes on until it is stopped. */
  readonly ownerPid?: number;
  /** Until the board answers; default 15 000 ms. */
  readonly timeoutMs?: number;
}

/** A board makes little that is thrown away at once: without a limit V8 keeps three times 16 MB for it. */
const lean = ['--max-semi-space-size=4'];
const defaultTimeoutMs = 15_000;
const pollMs = 15;
/** Longest path of a unix socket: sockaddr_un on macOS has 104 bytes, on Linux 108, with the terminating 0. */
const maximumSocketPath = 103;
/** A claim without an owner's id is one that is being written. */
const claimGraceMs = 5000;

/**
 * Starts a board as a process of its own and returns when it answers.
 * @throws HarnessError `fault`, `unknown-kit`, `unsupported-configuration`, `board-name`, `board-name-taken`, `runtime-folder` (usage); `kept-state` (usage); `board-not-started` (bench) with the end of its log
 */
export async function startVirtualBoard(options: StartOptions): Promise<BoardEntry> {
  for (const fault of options.faults ?? []) parseFault(fault);
  const folder = prepareRuntimeFolder();
  const kit = loadKit(options.kit);
  const { bootPath, mode, exec } = chooseConfiguration(kit, options.configuration ?? {});
  checkCipher(kit, options.cipher);
  if (!existsSync(processEntry())) {
    throw new HarnessError({ code: 'not-built', kind: 'usage', message: `${processEntry()} does not exist`, nextStep: 'run npm run build' });
  }
  const name = options.name === undefined ? claimFreeName(kit.id) : claimGivenName(options.name);
  const files = boardFiles(name, folder);
  if (Buffer.byteLength(files.socket) > maximumSocketPath) {
    rmSync(files.claim, { force: true });
    throw new HarnessError({ code: 'runtime-folder', kind: 'usage', message: `the socket path ${files.socket} is longer than ${String(maximumSocketPath)} bytes`, nextStep: 'set ROT_HIL_RUNTIME_DIR to a shorter path, or choose a shorter name' });
  }
  const ownerBirth = options.ownerPid === undefined ? undefined : birthOf(options.ownerPid);
  const processOptions: ProcessOptions = {
    name,
    kit: kit.id,
    configuration: { bootPath, mode, exec },
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.rotRelease === undefined ? {} : { rotRelease: options.rotRelease }),
    ...(options.rotBuild === undefined ? {} : { rotBuild: options.rotBuild }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.from === undefined ? {} : { from: resolve(options.from) }),
    ...(options.cipher === undefined ? {} : { cipher: options.cipher }),
    ...(options.translate === undefined ? {} : { translate: options.translate }),
    ...(options.allowUnmodelled === undefined ? {} : { allowUnmodelled: options.allowUnmodelled }),
    ...(options.gdb === undefined ? {} : { gdb: options.gdb }),
    ...(options.keepFlash === undefined ? {} : { keepFlash: resolve(options.keepFlash) }),
    ...(options.comPort === undefined ? {} : { comPort: options.comPort }),
    ...(options.ownerPid === undefined ? {} : { owner: { pid: options.ownerPid, ...(ownerBirth === undefined ? {} : { birth: ownerBirth }) } }),
  };
  const log = openSync(files.log, 'w', 0o600);
  const child = spawn(process.execPath, [...lean, processEntry(), JSON.stringify(processOptions)], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ROT_HIL_RUNTIME_DIR: folder },
  });
  closeSync(log);
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, by) => (ended = by === null ? `exit code ${String(code)}` : by));
  child.unref();
  if (child.pid !== undefined) writeFileSync(files.claim, String(child.pid));

  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const deadline = performance.now() + timeoutMs;
  while (ended === undefined && performance.now() < deadline) {
    const entry = readEntry(files.entry);
    if (entry !== undefined && entry.pid === child.pid && (await answers(entry))) return entry;
    await sleep(pollMs);
  }
  if (ended === undefined && child.pid !== undefined) signal(child.pid, 'SIGKILL');
  forgetBoard(name);
  const own = startErrorOf(files.log);
  if (own !== undefined) throw own;
  throw new HarnessError({
    code: 'board-not-started',
    kind: 'bench',
    message: `the virtual board ${name} ${ended === undefined ? `did not answer within ${String(timeoutMs)} ms` : `ended while starting (${ended})`}: ${logTail(files.log)}`,
    nextStep: `read its log: ${files.log}`,
    fields: { name, kit: kit.id },
  });
}

/**
 * Starts a board that goes on from a snapshot, with the kit and the root of trust that it was taken from.
 * @throws HarnessError `snapshot`, `snapshot-file` (usage), and what `startVirtualBoard` throws
 */
export async function startFromSnapshot(path: string, options: Pick<StartOptions, 'name' | 'keepFlash' | 'comPort' | 'gdb' | 'translate' | 'ownerPid' | 'timeoutMs'> = {}): Promise<BoardEntry> {
  const { kit, bootPath, mode, exec, cipher, seed, rotRelease, rotBuild, allowUnmodelled } = (await import('./snapshot-file.js')).readSnapshot(path).origin;
  return startVirtualBoard({
    ...options,
    from: path,
    kit,
    // Words of a file: the kit says whether it has such a configuration.
    configuration: { bootPath, mode, exec } as RotConfigurationChoice,
    cipher, seed, rotRelease, rotBuild,
    ...(allowUnmodelled.length === 0 ? {} : { allowUnmodelled }),
  });
}

async function answers(entry: BoardEntry): Promise<boolean> {
  try {
    const client = await ProbeClient.open(entry.socket);
    const board = await client.request('hello', {}, 1000);
    client.close();
    return board.pid === entry.pid;
  } catch {
    return false;
  }
}

function claimGivenName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new HarnessError({ code: 'board-name', kind: 'usage', message: `"${name.slice(0, 80)}" is no name for a board`, nextStep: 'use letters, digits, ".", "_" and "-", at most 64' });
  }
  if (claim(name)) return name;
  throw new HarnessError({ code: 'board-name-taken', kind: 'usage', message: `a virtual board called ${name} is running already`, nextStep: `choose another name, or end it with rot-hil virtual stop ${name}`, fields: { name } });
}

function claimFreeName(kit: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? kit : `${kit}-${String(number)}`;
    if (claim(name)) return name;
  }
}

/** Takes a name, or not: whoever creates the file has it. */
function claim(name: string): boolean {
  // Entries of boards that died go, and their claims with them.
  runningBoards();
  const file = boardFiles(name).claim;
  for (const attempt of [1, 2]) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (attempt === 2 || isClaimed(file)) return false;
      rmSync(file, { force: true });
    }
  }
  return false;
}

function isClaimed(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    if (Number.isSafeInteger(pid) && pid > 1) return isAlive(pid);
    // However the clock was set meanwhile.
    return Math.abs(new Date().getTime() - statSync(file).mtimeMs) < claimGraceMs;
  } catch {
    return false;
  }
}

/** What the board's process itself says about why it did not start. */
function startErrorOf(file: string): HarnessError | undefined {
  const line = logLines(file).at(-1);
  if (line?.startsWith(startErrorPrefix) !== true) return undefined;
  try {
    return new HarnessError(JSON.parse(line.slice(startErrorPrefix.length)) as HarnessErrorInit);
  } catch {
    return undefined;
  }
}

/** The last lines that say something: no stack frames. */
function logTail(file: string): string {
  return logLines(file).filter((line) => line !== '' && !/^\s+at /.test(line)).slice(-4).join(' | ') || 'its log is empty';
}

function logLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}
