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

/** Jest reporter that puts into the record what no test can: a suite file that could not run, a failed afterAll. */
export default class SuiteReporter {
  onTestResult(_test: unknown, result: FileResult): void {
    const run = BoardRun.current();
    const file = run?.file ?? readRunFile();
    const record = run?.record ?? new RecordWriter(file.recordPath);
    const about = { time: new Date().toISOString(), repetition: file.repetition, suite: suiteName(file, result.testFilePath) };
    const error = result.testExecError;
    if (error) {
      const outside = run?.outsideTests.filter(({ suitePath }) => suitePath === result.testFilePath) ?? [];
      const onlyBench = outside.length > 0 && outside.every(({ kind }) => kind === 'bench');
      record.append({
        ...about,
        event: 'suite-failed',
        kind: onlyBench || (isHarnessError(error) && error.kind === 'bench') ? 'bench' : 'failed',
        message: onlyBench ? outside.map(({ message }) => message).join('\n\n') : plain(error.message || error.stack || result.failureMessage || 'unknown error'),
      });
    }
    if (run) return;
    // The environment itself could not be made: nobody else tells of the end, or closes the record.
    record.append({ ...about, event: 'suite-ended' });
    record.close();
  }

  /** What makes Jest's own exit status say the same as the run's verdict. */
  getLastError(): Error | undefined {
    const run = BoardRun.current();
    if (!run) return undefined;
    const { passed, failed, bench, skipped } = run.counts;
    if (run.fault) return new Error(`the bench failed: ${run.fault.message}`);
    if (bench > 0) return new Error(`the bench failed: ${bench} tests without a result`);
    if (passed + failed === 0) return new Error(skipped > 0 ? 'every test was skipped: nothing was tested' : 'no test ran: nothing was tested');
    return undefined;
  }
}

function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '').trim();
}
