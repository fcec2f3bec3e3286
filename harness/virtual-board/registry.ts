/** The running boards of this user: one JSON file each, written by the board's own process when it answers. */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { RotConfigurationWanted } from '../board/index.js';
import { isAlive } from './processes.js';
import { boardFiles, runtimeFolder } from './runtime-folder.js';

/** One running board, as `virtual list --json` prints it. */
export interface BoardEntry {
  readonly name: string;
  /** Kit id: `stm32h7s78-dk`. */
  readonly kit: string;
  /** Which root of trust it has. */
  readonly configuration: Pick<RotConfigurationWanted, 'bootPath' | 'mode' | 'exec'>;
  readonly probe: {
    /** Serial number of its ST-LINK, 24 hexadecimal digits. */
    readonly sn: string;
  };
  /** Path of the console's serial port (115200 8N1); it stays when the port gets another name. */
  readonly console: string;
  /** What a boot-loader connection calls this board's port (`port=COM19`); the console's path unless `--com-port` was given. */
  readonly comPort: string;
  /** The folder with the drop-in tools, to be put first on PATH. */
  readonly toolDirectory: string;
  readonly pid: number;
  /** Tells this process from a later one with the same id, where the system can. */
  readonly birth?: string;
  /** Path of the probe socket. */
  readonly socket: string;
  /** File with the board's own time: board-clock.ts. */
  readonly timeFile: string;
  /** The process that it ends with; absent: it was started by hand, and runs on. */
  readonly owner?: { readonly pid: number; readonly birth?: string };
}

/** A board that runs, but was started by another version, whose entries say something else: it can be ended. */
export interface StrangeBoard {
  readonly name: string;
  readonly pid: number;
  readonly birth?: string;
}

const maximumEntryBytes = 64 * 1024;

function isEntry(value: unknown): value is BoardEntry {
  const entry = value as Partial<BoardEntry> | null;
  return (
    typeof entry === 'object' &&
    entry !== null &&
    [entry.name, entry.kit, entry.configuration?.bootPath, entry.configuration?.mode, entry.configuration?.exec, entry.probe?.sn, entry.console, entry.comPort, entry.toolDirectory, entry.socket, entry.timeFile].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(entry.pid) &&
    Number(entry.pid) > 1
  );
}

/** Every version's entry has these. Where a process can be told from a later one with the same id, one that cannot is not taken for the board. */
function isStrange(value: unknown): value is StrangeBoard {
  const entry = value as Partial<StrangeBoard> | null;
  return typeof entry === 'object' && entry !== null && typeof entry.name === 'string' && Number.isSafeInteger(entry.pid) && Number(entry.pid) > 1 && (typeof entry.birth === 'string' || process.platform !== 'linux');
}

function readFile(file: string): unknown {
  try {
    const text = readFileSync(file, 'utf8');
    return text.length > maximumEntryBytes ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads one entry; undefined where there is none or the file is not one. */
export function readEntry(file: string): BoardEntry | undefined {
  const value = readFile(file);
  return isEntry(value) ? value : undefined;
}

/** Writes an entry so that a reader sees all of it or none. */
export function writeEntry(entry: BoardEntry): void {
  const file = boardFiles(entry.name).entry;
  const partial = `${file}.${String(process.pid)}`;
  writeFileSync(partial, JSON.stringify(entry) + '\n', { mode: 0o600 });
  renameSync(partial, file);
}

/** Removes what a board leaves in the runtime folder, except its log. */
export function forgetBoard(name: string): void {
  const files = boardFiles(name);
  for (const file of [files.entry, files.socket, files.tool, files.time, files.console, files.claim]) rmSync(file, { force: true });
}

/** The boards whose process runs, by name. Entries of boards that died are removed on the way. */
export function runningBoards(): BoardEntry[] {
  return registered().running;
}

/** Those of other versions, by name. */
export function strangeBoards(): StrangeBoard[] {
  return registered().strange;
}

function registered(): { readonly running: BoardEntry[]; readonly strange: StrangeBoard[] } {
  const found: ReturnType<typeof registered> = { running: [], strange: [] };
  const folder = join(runtimeFolder(), 'boards');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return found;
  }
  for (const file of names.filter((name) => name.endsWith('.json')).sort()) {
    const entry = readFile(join(folder, file));
    const known = isEntry(entry);
    if (!(known || isStrange(entry)) || `${entry.name}.json` !== file || !isAlive(entry.pid, entry.birth)) forgetBoard(file.slice(0, -'.json'.length));
    else if (known) found.running.push(entry);
    else found.strange.push({ name: entry.name, pid: entry.pid, ...(entry.birth === undefined ? {} : { birth: entry.birth }) });
  }
  return found;
}
