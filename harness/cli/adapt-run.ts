import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { adaptScript, applicationFromScript, bootSurroundings, readScript, unifiedDiff } from '../app-check/index.js';
import { loadKit } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { AdaptArguments } from './adapt-arguments.js';
import { configurationFor, rotLayoutOf } from './check-configuration.js';
import { protectionAfterBoot } from '../rot/protection-after-boot.js';

/** A file with what was or would be changed in it. */
export interface AdaptedFile {
  readonly path: string;
  readonly changes: readonly string[];
  /** Unified; '' for no change. */
  readonly diff: string;
}

/** @throws HarnessError (usage): a file that cannot be read, written or adapted; then nothing is written at all */
export async function runAdapt(scripts: readonly string[], args: AdaptArguments): Promise<readonly AdaptedFile[]> {
  if (scripts.length === 0 && args.snippets !== true) {
    throw new HarnessError({ code: 'adapt-what', kind: 'usage', message: 'there is nothing to adapt', nextStep: 'name linker scripts, or ask for --snippets' });
  }
  const kit = loadKit(args.kit);
  const rot = await rotLayoutOf(kit, args.rotConfig);
  const edited: { path: string; before: string; after: string; changes: readonly string[] }[] = [];
  for (const path of scripts) {
    const before = readText(path);
    const vectors = applicationFromScript(readScript(before, path)).extents.find(({ role }) => role === 'vectors')?.base;
    const configuration = configurationFor(kit, vectors, args, rot);
    const { text: after, changes } = adaptScript(before, path, bootSurroundings(kit, configuration, protectionAfterBoot(kit, configuration, 'current')));
    edited.push({ path, before, after, changes });
  }
  if (args.dryRun !== true) for (const { path, before, after } of edited) if (after !== before) writeWhole(path, after);
  return edited.map(({ path, before, after, changes }) => ({ path, changes, diff: unifiedDiff(before, after, path) }));
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
