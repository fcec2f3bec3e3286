import { isHarnessError } from '../errors/index.js';
import { RecordWriter } from '../record/index.js';
import { BoardRun } from './board-run.js';
import { readRunFile, suiteName } from './run-file.js';

/** The part of Jest's TestResult that is used. */
interface FileResult {
  readonly testFilePath: string;
  readonly testExecError?: { readonly message?: string; readonly stack?: string | null } | null;
  readonly failureMessage?: string | null;
}

/** Jest reporter that puts into the record what no test can: the end of a suite file, one that could not run, a failed afterAll. */
export default class SuiteReporter {
  onTestResult(_test: unknown, result: FileResult): void {
    const run = BoardRun.current();
    const file = run?.file ?? readRunFile();
    const record = run?.record ?? new RecordWriter(file.recordPath);
    const about = { time: new Date().toISOString(), repetition: file.repetition, suite: suiteName(file, result.testFilePath) };
    const error = result.testExecError;
    if (error) {
      record.append({
        ...about,
        event: 'suite-failed',
        kind: isHarnessError(error) && error.kind === 'bench' ? 'bench' : 'failed',
        message: plain(error.message || error.stack || result.failureMessage || 'unknown error'),
      });
    }
    record.append({ ...about, event: 'suite-ended' });
    // Without a run the environment itself could not be made, and nobody else closes the record.
    if (!run) record.close();
  }
}

function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '').trim();
}
