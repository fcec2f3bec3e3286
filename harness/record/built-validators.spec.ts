import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compiled, validatorOf, validatorsFrom } from './built-validators.js';
import { eventSchemas } from './schema.js';

const file = fileURLToPath(new URL('../../dist/validators/events.cjs', import.meta.url));
const fields = [...new Set(Object.values(eventSchemas).flatMap((schema) => Object.keys(schema['properties'] as object)))];
const value = fc.oneof(fc.constantFrom<unknown>(null, true, 0, 1, -1, 1.5, '', 'passed', 'failed', 'off', 'a'.repeat(64), [], ['x'], [1], {}), fc.dictionary(fc.constantFrom(...fields), fc.constantFrom<unknown>(1, 'x', null, true, 'passed')));

describe('checks of events as the build has compiled them', () => {
  it('built code → those of the schemas as they are now, one for each event', () => {
    if (!existsSync(file)) throw new Error('build first: npm run build');
    expect(Object.keys(validatorsFrom(file)!).sort()).toEqual(Object.keys(eventSchemas).map((event) => event.replaceAll('-', '_')).sort());
    expect(validatorsFrom(`${file}.none`)).toBeUndefined();
  });

  it.each(Object.keys(eventSchemas))('%s, whatever its fields hold → the same verdict and the same error as from the schema itself', (event) => {
    const [built, wanted] = [validatorsFrom(file)![event.replaceAll('-', '_')]!, compiled(event)!];
    const own = Object.keys(eventSchemas[event]!['properties'] as object);
    fc.assert(
      fc.property(fc.record(Object.fromEntries(own.map((field) => [field, value])), { requiredKeys: [] }), (document) => {
        expect(built(document)).toBe(wanted(document));
        // Where in the schema a rule stands is told from its own root, with its name in front or without.
        const told = (errors: typeof built.errors) => errors?.map(({ instancePath, keyword, params, message }) => ({ instancePath, keyword, params, message }));
        expect(told(built.errors)).toEqual(told(wanted.errors));
      }),
      { numRuns: 150 },
    );
  });

  it('an event that there is not, names of every object among them → no check', () => {
    for (const name of ['none', 'toString', '__proto__', 'builtFrom', 'run_started']) expect(validatorOf(name)).toBeUndefined();
    expect(validatorOf('run-started')).toBeDefined();
  });
});
