import { createRequire } from 'node:module';
import type * as AjvModule from 'ajv';
import type { CodeOptions, ValidateFunction } from 'ajv';

const require = createRequire(import.meta.url);

/** For JSON schemas (draft 7): every mistake, with the schema that it violates. Loaded where the build has compiled none: it takes longer than all else at start-up. */
export function schemaCompiler(code: CodeOptions = {}): AjvModule.Ajv {
  const { Ajv } = require('ajv') as typeof AjvModule;
  return new Ajv({ allErrors: true, verbose: true, strict: true, code });
}

/** Compiles a JSON schema. */
export function compileSchema(schema: object): ValidateFunction {
  return schemaCompiler().compile(schema);
}
