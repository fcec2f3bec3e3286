import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptScript, applicationFromScript, bootSurroundings, cubeFiles, edited, readScript, unifiedDiff } from '../app-check/index.js';
import type { BootSurroundings } from '../app-check/index.js';
import { loadKit } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { Address } from '../units/index.js';
import type { AdaptArguments } from './adapt-arguments.js';
import type { FoundProject } from './adapt-cube.js';
import { configurationFor, rotLayoutOf } from './check-configuration.js';
import { protectionAfterBoot } from '../rot/protection-after-boot.js';

/** A file with what was or would be changed in it. */
export interface AdaptedFile {
  readonly path: string;
  readonly changes: readonly string[];
  /** What was not found in it. */
  readonly notes: readonly string[];
  /** Unified; '' for no change. */
  readonly diff: string;
}

interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly changes: readonly string[];
  readonly notes: readonly string[];
}

/** @throws HarnessError (usage): a file that cannot be read, written or adapted; then nothing is written at all */
export async function runAdapt(scripts: readonly string[], args: AdaptArguments): Promise<readonly AdaptedFile[]> {
  if (scripts.length === 0 && args.snippets !== true && args.project === undefined) {
    throw new HarnessError({ code: 'adapt-what', kind: 'usage', message: 'there is nothing to adapt', nextStep: 'name linker scripts, a project of a Cube package with --project, or ask for --snippets' });
  }
  const kit = loadKit(args.kit);
  const rot = await rotLayoutOf(kit, args.rotConfig);
  const project = args.project === undefined ? undefined : (await import('./adapt-cube.js')).findCubeProject(args.project);
  const surroundings = (vectors: Address | undefined): BootSurroundings => {
    const configuration = configurationFor(kit, vectors, args, rot);
    return bootSurroundings(kit, configuration, protectionAfterBoot(kit, configuration, 'current'));
  };
  const changed = [...scripts, ...(project?.scripts ?? [])].map((path): Change => {
    const before = readText(path);
    const vectors = applicationFromScript(readScript(before, path)).extents.find(({ role }) => role === 'vectors')?.base;
    const { text: after, changes } = adaptScript(before, path, surroundings(vectors));
    return { path, before, after, changes, notes: [] };
  });
  if (project !== undefined) changed.push(...packageFiles(project, surroundings(undefined)));
  if (args.dryRun !== true) for (const { path, before, after } of changed) if (after !== before) writeWhole(path, after);
  return changed.map(({ path, before, after, changes, notes }) => ({ path, changes, notes, diff: unifiedDiff(before, after, path) }));
}

/** The files of the package around a project, as far as it has them. */
function packageFiles({ board, project }: FoundProject, boot: BootSurroundings): readonly Change[] {
  const files = cubeFiles(project, boot).filter(({ path }) => existsSync(join(board, path)));
  if (!files.some(({ path }) => path.endsWith('.xml'))) {
    throw new HarnessError({ code: 'cube-project', kind: 'usage', message: `${board} has no image file for boot path ${boot.bootPath} in ROT_Provisioning`, nextStep: 'choose another --boot-path, or adapt the linker scripts alone' });
  }
  return files.map(({ path, edits }): Change => {
    const before = readText(join(board, path));
    const { text: after, changes, missing } = edited(before, edits);
    return { path: join(board, path), before, after, changes, notes: missing.length === 0 ? [] : [`has no ${missing.join(', ')}`] };
  });
}

/** Bytes as Latin-1: what is not changed stays as it is, whatever its encoding. */
function readText(path: string): string {
  try {
    if (statSync(path).size > 4 << 20) throw new Error('it is too large');
    return readFileSync(path, 'latin1');
  } catch (cause) {
    throw new HarnessError({ code: 'file-unreadable', kind: 'usage', message: `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, nextStep: 'check the path', cause });
  }
}

/** Replaces a file in one step, its permissions kept. */
function writeWhole(path: string, text: string): void {
  try {
    const next = `${path}.rot-hil-new`;
    writeFileSync(next, text, { encoding: 'latin1', mode: statSync(path).mode });
    renameSync(next, path);
  } catch (cause) {
    throw new HarnessError({ code: 'file-unwritable', kind: 'usage', message: `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, nextStep: 'check the folder and its permissions', cause });
  }
}
