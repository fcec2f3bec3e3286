import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runProcess, type AttemptResult, type Job, type RunProcessResult } from '../lab/index.js';
import { readRecord } from '../record/index.js';
import { runtimeFolder } from '../virtual-board/runtime-folder.js';
import { parentVariable } from './interruption.js';

export interface NightJobOptions {
  /** Absolute path of the lab file. */
  readonly lab: string;
  /** Absolute folder of the night. */
  readonly folder: string;
  readonly timeoutSeconds: number;
  /** Absolute folder for what runs keep while they last, keys among it; whoever gives it removes it. */
  readonly temporary: string;
  /** How long a run waits for a board that somebody else has. */
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
}

/** The one document of `run --json`. */
interface RunDocument {
  readonly verdict?: string;
  readonly passed?: number;
  readonly failed?: number;
  readonly bench?: number;
  readonly skipped?: number;
  readonly board?: { readonly reason?: string | null };
  readonly reportDir?: string;
  readonly error?: { readonly code?: string; readonly kind?: string; readonly message?: string; readonly nextStep?: string };
}

/** What a run may take beyond its own time-out: to start, to put the board away, to write its reports. */
const marginMs = 60_000;
/** From the polite end of a run to the hard one: its Jest process has 5 s, its board some more. */
const graceMs = 15_000;
const noCounts = { passed: 0, failed: 0, bench: 0, skipped: 0 };

/** Folder of one attempt: its run, what it printed, and its one document. */
export function attemptFolder(night: string, job: Job, attempt: number): string {
  return join(night, attempt === 1 ? job.id : `${job.id}.attempt-${attempt}`);
}

/** Command line of a job, behind the program itself. */
export function jobArguments({ suites, bench, configuration }: Job, options: Pick<NightJobOptions, 'lab' | 'timeoutSeconds' | 'waitSeconds'>, reports: string): string[] {
  const { bootPath, mode, exec } = configuration;
  return ['run', ...suites, '--lab', options.lab, '--board', bench, '--boot-path', bootPath, '--mode', mode, '--exec', exec, '--report', reports, '--timeout', String(options.timeoutSeconds), '--wait', String(options.waitSeconds), '--json'];
}

/** Runs a job once, as a process of its own. */
export async function runJobOnce(job: Job, attempt: number, options: NightJobOptions): Promise<AttemptResult> {
  const startedAt = performance.now();
  const folder = attemptFolder(options.folder, job, attempt);
  // Of an attempt that was interrupted, in a night that goes on.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const temporary = join(options.temporary, `${job.id}.${attempt}`);
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const stdoutPath = join(folder, 'run.json');
  let process_: RunProcessResult;
  try {
    process_ = await runProcess({
      command: [process.execPath, fileURLToPath(new URL('main.js', import.meta.url)), ...jobArguments(job, options, folder)],
      cwd: process.cwd(),
      // A run that is killed leaves its keys where they are found again; boards and leases stay where everybody's are.
      env: { [parentVariable]: String(process.pid), NO_COLOR: '1', FORCE_COLOR: '0', TMPDIR: temporary, TMP: temporary, TEMP: temporary, ROT_HIL_RUNTIME_DIR: runtimeFolder() },
      outputPath: join(folder, 'run.log'),
      stdoutPath,
      deadlineMs: (options.timeoutSeconds + options.waitSeconds) * 1000 + marginMs,
      graceMs,
      signal: options.signal,
    });
  } catch (error) {
    return { verdict: 'bench', reason: `the run could not be started: ${error instanceof Error ? error.message : String(error)}`, counts: noCounts, folder: null, durationMs: Math.round(performance.now() - startedAt) };
  }
  rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  const document = readDocument(stdoutPath);
  const reportDir = document?.reportDir;
  const run = typeof reportDir === 'string' && existsSync(join(reportDir, 'record.jsonl')) ? relative(join(options.folder, '..'), reportDir).replaceAll('\\', '/') : null;
  // The night has a merged one, and a test stands in one file only.
  rmSync(join(folder, 'junit.xml'), { force: true });
  const trouble = (verdict: AttemptResult['verdict']): string => (run === null ? '' : firstTrouble(join(options.folder, '..', run, 'record.jsonl'), verdict));
  return { ...judgeAttempt(process_, document, options.signal.aborted, trouble), folder: run, durationMs: Math.round(performance.now() - startedAt) };
}

/** What the end of a run's process and its document say together: a verdict only where they agree. @param trouble the first test that made a verdict, in words; empty: unknown */
export function judgeAttempt({ exitCode, ended }: Pick<RunProcessResult, 'exitCode' | 'ended'>, document: RunDocument | undefined, aborted: boolean, trouble: (verdict: AttemptResult['verdict']) => string = () => ''): Pick<AttemptResult, 'verdict' | 'reason' | 'counts'> {
  const counts = document?.verdict === undefined ? noCounts : { passed: count(document.passed), failed: count(document.failed), bench: count(document.bench), skipped: count(document.skipped) };
  if (ended === 'deadline') return { verdict: 'bench', reason: 'the run did not end by itself, nor when its time was up', counts };
  const verdict = document?.verdict;
  const agrees = { passed: 0, failed: 1, bench: 3 }[verdict ?? ''];
  if (agrees !== undefined && exitCode === agrees) {
    const [what] = verdict === 'failed' ? [`${counts.failed} failed`] : verdict === 'bench' ? [`${counts.bench} without a result`] : [''];
    if (verdict === 'failed' && counts.failed === 0) return { verdict: 'failed', reason: 'nothing was tested', counts };
    if (verdict === 'passed') return { verdict, reason: '', counts };
    const judged = verdict as 'failed' | 'bench';
    const [first, board] = [trouble(judged), document?.board?.reason];
    return { verdict: judged, reason: `${what}${first === '' ? '' : `: ${first}`}${board ? `; the board: ${board}` : ''}`, counts };
  }
  if (aborted) return { verdict: 'interrupted', reason: 'interrupted', counts };
  const error = document?.error;
  if (error !== undefined && exitCode !== null && exitCode > 0) {
    const reason = `${error.code ?? 'error'}: ${error.message ?? ''}; next: ${error.nextStep ?? ''}`;
    if (error.code === 'lease-held') return { verdict: 'held', reason, counts };
    if (exitCode === 2) return { verdict: 'configuration', reason, counts };
    if (exitCode === 4) return { verdict: 'guard', reason, counts };
    return { verdict: 'bench', reason, counts };
  }
  return { verdict: 'bench', reason: exitCode === null ? 'the run was killed' : `the run ended with ${exitCode} and ${document === undefined ? 'said nothing' : `said ${JSON.stringify(verdict ?? null)}`}: see run.log`, counts };
}

/** The first test or suite that made the verdict, in the record's own words; empty where it tells none. */
function firstTrouble(record: string, verdict: AttemptResult['verdict']): string {
  if (verdict !== 'failed' && verdict !== 'bench') return '';
  for (const event of readRecord(record).events) {
    const line = (text: string | undefined): string => (text ?? '').split('\n', 1)[0]!.slice(0, 300);
    if (event.event === 'test-ended' && event.verdict === verdict) return `${event.suite} › ${event.title}: ${line(event.messages[0])}`;
    if (event.event === 'suite-failed' && event.kind === verdict) return `${event.suite}: ${line(event.message)}`;
  }
  return '';
}

const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** More than any run's document. */
const maxDocumentBytes = 1024 * 1024;

function readDocument(path: string): RunDocument | undefined {
  try {
    if (statSync(path).size > maxDocumentBytes) return undefined;
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
