import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';
import { HarnessError } from '../errors/index.js';
import { builtKit } from './built-kits.js';
import { builtSchema } from './built-schemas.js';
import { checkKit } from './check-kit.js';
import { nearest } from './nearest.js';
import { compileSchema } from './schema-compiler.js';
import type { Device, Kit } from './types.js';
import { YamlFile } from './yaml-file.js';

/** Where board data is read from. */
export interface BoardDataOptions {
  /** A folder with `devices/` and `kits/`; default: the one that ships with this package. */
  readonly folder?: string;
}

let shippedFolder: string | undefined;
const schemas = new Map<string, ValidateFunction>();
const shippedKits = new Map<string, Kit>();

/**
 * The folder with the shipped data: sources lie two folders below the package root, the build three.
 * @throws HarnessError `board-data-missing` (usage) when the package is not whole
 */
function shipped(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; shippedFolder === undefined && level < 5; level++, folder = dirname(folder)) {
    if (existsSync(join(folder, 'boards', 'schema', 'kit.schema.json'))) shippedFolder = join(folder, 'boards');
  }
  if (shippedFolder !== undefined) return shippedFolder;
  throw new HarnessError({
    code: 'board-data-missing',
    kind: 'usage',
    message: 'the folder boards/ of rot-hil is missing',
    nextStep: 'install the package again',
  });
}

/** The shipped schema of a kind of file, compiled. */
export function boardSchema(name: 'device' | 'kit' | 'lab'): ValidateFunction {
  let compiled = schemas.get(name);
  if (compiled === undefined) {
    const schema = readFileSync(join(shipped(), 'schema', `${name}.schema.json`), 'utf8');
    compiled = builtSchema(name, schema) ?? compileSchema(JSON.parse(schema) as object);
    schemas.set(name, compiled);
  }
  return compiled;
}

function listIds(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

function unknownName(what: string, id: string, known: readonly string[]): HarnessError {
  const guess = nearest(id, known);
  return new HarnessError({
    code: `unknown-${what}`,
    kind: 'usage',
    message: `there is no ${what} "${id.slice(0, 80)}"`,
    nextStep: `${guess === undefined ? '' : `did you mean ${guess}? `}known: ${known.join(', ')}`,
    fields: { known: [...known] },
  });
}

/** Ids of the kits, sorted. */
export function listKits(options: BoardDataOptions = {}): string[] {
  return listIds(join(options.folder ?? shipped(), 'kits'));
}

/**
 * A microcontroller by id, compared without case.
 * @throws HarnessError `unknown-device`, `board-file` (usage)
 */
export function loadDevice(id: string, options: BoardDataOptions = {}): Device {
  const folder = join(options.folder ?? shipped(), 'devices');
  const known = listIds(folder);
  const name = known.find((candidate) => candidate.toLowerCase() === id.toLowerCase());
  if (name === undefined) throw unknownName('device', id, known);
  return YamlFile.read(join(folder, `${name}.yaml`)).validate(boardSchema('device')) as Device;
}

/**
 * A board model by id, compared without case, with its device.
 * @throws HarnessError `unknown-kit`, `unknown-device`, `board-file` (usage): the latter names file, line and, for an unknown key, the nearest known one
 */
export function loadKit(id: string, options: BoardDataOptions = {}): Kit {
  const folder = options.folder ?? shipped();
  const known = listKits(options);
  const name = known.find((candidate) => candidate.toLowerCase() === id.toLowerCase());
  if (name === undefined) throw unknownName('kit', id, known);
  const cached = options.folder === undefined ? shippedKits.get(name) : undefined;
  if (cached !== undefined) return cached;
  const built = options.folder === undefined ? builtKit(folder, name) : undefined;
  if (built !== undefined) {
    shippedKits.set(name, built);
    return built;
  }
  const file = YamlFile.read(join(folder, 'kits', `${name}.yaml`));
  const raw = file.validate(boardSchema('kit')) as Omit<Kit, 'device'> & { device: string };
  let device: Device;
  try {
    device = loadDevice(raw.device, options);
  } catch (cause) {
    if (cause instanceof HarnessError && cause.code === 'unknown-device') throw file.error(['device'], cause.message, cause.nextStep);
    throw cause;
  }
  const kit: Kit = { ...raw, device };
  checkKit(kit, file);
  if (options.folder === undefined) shippedKits.set(name, kit);
  return kit;
}
