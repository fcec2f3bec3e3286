/** JSON schema of every event, for reading records that something else may have written. Properties not named here are ignored. */
type Schema = Readonly<Record<string, unknown>>;

const described = (schema: Schema, description: string): Schema => ({ ...schema, description });
const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const time = described(text, 'ISO 8601, UTC');
const count = { type: 'integer', minimum: 1 };
const repetition = described(count, '1 … n of --repeat n');
const milliseconds = { type: 'number', minimum: 0 };
const strings = { type: 'array', items: text };
const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const object = (properties: Readonly<Record<string, unknown>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

const application = object({ path: text, sha256, version: text });
const consoleLine = object(
  {
    at: described({ type: 'number' }, 'milliseconds since the start of the run, host clock'),
    text,
  },
);
const suite = described(text, 'path of the suite file, forward slashes');
const ancestors = described(strings, 'titles of the describe blocks, outermost first');
const runVerdict = { enum: ['passed', 'failed', 'bench'] };

/** By name of the event. */
export const eventSchemas: Readonly<Record<string, Schema>> = {
  'run-started': object(
    {
      schema: { enum: [1, 2] },
      time,
      run: text,
      board: object({ name: text, kit: text, probeSn: text, virtual: { type: 'boolean' } }),
      configuration: object({ bootPath: text, mode: text, exec: text, mce: { enum: ['off'] } }, ['mce']),
      application,
      update: application,
      seed: { type: ['integer', 'null'] },
      tool: object({ name: text, version: text }),
      harness: object({ version: text, node: text, platform: text }, ['platform']),
    },
    ['update'],
  ),
  'board-opened': object({ time, repetition, probeSn: text, probeFirmware: textOrNull, probeBoard: textOrNull, toolVersion: text, consolePath: text }),
  'suite-started': object({ time, repetition, suite }),
  'test-started': object({ time, repetition, suite, ancestors, title: text }),
  'test-ended': object(
    {
      time,
      repetition,
      suite,
      ancestors,
      title: text,
      verdict: { enum: ['passed', 'failed', 'bench', 'skipped'] },
      durationMs: milliseconds,
      waitedMs: milliseconds,
      messages: strings,
      console: described({ type: 'array', items: consoleLine }, 'schema 1 only'),
    },
    ['console', 'waitedMs'],
  ),
  console: object({ lines: { type: 'array', items: consoleLine }, omitted: described(count, 'lines left out in front of these') }, ['omitted']),
  'suite-ended': object({ time, repetition, suite }),
  'suite-failed': object({ time, repetition, suite, kind: { enum: ['failed', 'bench'] }, message: text }),
  'tool-called': object({
    time,
    arguments: described(strings, 'argv after the executable; secrets redacted'),
    durationMs: milliseconds,
    exitCode: { type: ['integer', 'null'] },
    outcome: { enum: ['ok', 'error', 'timeout', 'killed'] },
  }),
  step: object({ time, name: text, detail: text }),
  booted: object({ time, durationMs: milliseconds, version: textOrNull, starts: { type: 'integer', minimum: 0 }, jumped: { type: 'boolean' } }),
  fault: object(
    {
      time,
      source: { enum: ['console', 'board'] },
      summary: text,
      report: strings,
      expected: described({ type: 'boolean' }, 'whether a suite provoked it'),
      explanation: described({ type: 'object' }, 'the JSON document of rot-hil fault'),
    },
    ['expected', 'explanation'],
  ),
  attachment: object({ time, name: text, path: described(text, "relative to the record's folder"), mediaType: text, sizeBytes: { type: 'integer', minimum: 0 }, sha256 }),
  'run-ended': object({ time, verdict: runVerdict, reason: text, durationMs: milliseconds }),
};

/** JSON schema of one line of a record: `docs/record.schema.json`. */
export function recordLineSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'One line of a rot-hil run record (record.jsonl)',
    description: 'Each line is one event. Lines stand in the order in which things happened; what stands between test-started and test-ended of a test happened in it.',
    oneOf: Object.entries(eventSchemas).map(([name, schema]) => ({
      ...schema,
      title: name,
      properties: { event: { const: name }, ...(schema['properties'] as object) },
      required: ['event', ...(schema['required'] as string[])],
    })),
  };
}
