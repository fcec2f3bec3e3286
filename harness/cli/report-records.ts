import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { HarnessError } from '../errors/index.js';
import { readRecord } from '../record/index.js';
import { summarize, type RunSummary } from '../report/index.js';

export interface RecordedRun {
  /** Of its record.jsonl. */
  readonly path: string;
  readonly summary: RunSummary;
}

/**
 * Reads the runs that the words name: a record file, the folder of a run, or a folder of such folders.
 * @param onProblem told of every line that could not be read, and where
 * @throws HarnessError `no-record` (usage): there is none, or the only one is none
 */
export function readRuns(words: readonly string[], onProblem: (problem: string) => void): RecordedRun[] {
  const paths = new Set(words.flatMap(recordsAt));
  return [...paths].map((path) => {
    const { events, problems } = readRecord(path);
    for (const problem of problems) onProblem(`${path}:${problem.line}: ${problem.message}`);
    const summary = summarize(events, problems);
    if (summary.started) return { path, summary };
    const message = `${path} is no run record${problems[0] ? `: ${problems[0].message}` : ': it has no beginning'}`;
    if (paths.size === 1) throw noRecord(message);
    // One that lost its beginning must not take the reports of all the others with it, nor be missed among them.
    onProblem(message);
    return { path, summary: summarize([...events, { event: 'suite-failed', time: new Date(statSync(path).mtimeMs).toISOString(), repetition: 1, suite: basename(dirname(path)), kind: 'bench', message: 'the record of this run has no beginning' }], problems) };
  });
}

function recordsAt(word: string): string[] {
  if (statSync(word, { throwIfNoEntry: false })?.isDirectory() !== true) return [word];
  const own = join(word, 'record.jsonl');
  if (existsSync(own)) return [own];
  const runs = readdirSync(word)
    .sort()
    .map((name) => join(word, name, 'record.jsonl'))
    .filter((path) => existsSync(path));
  if (runs.length > 0) return runs;
  throw noRecord(`there is no record.jsonl in ${word}, nor in a folder in it`);
}

function noRecord(message: string): HarnessError {
  return new HarnessError({ code: 'no-record', kind: 'usage', message, nextStep: 'give record.jsonl of a run, its folder, or a folder of runs such as reports/' });
}
