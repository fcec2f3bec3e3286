import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What must not know whether a board is real. */
const blind = ['suites', 'harness/session', 'harness/provisioning', 'harness/programmer', 'harness/console'];
const hidden = /^harness\/(emulator|rot|virtual-board)\//;
/** What explains a fault of any board: reading instructions, and the MPU table that the root of trust leaves. Neither knows of boards; of rot/ it is these files and no more. */
const disassembly = 'harness/emulator/disassembly/index.ts';
const explaining = [disassembly, 'harness/rot/protection-after-boot.ts', 'harness/rot/mpu-table.ts'];

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/** Modules that a module names, types included: static, dynamic and re-exports. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)].map((match) => match[1]);
}

function target(file: string, specifier: string): string | undefined {
  if (specifier === 'rot-hil') return 'harness/index.ts';
  if (!specifier.startsWith('.')) return undefined;
  return relative(root, resolve(join(root, dirname(file)), specifier)).replaceAll('\\', '/').replace(/\.js$/, '.ts');
}

/** The way from a file to a hidden room, if there is one. */
function wayToHidden(start: string, importsOfFile: (file: string) => string[] = importsOf): string[] | undefined {
  const from = new Map<string, string | undefined>([[start, undefined]]);
  for (const file of from.keys()) {
    if (file === disassembly) continue;
    if (hidden.test(file) && !explaining.includes(file)) {
      const way: string[] = [];
      for (let at: string | undefined = file; at !== undefined; at = from.get(at)) way.unshift(at);
      return way;
    }
    for (const specifier of importsOfFile(file)) {
      const next = target(file, specifier);
      if (next !== undefined && !from.has(next)) from.set(next, file);
    }
  }
  return undefined;
}

describe('the harness cannot tell whether a board is real', () => {
  it.each(blind)('%s → holds source files', (folder) => {
    expect(files(folder).filter((file) => file.endsWith('.ts')).length).toBeGreaterThan(2);
  });

  it.each(blind)('%s → nothing in it says so', (folder) => {
    const sayings = files(folder).filter((file) => /virtual|emulat/i.test(file) || /virtual|emulat/i.test(readFileSync(join(root, file), 'utf8').replaceAll('../emulator/disassembly/index.js', '')));
    expect(sayings).toEqual([]);
  });

  it.each(blind)('%s → no import of it leads to the emulator, the model or virtual-board/, over any number of steps', (folder) => {
    const ways = files(folder)
      .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|\/testing\//.test(file))
      .map((file) => wayToHidden(file))
      .filter((way) => way !== undefined);
    expect(ways).toEqual([]);
  });

  it('an import that does lead there, two steps away → found, with its way', () => {
    const graph: Record<string, string[]> = {
      'harness/session/a.ts': ['./b.js'],
      'harness/session/b.ts': ['../board/index.js', '../rot/index.js', '../virtual-board/index.js'],
    };
    const way = (): string[] | undefined => wayToHidden('harness/session/a.ts', (file) => graph[file] ?? []);
    expect(way()).toEqual(['harness/session/a.ts', 'harness/session/b.ts', 'harness/rot/index.ts']);
    graph['harness/session/b.ts'] = ['../rot/protection-after-boot.js', '../emulator/disassembly/index.js'];
    expect(way()).toBeUndefined();
    graph['harness/rot/protection-after-boot.ts'] = ['./oemirot.js'];
    expect(way()).toEqual(['harness/session/a.ts', 'harness/session/b.ts', 'harness/rot/protection-after-boot.ts', 'harness/rot/oemirot.ts']);
  });
});
