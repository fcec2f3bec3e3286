import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ideFolders, isScriptName } from '../app-check/index.js';
import type { CubeProject } from '../app-check/index.js';
import { HarnessError } from '../errors/index.js';

/** An application in a Cube package, found on the disk. */
export interface FoundProject {
  /** `Projects/<board>`, which holds ROT_Provisioning. */
  readonly board: string;
  readonly project: CubeProject;
  /** Linker scripts beside its IDE projects. */
  readonly scripts: readonly string[];
}

const highest = 12;

/**
 * Finds the package around an application's folder, which may be named by its own (`…/OEMiROT_Appli`) or by that of its sources (`…/OEMiROT_Appli/Appli`).
 * @throws HarnessError `cube-project` (usage)
 */
export function findCubeProject(folder: string): FoundProject {
  const given = resolve(folder);
  const refuse = (what: string): HarnessError =>
    new HarnessError({ code: 'cube-project', kind: 'usage', message: `${folder} ${what}`, nextStep: "name the application's folder in a package like STM32CubeH7RS: Projects/<board>/Applications/ROT/OEMiROT_Appli" });
  if (!isFolder(given)) throw refuse('is no folder');
  let board = given;
  for (let level = 0; !isFolder(join(board, 'ROT_Provisioning')); level++) {
    if (level === highest || dirname(board) === board) throw refuse('lies in no package: no folder above it holds ROT_Provisioning');
    board = dirname(board);
  }
  const template = basename(given) === 'Appli' || (isFolder(join(given, 'Appli')) && !existsSync(join(given, 'Inc')));
  const root = template && basename(given) !== 'Appli' ? join(given, 'Appli') : given;
  const application = relative(board, root).split(sep).join('/');
  if (application === '' || !isFolder(join(root, 'Src'))) throw refuse('is no application: it has no Src');
  const project = { application, template };
  const scripts = ideFolders(application, template).flatMap((ide) => list(join(board, ide)).filter(isScriptName).map((name) => join(board, ide, name)));
  return { board, project, scripts };
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function list(path: string): readonly string[] {
  return isFolder(path) ? readdirSync(path).sort() : [];
}
