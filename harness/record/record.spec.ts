import { mkdtempSync, readFileSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRecord, recordLimits, RecordReader, RecordWriter, type TestEnded } from './index.js';

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
  console: [{ at: 3, text: 'hello' }],
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

  it('a test during which a board babbled → first and last lines, and how many are left out', () => {
    const writer = new RecordWriter(path);
    const lines = Array.from({ length: recordLimits.consoleLines + 7 }, (_, at) => ({ at, text: `line ${at}` }));
    writer.append({ ...ended, console: lines, messages: ['m'.repeat(recordLimits.messageLength + 1)] });
    writer.close();
    const [event] = readRecord(path).events as TestEnded[];
    expect(event.console).toHaveLength(recordLimits.consoleLines + 1);
    expect(event.console[recordLimits.consoleLines / 2].text).toBe('… 7 lines left out …');
    expect(event.console.at(-1)).toEqual(lines.at(-1));
    expect(event.messages[0]).toMatch(/m… \(20001 characters\)$/);
  });
});
