/** JSON schema of every event, for reading records that something else may have written. Properties not named here are ignored. */
const text = { type: 'string' };
const count = { type: 'integer', minimum: 1 };
const milliseconds = { type: 'number', minimum: 0 };
const strings = { type: 'array', items: text };
const object = (properties: Record<string, unknown>, optional: readonly string[] = []): Record<string, unknown> => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

const application = object({ path: text, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' }, version: text });
const consoleLine = object({ at: { type: 'number' }, text });

/** By name of the event. */
export const eventSchemas: Readonly<Record<string, Record<string, unknown>>> = {
  'run-started': object(
    {
      schema: { const: 1 },
      time: text,
      run: text,
      board: object({ name: text, kit: text, probeSn: text, virtual: { type: 'boolean' } }),
      configuration: object({ bootPath: text, mode: text, exec: text }),
      application,
      update: application,
      seed: { type: ['integer', 'null'] },
      tool: object({ name: text, version: text }),
      harness: object({ version: text, node: text }),
    },
    ['update'],
  ),
  'suite-started': object({ time: text, repetition: count, suite: text }),
  'test-ended': object({
    time: text,
    repetition: count,
    suite: text,
    ancestors: strings,
    title: text,
    verdict: { enum: ['passed', 'failed', 'bench', 'skipped'] },
    durationMs: milliseconds,
    messages: strings,
    console: { type: 'array', items: consoleLine },
  }),
  'suite-ended': object({ time: text, repetition: count, suite: text }),
  'suite-failed': object({ time: text, repetition: count, suite: text, kind: { enum: ['failed', 'bench'] }, message: text }),
  'tool-called': object({
    time: text,
    arguments: strings,
    durationMs: milliseconds,
    exitCode: { type: ['integer', 'null'] },
    outcome: { enum: ['ok', 'error', 'timeout', 'killed'] },
  }),
  step: object({ time: text, name: text, detail: text }),
  'run-ended': object({ time: text, verdict: { enum: ['passed', 'failed', 'bench'] }, reason: text, durationMs: milliseconds }),
};
