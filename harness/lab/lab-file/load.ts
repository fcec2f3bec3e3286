import { basename, dirname, isAbsolute, resolve } from 'node:path';
import type { Mistake, Path } from '../../board/index.js';
import { boardSchema, listKits, loadKit, nearest, YamlFile } from '../../board/index.js';
import { HarnessError, isHarnessError } from '../../errors/index.js';
import { findContradictions } from './contradictions.js';
import type { LabBench, LabFile, LabKeys, SecretReference } from './types.js';
import type { BenchAsWritten, LabAsWritten } from './written.js';

/** ST's provisioning scripts: env.sh, `br=921600`. */
const bootLoaderBaudRate = 921_600;
/** Mistakes told at once: enough to correct a file in one go. */
const maxMistakes = 30;

/**
 * Reads a lab file.
 * @throws HarnessError `lab-file` (usage) with every mistake, each with its line; an unknown key with the nearest known one. No value of a secret is ever repeated in it
 */
export function loadLabFile(path: string): LabFile {
  const absolute = resolve(path);
  let file: YamlFile;
  let value: unknown;
  let mistakes: readonly Mistake[];
  try {
    file = YamlFile.read(path);
    ({ value, mistakes } = file.checkAgainst(boardSchema('lab')));
  } catch (error) {
    if (!isHarnessError(error) || error.code !== 'board-file') throw error;
    throw new HarnessError({ code: 'lab-file', kind: 'usage', message: error.message, nextStep: error.nextStep, fields: error.fields, cause: error });
  }
  if (mistakes.length > 0) throw mistaken(file, plainly(mistakes));
  const written = value as LabAsWritten;
  const unknownKits = kitMistakes(written);
  if (unknownKits.length > 0) throw mistaken(file, unknownKits);
  const contradictions = findContradictions(written);
  if (contradictions.length > 0) throw mistaken(file, contradictions);
  return labOf(absolute, file, written);
}

function labOf(path: string, file: YamlFile, written: LabAsWritten): LabFile {
  const folder = dirname(path);
  const { nightly = {}, leases } = written;
  return {
    path,
    name: written.name ?? basename(path).replace(/(\.lab)?\.ya?ml$/i, ''),
    ...(leases === undefined ? {} : { leases: resolve(folder, leases) }),
    nightly: {
      retries: 1,
      quarantineAfter: 3,
      repeat: 1,
      ...nightly,
      ...(nightly.suites === undefined ? {} : { suites: nightly.suites.map((suite) => suiteAt(folder, suite)) }),
    },
    benches: written.benches.map((bench, index) => benchOf(folder, { ...written.defaults, ...bench }, file.lineOf(['benches', index]))),
  };
}

function benchOf(folder: string, bench: BenchAsWritten, line: number): LabBench {
  const kit = loadKit(bench.kit!);
  const at = (path: string): string => resolve(folder, path);
  const cover = bench.cover ?? {};
  const common = {
    name: bench.name,
    kit: kit.id,
    line,
    bootLoader: { baudRate: bootLoaderBaudRate, ...bench.bootLoader },
    loaders: Object.fromEntries(Object.entries(bench.loaders ?? {}).map(([which, loader]) => [which, /[/\\]/.test(loader) ? at(loader) : loader])),
    permissions: { productStates: [], locked: false, ...bench.permissions },
    keys: keysAt(at, bench.keys ?? {}),
    rot: (bench.rot ?? []).map((build) => ({ ...build, file: at(build.file), ...(build.secondStage === undefined ? {} : { secondStage: at(build.secondStage) }) })),
    ...(bench.app === undefined ? {} : { app: { ...bench.app, file: at(bench.app.file) } }),
    cover: {
      bootPaths: cover.bootPaths ?? ['oemirot'],
      modes: cover.modes ?? ['overwrite'],
      execs: cover.execs ?? [],
      ...(cover.suites === undefined ? {} : { suites: cover.suites.map((suite) => suiteAt(folder, suite)) }),
    },
    tags: bench.tags ?? [],
  };
  if (bench.virtual === true) return { ...common, virtual: true, seed: bench.seed ?? 1 };
  return {
    ...common,
    virtual: false,
    probeSn: bench.probe!.sn,
    console: { baudRate: kit.console.baudRate, ...bench.console!, path: portAt(folder, bench.console!.path) },
    ...(bench.tool === undefined ? {} : { tool: at(bench.tool) }),
    ...(bench.powerSwitch === undefined ? {} : { powerSwitch: bench.powerSwitch }),
    ...(bench.powerCycle === undefined ? {} : { powerCycle: bench.powerCycle }),
  };
}

function keysAt(at: (path: string) => string, keys: LabKeys): LabKeys {
  const secret = (reference: SecretReference): SecretReference => ('file' in reference ? { file: at(reference.file) } : reference);
  const { authentication, encryption, debugAuthentication: access } = keys;
  return {
    ...(authentication === undefined ? {} : { authentication: secret(authentication) }),
    ...(encryption === undefined ? {} : { encryption: secret(encryption) }),
    ...(access === undefined
      ? {}
      : {
          debugAuthentication: {
            ...(access.key === undefined ? {} : { key: secret(access.key) }),
            ...(access.chain === undefined ? {} : { chain: at(access.chain) }),
            ...(access.password === undefined ? {} : { password: secret(access.password) }),
          },
        }),
  };
}

