import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kit } from './types.js';

/** A kit that the build has read and checked, with the SHA-256 of each file it came from. */
interface BuiltKit {
  readonly sources: Readonly<Record<string, string>>;
  readonly kit: Kit;
}

/** Two folders above the built code; beside the sources there is no such file. */
const shipped = fileURLToPath(new URL('../../kits.json', import.meta.url));

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** A shipped kit as the build has checked it, as long as none of its files was changed since; it spares a third of a second of YAML and schemas. */
export function builtKit(boards: string, name: string): Kit | undefined {
  return kitFrom(shipped, boards, name);
}

/** The same from a file of the build. */
export function kitFrom(file: string, boards: string, name: string): Kit | undefined {
  try {
    const built = (JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, BuiltKit>>)[name];
    if (built === undefined) return undefined;
    return Object.entries(built.sources).every(([source, wanted]) => digest(join(boards, source)) === wanted) ? built.kit : undefined;
  } catch {
    return undefined;
  }
}

/** What `builtKit` reads. */
export function describeBuiltKits(boards: string, kits: readonly Kit[]): string {
  const entry = (kit: Kit): BuiltKit => ({
    sources: Object.fromEntries([`kits/${kit.id}.yaml`, `devices/${kit.device.id}.yaml`, 'schema/kit.schema.json', 'schema/device.schema.json'].map((source) => [source, digest(join(boards, source))])),
    kit,
  });
  return JSON.stringify(Object.fromEntries(kits.map((kit) => [kit.id, entry(kit)]))) + '\n';
}
