import { isHarnessError } from '../errors/index.js';
import { BoardRun } from './board-run.js';

/** The part of Jest's TestResult that is used. */
interface FileResult {
  readonly testFilePath: string;
  readonly testExecError?: { readonly message?: string; readonly stack?: string | null } | null;
  readonly failureMessage?: string | null;
}

/** Jest reporter that puts into the record what no test can: a suite file that could not run, or a failed afterAll. */
export default class SuiteReporter {
  onTestResult(_test: unknown, result: FileResult): void {
    const error = result.testExecError;
    const run = BoardRun.current();
    if (!error || !run) return;
    run.record.append({
      event: 'suite-failed',
      time: new Date().toISOString(),
      repetition: run.file.repetition,
      suite: run.file.suites[result.testFilePath] ?? result.testFilePath,
      kind: isHarnessError(error) && error.kind === 'bench' ? 'bench' : 'failed',
      message: plain(error.message || error.stack || result.failureMessage || 'unknown error'),
    });
  }
}

function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '').trim();
}