/** A shipped suite by its name, or a file by its path. */
const suiteAt = (folder: string, suite: string): string => (/[/\\]|\.ts$/.test(suite) ? resolve(folder, suite) : suite);

/** `COM7` is no file; a port that is one has an absolute path, or stands beside the lab file. */
const portAt = (folder: string, port: string): string => (isAbsolute(port) || !port.includes('/') ? port : resolve(folder, port));

function kitMistakes({ defaults, benches }: LabAsWritten): Mistake[] {
  const known = listKits();
  const unknown = (kit: string | undefined, path: Path): Mistake[] => {
    if (kit === undefined || known.includes(kit.toLowerCase())) return [];
    const guess = nearest(kit, known);
    return [{ path, keyword: 'kit', message: `${path.join('.')}: there is no kit "${kit.slice(0, 80)}"`, nextStep: `${guess === undefined ? '' : `did you mean ${guess}? `}known: ${known.join(', ')}` }];
  };
  return [
    ...unknown(defaults?.kit, ['defaults', 'kit']),
    ...benches.flatMap(({ kit }, index) => unknown(kit, ['benches', index, 'kit'])),
    ...benches.flatMap(({ kit, name }, index): Mistake[] =>
      kit === undefined && defaults?.kit === undefined ? [{ path: ['benches', index], keyword: 'kit', message: `benches.${index} (${name}) has no kit`, nextStep: `add kit: ${known.join(' or ')}` }] : [],
    ),
  ];
}

/** What the schema says, as its reader needs it. */
function plainly(mistakes: readonly Mistake[]): Mistake[] {
  const unknownAt = (path: Path): boolean => mistakes.some((one) => one.keyword === 'additionalProperties' && one.path.slice(0, -1).join('.') === path.join('.'));
  const unclear = mistakes.filter(({ path, keyword }) => keyword === 'type' && path.at(-1) === 'virtual').map(({ path }) => path.slice(0, -1).join('.'));
  return mistakes
    // What a bench lacks depends on whether it is virtual.
    .filter(({ keyword, path }) => !((keyword === 'required' || keyword === 'false schema') && unclear.some((bench) => path.join('.') === bench || path.slice(0, -1).join('.') === bench)))
    // A key that is missing because it is misspelt is told once.
    .filter(({ keyword, path, message }) => !(keyword === 'required' && unknownAt(path) && mistakes.some(({ nextStep }) => nextStep.includes(`"${/property '([^']+)'/.exec(message)?.[1] ?? ''}"`))))
    .map((mistake) => {
      const secretAt = mistake.path.indexOf('keys');
      if (secretAt >= 0 && mistake.keyword === 'type') return { ...mistake, message: `${mistake.path.join('.')}: a key or password does not stand in a lab file`, nextStep: 'name a file that only its owner may read, { file: … }, or an environment variable, { env: … }' };
      if (mistake.keyword === 'type' && mistake.path.at(-1) === 'virtual') return { ...mistake, nextStep: 'write true or false, without quotes' };
      // A serial number of digits alone is a number in YAML, and one with an E among them too.
      if (mistake.keyword === 'type' && mistake.message.includes('must be string')) return { ...mistake, nextStep: 'put it in quotes' };
      if (mistake.keyword === 'enum' && mistake.path.includes('productStates')) return { ...mistake, nextStep: 'LOCKED is permitted by `locked: true`; OPEN needs no permission' };
      if (mistake.keyword === 'false schema') {
        const key = String(mistake.path.at(-1));
        return { ...mistake, message: `${mistake.path.join('.')}: ${key === 'seed' ? 'only a virtual board has a seed' : `a virtual board brings its own ${key}`}` };
      }
      return mistake;
    });
}

function mistaken(file: YamlFile, mistakes: readonly Mistake[]): HarnessError {
  const told = mistakes
    .map((mistake) => ({ ...mistake, line: file.lineOf(mistake.path) }))
    .sort((a, b) => a.line - b.line)
    .slice(0, maxMistakes);
  const [first] = told;
  const lines = told.map(({ line, message, nextStep }) => `${file.path}:${line}: ${message}${told.length === 1 ? '' : ` (${nextStep})`}`);
  const more = mistakes.length - told.length;
  return new HarnessError({
    code: 'lab-file',
    kind: 'usage',
    message: told.length === 1 ? lines[0]! : `${mistakes.length} mistakes\n  ${lines.join('\n  ')}${more > 0 ? `\n  … and ${more} more` : ''}`,
    nextStep: told.length === 1 ? first!.nextStep : 'correct them; the schema is boards/schema/lab.schema.json of the package',
    fields: { file: file.path, line: first!.line, mistakes: lines },
  });
}
