import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Ajv } from 'ajv';
import { readRecord, recordLimits, recordLineSchema, RecordReader, RecordWriter, RunRecord, type ConsolePrinted, type RecordEvent, type TestEnded } from './index.js';

const ended: TestEnded = {
  event: 'test-ended',
  time: '2026-01-02T03:04:05.678Z',
  repetition: 1,
  suite: 'suites/boot.hil.ts',
  ancestors: ['reset'],
  title: 'reset → banner',
  verdict: 'passed',
  durationMs: 12,
  messages: [],
};

describe('run record', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-record-'));
    path = join(folder, 'record.jsonl');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('events written by two writers in turn → the same events read, in order', () => {
    const first = new RecordWriter(path);
    first.append(ended);
    first.close();
    const second = new RecordWriter(path);
    second.append({ event: 'run-ended', time: ended.time, verdict: 'passed', reason: '', durationMs: 5 });
    second.close();
    expect(readRecord(path)).toEqual({
      events: [ended, { event: 'run-ended', time: ended.time, verdict: 'passed', reason: '', durationMs: 5 }],
      problems: [],
    });
  });

  it('an event appended → on disk before the writer is closed', () => {
    const writer = new RecordWriter(path);
    writer.append(ended);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(ended);
    writer.close();
    expect(() => writer.append(ended)).toThrow('closed');
  });

  it('a line without its end → the lines before it are read and the cut is named', () => {
    writeFileSync(path, JSON.stringify(ended) + '\n' + JSON.stringify(ended).slice(0, 40));
    const { events, problems } = readRecord(path);
    expect(events).toEqual([ended]);
    expect(problems).toEqual([{ line: 2, message: expect.stringContaining('interrupted') }]);
  });

  it.each([
    ['not JSON', 'nonsense', 'not JSON'],
    ['an array', '[]', 'not an event'],
    ['null', 'null', 'not an event'],
    ['an unknown event', '{"event":"party"}', 'unknown event "party"'],
    ['a wrong type', JSON.stringify({ ...ended, durationMs: 'long' }), '/durationMs must be number'],
    ['a missing field', JSON.stringify({ ...ended, suite: undefined }), "must have required property 'suite'"],
    ['an unknown verdict', JSON.stringify({ ...ended, verdict: 'great' }), '/verdict must be equal to one of the allowed values'],
    ['the name of an object method', '{"event":"constructor"}', 'unknown event "constructor"'],
  ])('%s among good lines → named with its line, the good lines are kept', (_name, line, message) => {
    writeFileSync(path, `${JSON.stringify(ended)}\n${line}\n${JSON.stringify(ended)}\n`);
    const { events, problems } = readRecord(path);
    expect(events).toEqual([ended, ended]);
    expect(problems).toEqual([{ line: 2, message: expect.stringContaining(message) }]);
  });

  it('any bytes → problems, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        writeFileSync(path, bytes);
        return readRecord(path).events.length === 0;
      }),
      { numRuns: 50 },
    );
  });

  it('a line longer than any writer makes → refused without being kept', () => {
    writeFileSync(path, Buffer.alloc(recordLimits.lineBytes + 2 * 1024 * 1024, 0x61));
    expect(readRecord(path)).toEqual({ events: [], problems: [{ line: 0, message: expect.stringContaining('longer than') }, expect.anything()] });
  });

  it('a file that is not there → a problem', () => {
    expect(readRecord(join(folder, 'none'))).toEqual({ events: [], problems: [{ line: 0, message: expect.stringContaining('ENOENT') }] });
  });

  it('a record still being written → each call gives what is new and waits for the end of a line', () => {
    const reader = new RecordReader(path);
    const line = JSON.stringify(ended) + '\n';
    writeFileSync(path, line + line.slice(0, 10));
    expect(reader.next().events).toHaveLength(1);
    expect(reader.next()).toEqual({ events: [], problems: [] });
    appendFileSync(path, line.slice(10));
    expect(reader.next().events).toEqual([ended]);
  });

  it('a writer that died inside a line, another one after it → only the torn line is lost', () => {
    writeFileSync(path, JSON.stringify(ended) + '\n' + JSON.stringify(ended).slice(0, 40));
    const second = new RecordWriter(path);
    second.append({ ...ended, title: 'later' });
    second.close();
    const { events, problems } = readRecord(path);
    expect(events.map((event) => (event as TestEnded).title)).toEqual([ended.title, 'later']);
    expect(problems).toEqual([{ line: 2, message: 'not JSON' }]);
  });

  it('a process killed in mid-run → every event and console line told before is read', () => {
    const program = `
      import { RunRecord } from ${JSON.stringify(new URL('../../dist/harness/record/index.js', import.meta.url).href)};
      const record = new RunRecord(${JSON.stringify(path)});
      record.append(${JSON.stringify({ event: 'test-started', time: ended.time, repetition: 1, suite: 's', ancestors: [], title: 't' })});
      record.printed({ at: 1, text: 'one' });
      record.printed({ at: 2, text: 'two' });
      setImmediate(() => process.kill(process.pid, 'SIGKILL'));`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', program])).toThrow();
    expect(readRecord(path)).toEqual({
      events: [expect.objectContaining({ event: 'test-started' }), { event: 'console', lines: [{ at: 1, text: 'one' }, { at: 2, text: 'two' }] }],
      problems: [],
    });
  });

  it('a test during which a board babbled → first and last lines, and how many are left out; the next test counts anew', () => {
    const half = recordLimits.consoleLines / 2;
    const record = new RunRecord(path);
    for (let at = 0; at < 3 * recordLimits.consoleLines + 7; at++) record.printed({ at, text: `line ${at}` });
    record.append({ ...ended, messages: ['m'.repeat(recordLimits.messageLength + 1)] });
    record.printed({ at: 1, text: 'x'.repeat(recordLimits.consoleLineLength + 1) });
    record.close();
    const { events } = readRecord(path);
    const consoles = events.filter((event): event is ConsolePrinted => event.event === 'console');
    expect(consoles.map(({ lines, omitted }) => [lines.length, omitted, lines.at(-1)?.text.slice(0, 10)])).toEqual([
      [half, undefined, 'line 999'],
      [half, 2 * recordLimits.consoleLines + 7, 'line 6006'],
      [1, undefined, 'xxxxxxxxxx'],
    ]);
    expect(consoles[2].lines[0].text).toMatch(/x… \(1001 characters\)$/);
    expect(events.map((event) => event.event)).toEqual(['console', 'console', 'test-ended', 'console']);
    expect((events[2] as TestEnded).messages[0]).toMatch(/m… \(20001 characters\)$/);
  });

  it('the schema that ships → the one that records are read with; every event of the record fits it', () => {
    const shipped = JSON.parse(readFileSync(new URL('../../docs/record.schema.json', import.meta.url), 'utf8')) as object;
    expect(shipped).toEqual(recordLineSchema());
    const fits = new Ajv({ allowUnionTypes: true }).compile(shipped);
    const { time } = ended;
    const events: RecordEvent[] = [
      ended,
      { event: 'console', lines: [{ at: 1, text: 't' }], omitted: 3 },
      { event: 'booted', time, durationMs: 1, version: null, starts: 1, jumped: true },
      { event: 'fault', time, source: 'board', summary: 's', report: ['r'] },
      { event: 'attachment', time, name: 'n', path: 'attachments/n', mediaType: 'text/plain', sizeBytes: 0, sha256: 'ab'.repeat(32) },
      { event: 'board-opened', time, repetition: 1, probeSn: '00', probeFirmware: 'V3J15M7', probeBoard: null, toolVersion: '2.18.0', consolePath: '/dev/ttyACM0' },
    ];
    for (const event of events) {
      expect(fits(event)).toBe(true);
      expect(fits({ ...event, time: 5, lines: 5 })).toBe(false);
    }
  });
});
