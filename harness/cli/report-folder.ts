import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HarnessError } from '../errors/index.js';

/**
 * Makes the folder for reports and proves that a run can write there, before anything is started for it.
 * @param folder absolute
 * @throws HarnessError `report-folder` (usage)
 */
export function prepareReportFolder(folder: string): void {
  try {
    makeFolder(folder);
    rmdirSync(mkdtempSync(join(folder, '.writable-')));
    if (isFolder(join(folder, 'junit.xml'))) throw new Error('its junit.xml is a folder');
  } catch (cause) {
    throw new HarnessError({
      code: 'report-folder',
      kind: 'usage',
      message: `reports cannot be written to ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`,
      nextStep: 'name a folder that you may write to with --report',
      cause,
    });
  }
}

/** Makes a folder of its own for a run: `20260102-030405-<board>`, numbered where that is taken. */
export function newRunFolder(reports: string, at: Date, board: string): { name: string; path: string } {
  const stamp = at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const base = `${stamp}-${board.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60)}`;
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    const path = join(reports, name);
    try {
      // Whoever creates it has it: two runs may start in the same second.
      mkdirSync(path);
      return { name, path };
    } catch (error) {
      if (!existsSync(path)) throw error;
    }
  }
}

/** Level by level: Node's own recursive mkdir never returns where the system has no folder to give, as below /proc. */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
