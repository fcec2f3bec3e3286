import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { junitXml, verdictOf } from '../report/index.js';
import { readRuns } from './report-records.js';

const time = '2026-01-02T03:04:05.000Z';
const good = [
  { event: 'run-started', schema: 2, time, run: 'a', board: { name: 'desk', kit: 'k', probeSn: 's', virtual: true }, configuration: { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' }, application: { path: 'a.elf', sha256: 'ab'.repeat(32), version: '1.0.0' }, seed: 1, tool: { name: 't', version: '1' }, harness: { version: '0', node: 'v' } },
  { event: 'test-ended', time, repetition: 1, suite: 's', ancestors: [], title: 't', verdict: 'passed', durationMs: 1, messages: [] },
  { event: 'run-ended', time, verdict: 'passed', reason: '', durationMs: 1 },
].map((event) => JSON.stringify(event) + '\n');

describe('readRuns', () => {
  let folder: string;
  const told: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-records-'));
    told.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const record = (run: string, text: string): void => {
    mkdirSync(join(folder, run));
    writeFileSync(join(folder, run, 'record.jsonl'), text);
  };
  const verdicts = (): string[] => readRuns([folder], (problem) => told.push(problem)).map(({ summary }) => verdictOf(summary).verdict);

  it('runs that passed → passed; one with a line torn in the middle → bench, the line named', () => {
    record('a', good.join(''));
    record('b', good[0] + good[1]!.slice(0, 30) + '\n' + good[2]);
    expect(verdicts()).toEqual(['passed', 'bench']);
    expect(told).toEqual([expect.stringContaining('record.jsonl:2: not JSON')]);
  });

  it.each([['empty', ''], ['torn in its first line', good[0]!.slice(0, 30)], ['without its first line', good[1]! + good[2]!]])('a record among others that is %s → told and bench, in the JUnit file too; the others are drawn', (_what, text) => {
    record('a', good.join(''));
    record('b', text);
    expect(verdicts()).toEqual(['passed', 'bench']);
    expect(told.join('\n')).toContain('is no run record');
    expect(junitXml(readRuns([folder], () => undefined).map(({ summary }) => summary))).toContain('<error message="the record of this run has no beginning');
  });

  it('the only record without a beginning → a usage error', () => {
    record('a', '');
    expect(verdicts).toThrow('no run record');
  });
});
