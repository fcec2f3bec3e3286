import { setTimeout as delay } from 'node:timers/promises';
import type { NightlySettings } from '../lab-file/index.js';
import type { Job } from './jobs.js';
import { orderJobs } from './jobs.js';
import type { AttemptResult, JobVerdict, NightEvent, NightState } from './night-events.js';

export interface RunNightOptions {
  readonly state: NightState;
  readonly settings: Pick<NightlySettings, 'retries' | 'quarantineAfter' | 'budgetMinutes' | 'parallel'>;
  /** Runs a job once. It never throws for what the run comes to. */
  readonly runJob: (job: Job, attempt: number) => Promise<AttemptResult>;
  /** Before a job is repeated after a bench fault: whatever may help the bench, such as its power switch. */
  readonly beforeRetry?: (job: Job) => Promise<void>;
  /** Told each event before anything follows from it. */
  readonly onEvent: (event: NightEvent) => void;
  /** Ends the night: no job is started any more, jobs that run come back as `interrupted`. */
  readonly signal: AbortSignal;
  /** Pause before a job whose board somebody else has is tried again; default 5000 ms. */
  readonly heldPauseMs?: number;
}

/** Attempts at a board that somebody else has, each of which waits for it, before it counts as a bench fault. */
const heldAttempts = 3;

/**
 * Runs what is left of a night: benches beside each other, the jobs of one bench one after the other in the order in which it is
 * provisioned least. A firmware failure is a result and never repeated; a bench fault is, and a bench that goes on failing is left
 * alone. The budget is measured by a clock that nobody sets.
 */
export async function runNight(options: RunNightOptions): Promise<void> {
  const { state, settings, signal } = options;
  const startedAt = performance.now();
  const benches = new Map<string, Job[]>();
  for (const { job, verdict } of state.jobs.values()) {
    if (verdict === undefined) benches.set(job.bench, [...(benches.get(job.bench) ?? []), job]);
  }
  const overBudget = (): boolean => settings.budgetMinutes !== undefined && performance.now() - startedAt >= settings.budgetMinutes * 60_000;
  const waiting = [...benches].map(([bench, jobs]) => ({ bench, jobs: orderJobs(jobs, state.current.get(bench)) }));
  // A bench that has most to do must not come last.
  waiting.sort((one, other) => other.jobs.length - one.jobs.length);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runBench(options, next.bench, next.jobs, overBudget);
  };
  await Promise.all(Array.from({ length: Math.min(settings.parallel ?? waiting.length, waiting.length) }, worker));
  if (signal.aborted) return;
}

async function runBench({ settings, runJob, beforeRetry, onEvent, signal, heldPauseMs = 5000 }: RunNightOptions, bench: string, jobs: readonly Job[], overBudget: () => boolean): Promise<void> {
  const now = (): string => new Date().toISOString();
  const ended = (job: Job, verdict: JobVerdict, reason: string): void => onEvent({ event: 'job-ended', time: now(), job: job.id, verdict, reason });
  let faults = 0;
  let quarantine: string | undefined;
  for (const job of jobs) {
    if (signal.aborted) return;
    if (quarantine !== undefined) {
      ended(job, 'not-run', `${bench} is quarantined: ${quarantine}`);
      continue;
    }
    if (overBudget()) {
      ended(job, 'not-run', 'the time budget of the night was used up');
      continue;
    }
    let held = 0;
    let retries = 0;
    for (let attempt = 1; ; attempt++) {
      onEvent({ event: 'job-started', time: now(), job: job.id, attempt });
      const result = await runJob(job, attempt);
      // A run that had come to its end before it heard of the interruption counts.
      if (result.verdict === 'interrupted') return;
      onEvent({ event: 'attempt-ended', time: now(), job: job.id, attempt, ...result });
      if (result.verdict === 'held') {
        held++;
        if (held < heldAttempts && !overBudget() && !signal.aborted) {
          await delay(heldPauseMs, undefined, { signal }).catch(() => undefined);
          if (signal.aborted) return;
          continue;
        }
        // Nothing is known about the bench: it is in use, and not broken.
        ended(job, 'bench', result.reason);
        break;
      }
      if (result.verdict !== 'bench') {
        faults = 0;
        ended(job, result.verdict, result.reason);
        break;
      }
      faults++;
      if (faults >= settings.quarantineAfter) {
        quarantine = result.reason;
        ended(job, 'bench', result.reason);
        onEvent({ event: 'bench-quarantined', time: now(), bench, reason: result.reason });
        break;
      }
      retries++;
      if (retries > settings.retries || overBudget() || signal.aborted) {
        ended(job, 'bench', result.reason);
        break;
      }
      await beforeRetry?.(job);
      if (signal.aborted) return;
    }
  }
}
