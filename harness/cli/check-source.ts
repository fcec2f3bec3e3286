import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { findingOf, isProjectName, linkerScriptMissing, readProject } from '../app-check/index.js';
import type { ProjectConfiguration } from '../app-check/index.js';
import { HarnessError, isHarnessError } from '../errors/index.js';
import type { CheckedSubject } from './check-arguments.js';

const limits = { depth: 12, entries: 400_000, projects: 5000, bytes: 8 << 20 } as const;
const skipped = new Set(['node_modules', '.git', 'Debug', 'Release', 'build']);

/**
 * Finds the projects below a folder and checks the linker script of each of their configurations; one that several name is checked once.
 * @throws HarnessError `source-folder` (usage): no folder, or no project in it
 */
export function checkSource(folder: string, check: (file: string) => CheckedSubject, configuration: CheckedSubject['configuration']): readonly CheckedSubject[] {
  const projects = findProjects(folder);
  if (projects.length === 0) throw new HarnessError({ code: 'source-folder', kind: 'usage', message: `there is no project of STM32CubeIDE, EWARM, MDK-ARM or CMake in ${folder}`, nextStep: 'name the folder of the application, or its linker script' });
  const subjects = new Map<string, CheckedSubject>();
  for (const project of projects) {
    for (const found of configurationsOf(project)) {
      const wanted = resolve(dirname(project), found.script);
      const title = `${found.tool}${found.name === '' ? '' : ` ${found.name}`} (${relative(folder, project)})`;
      const there = existing(wanted);
      // A CMake file may name scripts of its own making, and so may a step before the build.
      if (there === undefined || there !== wanted) {
        if ((found.tool === 'CMake' || found.made === true) && there === undefined) continue;
        subjects.set(`${project} ${found.name}`, missing(project, found, there, title, configuration));
      }
      if (there === undefined) continue;
      const known = subjects.get(there);
      subjects.set(there, known === undefined ? checked(there, check, title, configuration) : { ...known, notes: [...known.notes, `also ${title}`] });
    }
  }
  return [...subjects.values()];
}

function findProjects(folder: string): readonly string[] {
  const found: string[] = [];
  let entries = 0;
  const walk = (path: string, depth: number): void => {
    if (depth > limits.depth || found.length >= limits.projects) return;
    let names;
    try {
      names = readdirSync(path, { withFileTypes: true });
    } catch (cause) {
      if (depth === 0) throw new HarnessError({ code: 'source-folder', kind: 'usage', message: `cannot read the folder ${path}`, nextStep: 'check the path', cause });
      return;
    }
    for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (++entries > limits.entries) return;
      if (entry.isDirectory() && !skipped.has(entry.name)) walk(join(path, entry.name), depth + 1);
      else if (entry.isFile() && isProjectName(entry.name)) found.push(join(path, entry.name));
    }
  };
  walk(resolve(folder), 0);
  return found;
}

function configurationsOf(project: string): readonly ProjectConfiguration[] {
  if (statSync(project).size > limits.bytes) return [];
  return readProject(basename(project), readFileSync(project, 'latin1')).filter(({ script }) => script !== '' && !script.includes('$'));
}

/** The path as it is on the disk, where a file has that name or one that differs in case alone. */
function existing(path: string): string | undefined {
  try {
    const names = readdirSync(dirname(path));
    const name = names.includes(basename(path)) ? basename(path) : names.find((each) => each.toLowerCase() === basename(path).toLowerCase());
    return name === undefined ? undefined : join(dirname(path), name);
  } catch {
    return undefined;
  }
}

function missing(project: string, { script, line }: ProjectConfiguration, there: string | undefined, title: string, configuration: CheckedSubject['configuration']): CheckedSubject {
  const found = there === undefined ? 'no such file' : `${basename(there)}, another name where case counts`;
  const finding = findingOf(linkerScriptMissing, { expected: script, found, place: { file: project, line }, ...(there === undefined ? {} : { severity: 'warning' as const }) });
  return { name: project, configuration, notes: [title], report: { findings: [finding], verdict: there === undefined ? 'failed' : 'ok' } };
}

function checked(path: string, check: (file: string) => CheckedSubject, title: string, configuration: CheckedSubject['configuration']): CheckedSubject {
  try {
    const subject = check(path);
    return { ...subject, notes: [title, ...subject.notes] };
  } catch (error) {
    // One script that cannot be read does not hide the others.
    if (!isHarnessError(error)) throw error;
    const finding = findingOf(linkerScriptMissing, { severity: 'warning', expected: 'a linker script that can be read', found: error.message });
    return { name: path, configuration, notes: [title], report: { findings: [finding], verdict: 'ok' } };
  }
}
