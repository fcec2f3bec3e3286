import { realpathSync } from 'node:fs';
import { posix } from 'node:path';
import type { Mistake, Path } from '../../board/index.js';
import { listKits, loadKit } from '../../board/index.js';
import { sameSerialNumber } from '../serial-number.js';
import { coverable } from './configurations.js';
import type { LabRotBinary } from './types.js';
import type { BenchAsWritten, LabAsWritten } from './written.js';

const keysOfBuild = ['bootPath', 'mode', 'exec'] as const;

/** What no schema can say: two benches that are one, a build that two configurations claim, a cover that the kit has nothing of. */
export function findContradictions({ defaults, benches }: LabAsWritten): Mistake[] {
  const found: Mistake[] = [];
  const note = (path: Path, message: string, nextStep: string): void => void found.push({ path, keyword: 'contradiction', message, nextStep });
  const twin = <T>(index: number, of: (bench: BenchAsWritten) => T | undefined, same: (one: T, other: T) => boolean): number => {
    const own = of(benches[index]!);
    if (own === undefined) return -1;
    return benches.slice(0, index).findIndex((other) => {
      const its = of(other);
      return its !== undefined && same(own, its);
    });
  };
  benches.forEach((bench, index) => {
    const at = (...rest: (string | number)[]): Path => ['benches', index, ...rest];
    const earlier = (key: string, which: number): string => `${at(key).join('.')} is that of benches.${which} (${benches[which]!.name})`;

    const name = twin(index, (one) => one.name, (one, other) => one.toLowerCase() === other.toLowerCase());
    if (name >= 0) note(at('name'), earlier('name', name), 'give each bench a name of its own');
    if (listKits().includes(bench.name.toLowerCase())) note(at('name'), `${at('name').join('.')}: "${bench.name}" is the name of a kit`, 'give the bench a name of its own: a kit name stands for a fresh virtual board');
    const probe = twin(index, (one) => one.probe?.sn, sameSerialNumber);
    if (probe >= 0) note(at('probe', 'sn'), earlier('probe.sn', probe), 'one probe is on one board: correct one of them');
    const port = twin(index, (one) => one.console?.path, samePort);
    if (port >= 0) note(at('console', 'path'), earlier('console.path', port), 'one serial port is on one board: correct one of them');

    const kit = loadKit(bench.kit ?? defaults!.kit!);
    const cover = bench.cover ?? defaults?.cover ?? {};
    if (coverable(kit, { bootPaths: cover.bootPaths ?? ['oemirot'], modes: cover.modes ?? ['overwrite'], execs: cover.execs ?? [] }).length === 0) {
      const known = Object.entries(kit.bootPaths).flatMap(([path, { layouts }]) => layouts.flatMap(({ exec, modes }) => modes.map((mode) => `${path}/${mode}/${exec}`)));
      note(bench.cover === undefined ? at() : at('cover'), `${at('cover').join('.')}: ${kit.id} has none of these combinations`, `it has ${known.join(', ')}`);
    }
    ambiguous(bench.rot ?? []).forEach(([one, other]) => note(at('rot', other), `${at('rot', other).join('.')} is for the same configurations as rot.${one}`, 'name bootPath, mode or exec in one of them'));
  });
  ambiguous(defaults?.rot ?? []).forEach(([one, other]) => note(['defaults', 'rot', other], `defaults.rot.${other} is for the same configurations as rot.${one}`, 'name bootPath, mode or exec in one of them'));
  return found;
}

/** Whether two names mean one serial port: `COM7` in any case, a path however it is written, a link and what it leads to. */
function samePort(one: string, other: string): boolean {
  const plain = (name: string): string => {
    if (!/[/\\]/.test(name)) return name.toLowerCase();
    const path = posix.normalize(name);
    try {
      return realpathSync(path);
    } catch {
      return path; // not attached to this machine now
    }
  };
  return plain(one) === plain(other);
}

/** Pairs of builds of which one configuration could take either. */
function ambiguous(builds: readonly LabRotBinary[]): [number, number][] {
  return builds.flatMap((build, index) =>
    builds.slice(0, index).flatMap((other, earlier): [number, number][] => {
      const overlap = keysOfBuild.every((key) => build[key] === undefined || other[key] === undefined || build[key] === other[key]);
      const named = (one: LabRotBinary): number => keysOfBuild.filter((key) => one[key] !== undefined).length;
      return overlap && named(build) === named(other) ? [[earlier, index]] : [];
    }),
  );
}
