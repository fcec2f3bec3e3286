import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { schemaFrom } from './built-schemas.js';
import { compileSchema } from './schema-compiler.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = (name: string): string => join(root, 'dist', 'validators', `${name}.cjs`);
const schemaOf = (name: string): string => readFileSync(join(root, 'boards', 'schema', `${name}.schema.json`), 'utf8');
const documentOf = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'));

/** Every place in a document that may be something else. */
function places(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...at, Array.isArray(value) ? Number(key) : key]))];
}

/** A copy with another value at a place; undefined takes it away. */
function changed(value: unknown, [first, ...rest]: readonly (string | number)[], to: unknown): unknown {
  if (first === undefined) return to;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  const inner = changed(copy[first], rest, to);
  if (inner === undefined) Reflect.deleteProperty(copy, first);
  else copy[first] = inner;
  return copy;
}

const strange = fc.constantFrom<unknown>(undefined, null, true, -1, 1.5, 4294967296, '', 'x', 'stm32h7s78-dk', [], [1, 1], {}, { unknown: 1 });

describe('schemas as the build has compiled them', () => {
  beforeAll(() => {
    if (!existsSync(file('lab'))) throw new Error('build first: npm run build');
  });

  it.each([
    ['lab', 'docs/ci/rot-hil.lab.yaml'],
    ['kit', 'boards/kits/stm32h7s78-dk.yaml'],
    ['device', 'boards/devices/stm32h7s7.yaml'],
  ])('%s: a good file, and any mistake in it → the same verdict and the same errors as from the schema itself', (name, path) => {
    const [built, compiled, good] = [schemaFrom(file(name), schemaOf(name))!, compileSchema(JSON.parse(schemaOf(name)) as object), documentOf(path)];
    expect([built(good), built.errors]).toEqual([true, null]);
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...places(good)), strange, (at, to) => {
        const document = changed(good, at, to);
        const verdict = built(document);
        expect(verdict).toBe(compiled(document));
        expect(built.errors).toEqual(compiled.errors);
        if (!verdict) refused++;
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(50);
  });

  it('a schema that is another one by now → none: it is compiled', () => {
    expect(schemaFrom(file('lab'), schemaOf('lab'))).toBeDefined();
    expect(schemaFrom(file('lab'), `${schemaOf('lab')} `)).toBeUndefined();
    expect(schemaFrom(file('none'), schemaOf('lab'))).toBeUndefined();
  });

  it('the built code reads a lab file and a record → it compiles nothing', () => {
    const script = `import { createRequire } from 'node:module';
      const at = (path) => import(${JSON.stringify(pathToFileURL(join(root, 'dist', 'harness')).href)} + path);
      const { boardSchema } = await at('/board/index.js');
      const { validatorOf } = await at('/record/built-validators.js');
      for (const name of ['lab', 'kit', 'device']) boardSchema(name);
      const known = validatorOf('test-ended');
      console.log(typeof known, Object.keys(createRequire(import.meta.url).cache).filter((path) => /ajv.dist.core/.test(path)).length);`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString().trim()).toBe('function 0');
  });
});
