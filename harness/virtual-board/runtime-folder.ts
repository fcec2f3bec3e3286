import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../errors/index.js';
import { probeSerialNumber } from './serial-number.js';

/** Where the running boards of this user are registered: `$ROT_HIL_RUNTIME_DIR`, else a folder of this user's own under the temporary folder. */
export function runtimeFolder(): string {
  const given = process.env['ROT_HIL_RUNTIME_DIR'];
  if (given !== undefined && given !== '') return resolve(given);
  return join(tmpdir(), `rot-hil-${process.getuid?.() ?? process.env['USERNAME'] ?? 'user'}`);
}

/**
 * Makes the runtime folder and its `boards/`, mode 0700, and refuses a folder that somebody else could have put there.
 * @throws HarnessError `runtime-folder` (usage)
 */
export function prepareRuntimeFolder(): string {
  const folder = runtimeFolder();
  const boards = join(folder, 'boards');
  try {
    mkdirSync(boards, { recursive: true, mode: 0o700 });
    const seen = lstatSync(folder);
    const uid = process.getuid?.();
    if (!seen.isDirectory() || (uid !== undefined && seen.uid !== uid)) throw new Error('it belongs to another user or is no folder');
  } catch (cause) {
    throw new HarnessError({
      code: 'runtime-folder',
      kind: 'usage',
      message: `the runtime folder ${folder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      nextStep: 'set ROT_HIL_RUNTIME_DIR to a folder of your own',
      fields: { folder },
      cause,
    });
  }
  return folder;
}

/** The files of one board inside the runtime folder. */
export interface BoardFiles {
  /** The registry entry, present while the board answers. */
  readonly entry: string;
  /** The probe socket. */
  readonly socket: string;
  /** The socket for whole calls of the tool; by the probe's serial number, so that a caller finds it without reading entries. */
  readonly tool: string;
  /** The console's serial port by a name that stays, as in /dev/serial/by-id: a link to the port that it is now. */
  readonly console: string;
  /** The board's own time: board-clock.ts. */
  readonly time: string;
  /** What the board process has to say; kept after its end. */
  readonly log: string;
  /** Held while a board of this name is being started or is running. */
  readonly claim: string;
}

export function boardFiles(name: string, folder = runtimeFolder()): BoardFiles {
  const at = (extension: string, file = name): string => join(folder, 'boards', `${file}.${extension}`);
  return { entry: at('json'), socket: at('sock'), tool: at('tool', probeSerialNumber(name)), console: at('tty'), time: at('time'), log: at('log'), claim: at('claim') };
}
